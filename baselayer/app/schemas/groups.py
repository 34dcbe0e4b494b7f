"""Groups, their members, and requests to be let in, as they are sent and shown."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from baselayer.app.schemas.base import Changes, Dto
from baselayer.app.schemas.connection_fields import Name, Plain
from baselayer.app.schemas.paging import TableViewRequest

Text = Annotated[str, Field(max_length=10_000)]


class GroupCreate(Dto):
    """A new group; who makes it is its first admin."""

    name: Name
    nickname: Plain | None = None
    description: Text | None = None
    private: bool = False
    """Whether only its members see that it exists; else all of the account may ask to be let in."""


class GroupUpdate(Changes):
    """What to change."""

    nullable: ClassVar[frozenset[str]] = frozenset({"nickname", "description"})

    name: Name | None = None
    nickname: Plain | None = None
    description: Text | None = None
    private: bool | None = None


class GroupsRequest(TableViewRequest):
    """Which groups of those that the caller sees."""

    scope: Literal["mine", "open", "people"] = "mine"
    """Those he is in; those he may ask to be let into; or the groups of one person each."""


class GroupRead(BaseModel):
    """A group as those who may see it see it."""

    model_config = {"from_attributes": True, "use_attribute_docstrings": True}

    id: int
    name: str
    nickname: str | None
    description: str | None
    private: bool
    user_id: int | None
    """Whose group it is, of one person alone; null for a group of several."""
    created_at: datetime
    can: list[str] = []
    """What the caller may do: `member` (see who is in it), `update`, `delete`, `leave`, `ask`."""


class Member(Dto):
    """A user to be a member of a group."""

    username: Plain
    admin: bool = False


class MemberRead(BaseModel):
    """A member of a group."""

    user_id: int
    username: str
    admin: bool


class AdmissionAsk(Dto):
    """A request to be let into a group."""

    message: Text | None = None
    """What the admins should know."""


class AdmissionDecision(Dto):
    """What an admin of the group decides."""

    status: Literal["accepted", "declined"]


class AdmissionsRequest(TableViewRequest):
    """Which requests of those that the caller sees."""

    status: Literal["pending", "accepted", "declined"] | None = None
    """Those that stand so; all of them, when it is left out."""


class AdmissionRead(BaseModel):
    """A request to be let into a group."""

    id: int
    group_id: int
    group: str
    user_id: int
    username: str
    message: str | None
    status: str
    created_at: datetime
    decided_at: datetime | None
