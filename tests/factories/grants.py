"""A random graph of grants: records with integer, UUID and composite keys, shared with teams."""

import random
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.controls.constant import public
from baselayer.app.controls.custom import AccessibleIf
from baselayer.app.controls.permitted import AccessibleIfPermitted
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible as IfRelated
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_owner
from baselayer.app.db.base import NAMES, GatedMeta, Record
from baselayer.app.db.mixins.uuid import UUIDTableBaseMixin
from baselayer.app.db.types import uuid7
from tests.factories.gate import Caller, to

USERS, TEAMS, ITEMS = 4, 5, 30
SEES_ALL = "See all"


class Graph(Record, orm.DeclarativeBase, metaclass=GatedMeta):
    """A declarative base beside the product's."""

    __abstract__ = True
    metadata = sa.MetaData(naming_convention=NAMES)


class Member(Graph):
    """A user."""

    is_user_class: ClassVar[bool] = True
    create = read = public
    name: Mapped[str] = mapped_column(default="")


class Crew(Graph):
    """A team."""

    create = read = public
    members: Mapped[list[Member]] = relationship(secondary="crew_members", viewonly=True)


class CrewMember(Graph):
    """Who is in a team."""

    __tablename__ = "crew_members"
    create = read = public
    __table_args__ = (
        sa.UniqueConstraint("crew_id", "member_id"),
        sa.Index("crew_members_member_id_crew_id_ix", "member_id", "crew_id"),
    )
    crew_id: Mapped[int] = to("crews.id")
    member_id: Mapped[int] = to("members.id")


def modes() -> dict[str, Any]:
    """Return the controls of the three kinds of record, alike."""
    linked = AccessibleIfUserMatches("links.crew.members")
    edited = AccessibleIfUserMatches("links.crew.members", where=lambda link: link.can_edit)
    return {
        "create": public,
        "read": accessible_by_owner | linked | AccessibleIfPermitted(SEES_ALL),
        "update": accessible_by_owner | edited,
        "delete": accessible_by_owner,
        "home": AccessibleIfUserMatches("crew.members"),
        "open": accessible_by_owner | AccessibleIf(lambda row: row.size > 5),
        "calm": ~linked,
        "both": linked & accessible_by_owner,
        "near": linked | IfRelated(owner="read"),
    }


class Thing(Graph):
    """A record with a number."""

    size: Mapped[int]
    owner_id: Mapped[int | None] = to("members.id")
    crew_id: Mapped[int | None] = to("crews.id")
    owner: Mapped[Member | None] = relationship()
    crew: Mapped[Crew | None] = relationship()
    links: Mapped[list["ThingLink"]] = relationship()
    __table_args__ = (sa.Index("things_owner_id_id_ix", "owner_id", "id"),)


class ThingLink(Graph):
    """A record shared with a team; twice, perhaps, and perhaps no record at all."""

    __tablename__ = "thing_links"
    create = read = public
    thing_id: Mapped[int | None] = to("things.id")
    crew_id: Mapped[int] = to("crews.id")
    can_edit: Mapped[bool]
    crew: Mapped[Crew] = relationship()


class Paged(UUIDTableBaseMixin, Graph):
    """A record with a UUID."""

    __tablename__ = "pageds"
    size: Mapped[int]
    owner_id: Mapped[int | None] = to("members.id")
    crew_id: Mapped[int | None] = to("crews.id")
    owner: Mapped[Member | None] = relationship()
    crew: Mapped[Crew | None] = relationship()
    links: Mapped[list["PagedLink"]] = relationship(
        primaryjoin="Paged.id == foreign(PagedLink.thing_id)"
    )


class PagedLink(Graph):
    """A record shared with a team; no foreign key says that it exists."""

    __tablename__ = "paged_links"
    create = read = public
    thing_id: Mapped[Any] = mapped_column(sa.Uuid)
    crew_id: Mapped[int] = to("crews.id")
    can_edit: Mapped[bool]
    crew: Mapped[Crew] = relationship()


class Spot(Graph):
    """A record with a composite key."""

    id = None  # so declarative leaves the column out
    row: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    owner_id: Mapped[int | None] = to("members.id")
    crew_id: Mapped[int | None] = to("crews.id")
    owner: Mapped[Member | None] = relationship()
    crew: Mapped[Crew | None] = relationship()
    links: Mapped[list["SpotLink"]] = relationship()


class SpotLink(Graph):
    """A record shared with a team."""

    __tablename__ = "spot_links"
    __table_args__ = (
        sa.ForeignKeyConstraint(["spot_row", "spot_number"], ["spots.row", "spots.number"]),
    )
    create = read = public
    spot_row: Mapped[int]
    spot_number: Mapped[int]
    crew_id: Mapped[int] = to("crews.id")
    can_edit: Mapped[bool]
    crew: Mapped[Crew] = relationship()


for kind in (Thing, Paged, Spot):
    for mode, control in modes().items():
        setattr(kind, mode, control)

MODES = ("read", "update", "delete", "home", "open", "calm", "both", "near")
KINDS = (Thing, Paged, Spot)
CALLERS = [
    *(Caller(number) for number in range(1, 4)),
    Caller(99),
    Caller(1, frozenset({SEES_ALL})),
    Caller(2, frozenset({"System admin"})),
]


def fill(session: orm.Session, seed: int) -> None:
    """Put a random graph in."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    session.add_all(Member(id=n) for n in range(1, USERS + 1))
    session.add_all(Crew(id=n) for n in range(1, TEAMS + 1))
    session.flush()
    pairs = {(dice.randint(1, TEAMS), dice.randint(1, USERS)) for _ in range(2 * USERS)}
    session.add_all(CrewMember(crew_id=crew, member_id=member) for crew, member in pairs)
    for number in range(1, ITEMS + 1):
        _put(session, dice, number)
    session.add(PagedLink(thing_id=uuid7(), crew_id=1, can_edit=True))  # leads nowhere
    session.add(ThingLink(thing_id=None, crew_id=1, can_edit=True))
    session.commit()


def _put(session: orm.Session, dice: random.Random, number: int) -> None:
    def crew() -> dict[str, Any]:
        return {"crew_id": dice.randint(1, TEAMS), "can_edit": dice.random() < 0.5}

    def own() -> dict[str, Any]:
        owner = dice.choice([None, dice.randint(1, USERS)])
        home = dice.choice([None, dice.randint(1, TEAMS)])
        return {"size": dice.randint(1, 8), "owner_id": owner, "crew_id": home}

    spot = {"row": 1 + number // 10, "number": number % 10}
    paged = Paged(**own())
    session.add_all([Thing(id=number, **own()), paged, Spot(**spot, **own())])
    session.flush()
    for _ in range(dice.randint(0, 4)):
        session.add(ThingLink(thing_id=number, **crew()))
        session.add(PagedLink(thing_id=paged.id, **crew()))
        session.add(SpotLink(spot_row=spot["row"], spot_number=spot["number"], **crew()))
