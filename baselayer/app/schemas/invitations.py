"""Invitations, as they are sent and shown; the token is shown once."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, model_validator

from baselayer.app.schemas.base import Dto, Key
from baselayer.app.schemas.connection_fields import Plain
from baselayer.app.schemas.login import Password, Username

Email = Annotated[str, Field(max_length=255, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$")]
InvitationToken = Annotated[str, Field(max_length=200, repr=False)]


class InvitedGroup(Dto):
    """A group that an invitation leads into."""

    group_id: Key
    admin: bool = False


class InvitationCreate(Dto):
    """Whom to invite, as what, and into which groups."""

    email: Email | None = None
    name: Plain | None = None
    role: Plain = "Viewer"
    """What a new user becomes; none of its permissions may be one that the inviter lacks."""
    groups: list[InvitedGroup] = Field(default=[], max_length=100)

    @model_validator(mode="after")
    def _is_for_somebody(self) -> "InvitationCreate":
        if not (self.email or self.name):
            raise ValueError("say whom it is for: an email or a name")
        return self


class InvitationRead(BaseModel):
    """An invitation without its token."""

    id: int
    email: str | None
    name: str | None
    role: str
    group_ids: list[int]
    invited_by_id: int
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    accepted_by_id: int | None


class InvitationCreated(InvitationRead):
    """An invitation with its link, shown this once: hand it over, no mail is sent."""

    link: str


class InvitationPresented(Dto):
    """The token of an invitation: what follows the # in its link."""

    token: InvitationToken


class InvitationShown(BaseModel):
    """What an invitation offers, as told to who has its link."""

    invited_by: str
    email: str | None
    name: str | None
    role: str
    groups: list[str]
    expires_at: datetime


class InvitationAccept(InvitationPresented):
    """A new user, who comes in by an invitation."""

    username: Username
    password: Password
