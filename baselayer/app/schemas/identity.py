"""Users and tokens, as they are sent and shown."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from baselayer.app.schemas.base import Dto
from baselayer.app.schemas.connection_fields import Name, Plain
from baselayer.app.schemas.networks import Network
from baselayer.app.schemas.paging import TableViewRequest


class ProfileRead(BaseModel):
    """Who is calling, and with which rights."""

    user_id: int
    username: str
    account_id: int
    token_id: int | None
    permissions: list[str]
    expired_at: datetime | None
    xsrf_token: str | None = None
    """What a browser's session must send as X-XSRFToken to change anything; null for a token."""


class TokenCreate(Dto):
    """A new token, with permissions that its maker has."""

    name: Name
    permissions: list[Plain] = Field(default=[], max_length=100)
    expires_at: AwareDatetime | None = None
    """Until when it is good; null is the server's default lifetime."""
    connection_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=100)
    """The only connections that exist for it, with their runs."""
    query_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=100)
    """The only queries that exist for it, with their runs; it may run them, not rewrite them."""
    allowed_addresses: list[Network] | None = Field(default=None, min_length=1, max_length=100)
    """The networks that it may be used from; null is anywhere, or where its maker may be."""


class TokenRead(BaseModel):
    """A token without its value."""

    id: int
    name: str
    permissions: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    connection_ids: list[UUID] | None
    query_ids: list[UUID] | None
    allowed_addresses: list[str] | None


class TokenCreated(TokenRead):
    """A token with its value, shown this once."""

    value: str


class AuditRequest(TableViewRequest):
    """Which lines of the audit."""

    limit: int = Field(default=100, ge=1, le=1000)
    """Lines to return at most."""
    action: Plain | None = None
    """Only of this act."""
    outcome: Plain | None = None
    """Only what ended so: `allowed`, `refused` or `failed`."""
    user_id: int | None = None
    """Only what this user did."""
    object_id: Plain | None = None
    """Only what was done to the object of this id."""


class AuditRead(BaseModel):
    """A line of the audit."""

    model_config = {"from_attributes": True}

    id: UUID
    created_at: datetime
    user_id: int | None
    token_id: int | None
    address: str | None
    action: str
    outcome: str
    code: str | None
    object_type: str | None
    object_id: str | None
    details: dict[str, object]
