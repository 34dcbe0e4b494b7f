"""Classes for random graphs behind the gate: every kind of relationship, key and inheritance.

They declare no mode: the tests do, one random policy after the other.
"""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.db.base import NAMES, GatedMeta, Record


class Graph(Record, orm.DeclarativeBase, metaclass=GatedMeta):
    """A declarative base beside the product's."""

    __abstract__ = True
    metadata = sa.MetaData(naming_convention=NAMES)


def to(column: str, *, null: bool = True) -> Any:
    """Return a column that refers to another."""
    return mapped_column(sa.ForeignKey(column), nullable=null)


class Human(Graph):
    """A user."""

    is_user_class: ClassVar[bool] = True

    boss_id: Mapped[int | None] = to("humans.id")
    boss: Mapped["Human | None"] = relationship(remote_side="Human.id")
    crews: Mapped[list["Crew"]] = relationship(
        secondary="memberships", back_populates="humans", viewonly=True
    )


class Crew(Graph):
    """A group of users."""

    lead_id: Mapped[int | None] = to("humans.id")
    lead: Mapped[Human | None] = relationship()
    humans: Mapped[list[Human]] = relationship(
        secondary="memberships", back_populates="crews", viewonly=True
    )
    memberships: Mapped[list["Membership"]] = relationship(back_populates="crew")


class Membership(Graph):
    """A user in a group, with a flag that may be unknown. Nothing keeps it from coming twice."""

    __tablename__ = "memberships"

    crew_id: Mapped[int] = to("crews.id", null=False)
    human_id: Mapped[int] = to("humans.id", null=False)
    admin: Mapped[bool | None]
    crew: Mapped[Crew] = relationship(back_populates="memberships")
    human: Mapped[Human] = relationship()


class Shelf(Graph):
    """A place with a composite key."""

    __tablename__ = "shelves"

    id = None  # so declarative leaves the column out
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    keeper_id: Mapped[int | None] = to("humans.id")
    keeper: Mapped[Human | None] = relationship()
    things: Mapped[list["Thing"]] = relationship(back_populates="shelf")


class Thing(Graph):
    """What is gated: in a tree, on a shelf, shared with groups, with subclasses."""

    __table_args__ = (
        sa.ForeignKeyConstraint(["shelf_row", "shelf_number"], ["shelves.row", "shelves.number"]),
    )
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "Thing"}

    kind: Mapped[str]
    rank: Mapped[int | None]
    is_open: Mapped[bool | None]
    owner_id: Mapped[int | None] = to("humans.id")
    parent_id: Mapped[int | None] = to("things.id")
    shelf_row: Mapped[int | None]
    shelf_number: Mapped[int | None]
    owner: Mapped[Human | None] = relationship()
    parent: Mapped["Thing | None"] = relationship(remote_side="Thing.id", back_populates="children")
    children: Mapped[list["Thing"]] = relationship(back_populates="parent")
    shelf: Mapped[Shelf | None] = relationship(back_populates="things")
    crews: Mapped[list[Crew]] = relationship(secondary="shares", viewonly=True)
    shares: Mapped[list["Share"]] = relationship(back_populates="thing")
    remarks: Mapped[list["Remark"]] = relationship(
        back_populates="thing", foreign_keys="Remark.thing_id"
    )


class Share(Graph):
    """A thing shared with a group: the pair is the key."""

    __tablename__ = "shares"

    id = None  # so declarative leaves the column out
    thing_id: Mapped[int] = mapped_column(sa.ForeignKey("things.id"), primary_key=True)
    crew_id: Mapped[int] = mapped_column(sa.ForeignKey("crews.id"), primary_key=True)
    can_edit: Mapped[bool | None]
    thing: Mapped[Thing] = relationship(back_populates="shares")
    crew: Mapped[Crew] = relationship()


class Picture(Thing):
    """A subclass with a table of its own."""

    __mapper_args__ = {"polymorphic_identity": "Picture"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("things.id"), primary_key=True)
    is_hidden: Mapped[bool | None]
    subject_id: Mapped[int | None] = to("humans.id")
    album_id: Mapped[int | None] = to("crews.id")
    subject: Mapped[Human | None] = relationship(foreign_keys="Picture.subject_id")
    album: Mapped[Crew | None] = relationship()


class Postcard(Picture):
    """A subclass of a subclass, with a third table."""

    __mapper_args__ = {"polymorphic_identity": "Postcard"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("pictures.id"), primary_key=True)
    stamps: Mapped[int | None]


class Sketch(Thing):
    """A subclass in its parent's table."""

    __tablename__: Any = None
    __mapper_args__ = {"polymorphic_identity": "Sketch"}


class Remark(Graph):
    """A remark on a thing, on a picture, on both or on none."""

    stars: Mapped[int | None]
    thing_id: Mapped[int | None] = to("things.id")
    picture_id: Mapped[int | None] = to("pictures.id")
    author_id: Mapped[int | None] = to("humans.id")
    thing: Mapped[Thing | None] = relationship(
        back_populates="remarks", foreign_keys="Remark.thing_id"
    )
    picture: Mapped[Picture | None] = relationship(foreign_keys="Remark.picture_id")
    author: Mapped[Human | None] = relationship()


KINDS: dict[str, Any] = {
    cls.__name__: cls
    for cls in (Human, Crew, Membership, Shelf, Thing, Share, Picture, Postcard, Sketch, Remark)
}
