"""Tables that are filled with many rows, shaped as a product's are: with both orders indexed."""

from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, relationship

from baselayer.app.controls.constant import public
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_owner
from baselayer.app.db.base import NAMES, GatedMeta, Record
from tests.factories.gate import to


class Big(Record, orm.DeclarativeBase, metaclass=GatedMeta):
    """A declarative base beside the product's."""

    __abstract__ = True
    metadata = sa.MetaData(naming_convention=NAMES)


class Member(Big):
    """A user."""

    is_user_class: ClassVar[bool] = True
    create = read = public
    name: Mapped[str]


class Crew(Big):
    """A team."""

    create = read = public
    members: Mapped[list[Member]] = relationship(secondary="crew_members", viewonly=True)


class CrewMember(Big):
    """Who is in a team."""

    __tablename__ = "crew_members"
    create = read = public
    __table_args__ = (
        sa.UniqueConstraint("crew_id", "member_id"),
        sa.Index("crew_members_member_id_crew_id_ix", "member_id", "crew_id"),
    )
    crew_id: Mapped[int] = to("crews.id")
    member_id: Mapped[int] = to("members.id")


class Item(Big):
    """A record of many."""

    create = update = delete = accessible_by_owner
    read = accessible_by_owner | AccessibleIfUserMatches("links.crew.members")
    __table_args__ = (sa.Index("items_owner_id_id_ix", "owner_id", "id"),)
    title: Mapped[str]
    owner_id: Mapped[int] = to("members.id")
    owner: Mapped[Member] = relationship()
    links: Mapped[list["ItemCrew"]] = relationship()


class ItemCrew(Big):
    """An item shared with a team."""

    __tablename__ = "item_crews"
    create = read = public
    __table_args__ = (
        sa.UniqueConstraint("item_id", "crew_id"),
        sa.Index("item_crews_crew_id_item_id_ix", "crew_id", "item_id"),
    )
    item_id: Mapped[int] = to("items.id")
    crew_id: Mapped[int] = to("crews.id")
    crew: Mapped[Crew] = relationship()
