"""Users, their rights, and the roles and permissions that there are."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, Field

from baselayer.app.schemas.base import Changes, Dto
from baselayer.app.schemas.connection_fields import Plain
from baselayer.app.schemas.paging import TableViewRequest

Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Phone = Annotated[str, Field(max_length=40, pattern=r"^\+?[0-9 ()./-]{3,}$")]
Biography = Annotated[str, Field(max_length=10_000)]
Affiliations = Annotated[list[Plain], Field(max_length=100)]


class UsersRequest(TableViewRequest):
    """Which users are wanted."""

    search: str | None = Field(default=None, min_length=1, max_length=200)
    """A part of the user name, first name or last name."""
    active: bool | None = None
    """Only those who can act, or only those who were deactivated; for who manages users."""
    role: Plain | None = None
    """Only those with this role; for who manages users."""


class UserRead(BaseModel):
    """A user; what only he and who manages users may see is null for others."""

    id: int
    username: str
    first_name: str | None
    last_name: str | None
    is_bot: bool
    bio: str | None
    affiliations: list[str]
    gravatar_url: str
    created_at: datetime
    contact_email: str | None = None
    contact_phone: str | None = None
    preferences: dict[str, Any] | None = None
    expiration_date: datetime | None = None
    deactivated_at: datetime | None = None
    roles: list[str] | None = None
    acls: list[str] | None = None
    permissions: list[str] | None = None
    """What he may do now, by roles and of his own."""


class ProfileUpdate(Changes):
    """What everybody may change of himself."""

    nullable: ClassVar[frozenset[str]] = frozenset(
        {"first_name", "last_name", "bio", "contact_email", "contact_phone"}
    )

    first_name: Plain | None = None
    last_name: Plain | None = None
    bio: Biography | None = None
    affiliations: Affiliations | None = None
    contact_email: Email | None = None
    contact_phone: Phone | None = None
    preferences: dict[str, Any] | None = Field(default=None, max_length=100)


class UserUpdate(ProfileUpdate):
    """What an administrator may change of a user."""

    nullable: ClassVar[frozenset[str]] = ProfileUpdate.nullable | {"expiration_date"}

    is_bot: bool | None = None
    expiration_date: AwareDatetime | None = None
    """From when on he may look but not act; null is never."""


class UserCreate(Dto):
    """A new user of the caller's account, with roles that the caller has himself."""

    username: Plain
    roles: list[Plain] = Field(default=["Viewer"], max_length=20)
    first_name: Plain | None = None
    last_name: Plain | None = None
    bio: Biography | None = None
    affiliations: Affiliations = []
    contact_email: Email | None = None
    contact_phone: Phone | None = None
    is_bot: bool = False
    expiration_date: AwareDatetime | None = None


class RoleGiven(Dto):
    """A role to give to a user."""

    role: Plain


class AclGiven(Dto):
    """A permission to give to a user."""

    acl: Plain


class Transfer(Dto):
    """Who is to own what a user owns."""

    to: Plain
    """A user name."""


class Transferred(BaseModel):
    """How many of what has another owner now."""

    moved: dict[str, int]


class RoleRead(BaseModel):
    """A role and what it permits."""

    id: str
    acls: list[str]


class AclRead(BaseModel):
    """A permission."""

    id: str
