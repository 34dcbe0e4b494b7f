"""A small world behind the gate: notes, teams, folders, documents, on a base of their own."""

from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.controls.accessor import Narrowing
from baselayer.app.controls.constant import public
from baselayer.app.controls.custom import AccessibleIf
from baselayer.app.controls.narrowing import BelongsToLeft, IsNamed, Narrowed
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible as IfRelated
from baselayer.app.controls.users import (
    AccessibleIfUserMatches,
    accessible_by_owner,
)
from baselayer.app.db.base import NAMES, GatedMeta, Record
from baselayer.app.db.mixins.uuid import UUIDTableBaseMixin


@dataclass(frozen=True)
class Caller:
    """An accessor: a person, or a token that acts for one with fewer permissions."""

    user_id: int
    permissions: frozenset[str] = frozenset()
    narrowing: Narrowing | None = None

    @property
    def is_admin(self) -> bool:
        """Tell whether record controls are bypassed."""
        return "System admin" in self.permissions


class World(Record, orm.DeclarativeBase, metaclass=GatedMeta):
    """A declarative base beside the product's."""

    __abstract__ = True
    metadata = sa.MetaData(naming_convention=NAMES)


def to(column: str) -> Any:
    """Return a column that refers to another."""
    return mapped_column(sa.ForeignKey(column, ondelete="CASCADE"))


class Person(World):
    """A user."""

    is_user_class: ClassVar[bool] = True
    create = read = public

    name: Mapped[str]
    teams: Mapped[list["Team"]] = relationship(
        secondary="team_members", back_populates="members", viewonly=True
    )


class Team(World):
    """People whom notes are shared with."""

    create = public
    read = AccessibleIfUserMatches("members")
    update = AccessibleIfUserMatches("team_members.person", where=lambda link: link.is_lead)

    name: Mapped[str]
    members: Mapped[list[Person]] = relationship(
        secondary="team_members", back_populates="teams", viewonly=True
    )
    team_members: Mapped[list["TeamMember"]] = relationship(back_populates="team")


class TeamMember(World):
    """A person in a team. Its leads say who is."""

    __tablename__ = "team_members"
    create = AccessibleIfUserMatches(
        "team.team_members.person"
    )  # members may invite: a control that a new row could answer by itself
    read = IfRelated(team="read")
    update = delete = IfRelated(team="update")

    team_id: Mapped[int] = to("teams.id")
    person_id: Mapped[int] = to("persons.id")
    is_lead: Mapped[bool] = mapped_column(default=False)
    team: Mapped[Team] = relationship(back_populates="team_members")
    person: Mapped[Person] = relationship()


note_labels = sa.Table(
    "note_labels",
    World.metadata,
    sa.Column("note_id", sa.ForeignKey("notes.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("label_id", sa.ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True),
)


class Label(World):
    """A word on notes, linked by a plain table that no class maps."""

    create = read = public
    name: Mapped[str]
    notes: Mapped[list["Note"]] = relationship(secondary=note_labels, back_populates="labels")


class Note(World):
    """What is shared."""

    create = delete = accessible_by_owner
    read = (
        accessible_by_owner
        | AccessibleIfUserMatches("teams.members")
        | AccessibleIf(lambda note: note.is_public)
    )
    update = accessible_by_owner | AccessibleIfUserMatches(
        "note_teams.team.members", where=lambda link: link.can_edit
    )
    narrowed_by: ClassVar[Narrowed] = dict.fromkeys(("read", "update", "delete"), IsNamed("notes"))

    title: Mapped[str]
    is_public: Mapped[bool] = mapped_column(default=False)
    rank: Mapped[int | None]
    owner_id: Mapped[int] = to("persons.id")
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("notes.id"))
    owner: Mapped[Person] = relationship()
    parent: Mapped["Note | None"] = relationship(remote_side="Note.id", back_populates="children")
    children: Mapped[list["Note"]] = relationship(back_populates="parent")
    teams: Mapped[list[Team]] = relationship(secondary="note_teams", viewonly=True)
    note_teams: Mapped[list["NoteTeam"]] = relationship(back_populates="note", passive_deletes=True)
    comments: Mapped[list["Comment"]] = relationship(back_populates="note", passive_deletes=True)
    labels: Mapped[list[Label]] = relationship(secondary=note_labels, back_populates="notes")


class NoteTeam(World):
    """A note shared with a team."""

    __tablename__ = "note_teams"
    create = update = delete = IfRelated(note="update", team="read")
    read = IfRelated(note="read")

    note_id: Mapped[int] = to("notes.id")
    team_id: Mapped[int] = to("teams.id")
    can_edit: Mapped[bool] = mapped_column(default=False)
    note: Mapped[Note] = relationship(back_populates="note_teams")
    team: Mapped[Team] = relationship()


class Comment(World):
    """A remark on a note."""

    create = AccessibleIfUserMatches("author") & IfRelated(note="read")
    read = IfRelated(note="read")
    update = delete = AccessibleIfUserMatches("author")
    narrowed_by: ClassVar[Narrowed] = {
        "create": IsNamed("notes", "note_id"),
        "read": BelongsToLeft("note"),
    }

    text: Mapped[str]
    note_id: Mapped[int] = to("notes.id")
    author_id: Mapped[int] = to("persons.id")
    note: Mapped[Note] = relationship(back_populates="comments")
    author: Mapped[Person] = relationship()


class Folder(World):
    """A tree without back references; who has a folder may read the ones right below it."""

    create = own = update = delete = accessible_by_owner
    read = accessible_by_owner | IfRelated(parent="own")

    name: Mapped[str]
    owner_id: Mapped[int] = to("persons.id")
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("folders.id"))
    owner: Mapped[Person] = relationship()
    parent: Mapped["Folder | None"] = relationship(remote_side="Folder.id", overlaps="children")
    children: Mapped[list["Folder"]] = relationship(overlaps="parent")
    papers: Mapped[list["Paper"]] = relationship(cascade="all, delete-orphan")


class Paper(World):
    """A sheet in a folder, with an owner of its own; it goes when it is taken out."""

    create = read = update = delete = accessible_by_owner

    text: Mapped[str]
    owner_id: Mapped[int] = to("persons.id")
    folder_id: Mapped[int] = to("folders.id")
    owner: Mapped[Person] = relationship()


class Document(World):
    """The root of a hierarchy, joined and single."""

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "document"}
    create = read = update = delete = accessible_by_owner | AccessibleIf(lambda doc: doc.is_open)

    kind: Mapped[str]
    is_open: Mapped[bool] = mapped_column(default=False)
    owner_id: Mapped[int] = to("persons.id")
    owner: Mapped[Person] = relationship()


class Photo(Document):
    """A joined subclass that narrows: a hidden one is only its owner's."""

    __mapper_args__ = {"polymorphic_identity": "photo", "polymorphic_load": "selectin"}
    read = accessible_by_owner | AccessibleIf(lambda photo: ~photo.is_hidden)

    id: Mapped[int] = mapped_column(sa.ForeignKey("documents.id"), primary_key=True)
    is_hidden: Mapped[bool] = mapped_column(default=False)


class Letter(Document):
    """A joined subclass that declares nothing."""

    __mapper_args__ = {"polymorphic_identity": "letter", "polymorphic_load": "inline"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("documents.id"), primary_key=True)
    recipient: Mapped[str] = mapped_column(default="")


class Memo(Document):
    """A single-table subclass that narrows to its owner."""

    __tablename__: Any = None
    __mapper_args__ = {"polymorphic_identity": "memo"}
    read = accessible_by_owner


class Seat(World):
    """A row with a composite key."""

    create = read = update = delete = accessible_by_owner

    id = None  # so declarative leaves the column out
    row: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = to("persons.id")
    owner: Mapped[Person] = relationship()


class Ticket(World):
    """A row that refers to a composite key."""

    __table_args__ = (
        sa.ForeignKeyConstraint(["seat_row", "seat_number"], ["seats.row", "seats.number"]),
    )
    create = read = IfRelated(seat="read")

    seat_row: Mapped[int]
    seat_number: Mapped[int]
    seat: Mapped[Seat] = relationship()


class Draft(UUIDTableBaseMixin, World):
    """A row whose key is made here, in time order."""

    create = read = update = delete = accessible_by_owner

    title: Mapped[str]
    body: Mapped[str | None]
    owner_id: Mapped[int] = to("persons.id")
    owner: Mapped[Person] = relationship()
