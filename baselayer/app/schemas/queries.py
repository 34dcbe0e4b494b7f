"""Saved queries, as they are sent and shown."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from baselayer.app.schemas.base import Changes, Count, Dto, Key
from baselayer.app.schemas.connection_fields import Name, Plain

Sql = Annotated[str, Field(max_length=1_000_000)]
LimitRows = Count


class QueryCreate(Dto):
    """A new saved query."""

    name: Name
    description: str = Field(default="", max_length=10_000)
    tags: list[Plain] = Field(default=[], max_length=50)
    connection_id: UUID
    text: Sql
    limit_rows: LimitRows | None = None


class QueryUpdate(Changes):
    """What to change."""

    nullable: ClassVar[frozenset[str]] = frozenset({"limit_rows"})

    name: Name | None = None
    description: str | None = Field(default=None, max_length=10_000)
    tags: list[Plain] | None = Field(default=None, max_length=50)
    connection_id: UUID | None = None
    text: Sql | None = None
    limit_rows: LimitRows | None = None


class QueryRead(BaseModel):
    """A saved query as its readers see it."""

    model_config = {"from_attributes": True}

    id: UUID
    name: str
    description: str
    tags: list[str]
    connection_id: UUID
    text: str
    limit_rows: int | None
    owner_id: int
    created_at: datetime
    modified: datetime
    can: list[str] = []
    """What the caller may do with it: `update`, `delete`, `share`."""


class QueryShare(Dto):
    """A group, and whether its members may change the query."""

    group_id: Key
    can_update: bool = False


class QueryShares(Dto):
    """With whom a query is shared, in full: who is not named loses it."""

    groups: list[QueryShare] = Field(max_length=1000)
