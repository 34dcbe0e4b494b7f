"""A workshop behind the gate: kinds of tools, workers with tokens, tallies that count versions."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.controls.constant import public, restricted
from baselayer.app.controls.custom import AccessibleIf
from baselayer.app.controls.users import accessible_by_owner
from baselayer.app.db.base import NAMES, GatedMeta, Record
from baselayer.app.db.mixins.jwt_auth import JWTAuthMixin, JWTPayloadBase
from baselayer.app.db.mixins.jwt_keys import JWTKey
from baselayer.app.db.mixins.optimistic import OptimisticLockMixin
from baselayer.app.db.mixins.polymorphic import (
    AutoPolymorphicIdentityMixin,
    PolymorphicBaseMixin,
    create_subclass_id_mixin,
)
from baselayer.app.db.mixins.uuid import UUIDTableBaseMixin
from baselayer.app.sealing.ring import KeyRing
from tests.factories.places import Place, sync_url

RING = KeyRing("one", {"one": b"k" * 32})


class Workshop(Record, orm.DeclarativeBase, metaclass=GatedMeta):
    """A declarative base beside the product's."""

    __abstract__ = True
    metadata = sa.MetaData(naming_convention=NAMES)


class Purpose(Enum):
    """What tokens are for."""

    worker = "worker"
    machine = "machine"


class WorkerPayload(JWTPayloadBase):
    """A worker's token also tells whether he leads."""

    is_lead: bool


class Worker(JWTAuthMixin, Workshop):
    """A user."""

    is_user_class: ClassVar[bool] = True
    JWTPayload = WorkerPayload
    jwt_key_purpose = Purpose.worker
    create = update = delete = public
    read = AccessibleIf(lambda worker: ~worker.is_hidden)

    name: Mapped[str]
    is_lead: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_hidden: Mapped[bool] = mapped_column(default=False)


class Machine(JWTAuthMixin, Workshop):
    """Something else with tokens, of the workers' own purpose."""

    jwt_key_purpose = Purpose.worker
    create = read = impersonate = public


class Box(Workshop):
    """Where tools are kept."""

    create = read = update = delete = public
    label: Mapped[str]
    tools: Mapped[list["Tool"]] = relationship(back_populates="box", order_by="Tool.name")


class Tool(PolymorphicBaseMixin, UUIDTableBaseMixin, Workshop, ABC):
    """The root of the tools; there is none that is only a tool."""

    create = read = update = delete = accessible_by_owner | AccessibleIf(lambda tool: tool.is_lent)

    name: Mapped[str]
    is_lent: Mapped[bool] = mapped_column(default=False)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("workers.id"))
    box_id: Mapped[int | None] = mapped_column(sa.ForeignKey("boxs.id"))
    owner: Mapped[Worker] = relationship()
    box: Mapped[Box | None] = relationship(back_populates="tools")

    @abstractmethod
    def use(self) -> str:
        """Say what it does."""


ToolSubclassIdMixin: Any = create_subclass_id_mixin("tools")


class Hammer(ToolSubclassIdMixin, Tool, AutoPolymorphicIdentityMixin):  # type: ignore[misc] # a base that is made
    """A tool with a table beside the root's, that declares nothing."""

    weight: Mapped[int] = mapped_column(default=1)

    def use(self) -> str:
        return "bang"


class Power(
    ToolSubclassIdMixin,  # type: ignore[misc] # a base that is made
    Tool,
    AutoPolymorphicIdentityMixin,
    polymorphic_abstract=True,
):
    """Tools with a plug: a table of their own, and no records that are only that."""

    read = accessible_by_owner  # it narrows: a lent one is not for reading

    watts: Mapped[int] = mapped_column(default=100)
    parts: Mapped[list["Part"]] = relationship(cascade="all, delete-orphan")


class Drill(Power):
    """A power tool, stored with the others of its kind."""

    def use(self) -> str:
        return "brr"


class Tape(Tool, AutoPolymorphicIdentityMixin, polymorphic_identity="measure"):
    """A tool in the root's table, under a name that was chosen."""

    length: Mapped[int | None]

    def use(self) -> str:
        return "zip"


class Part(Workshop):
    """A part of a power tool."""

    create = read = update = delete = public
    name: Mapped[str]
    power_id: Mapped[Any] = mapped_column(sa.ForeignKey("powers.id"))
    makers: Mapped[list["Maker"]] = relationship(cascade="all, delete-orphan")
    prices: Mapped[list["Price"]] = relationship(cascade="all, delete-orphan")


class Maker(Workshop):
    """Who makes a part."""

    create = read = delete = public
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"))


class Price(Workshop):
    """What a part costs."""

    create = read = delete = public
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"))
    cents: Mapped[int]


class Tally(OptimisticLockMixin, Workshop):
    """Counts that several people write down."""

    __tablename__ = "tallies"
    create = read = update = delete = accessible_by_owner
    nails: Mapped[int] = mapped_column(default=0)
    screws: Mapped[int] = mapped_column(default=0)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("workers.id"))
    owner: Mapped[Worker] = relationship()


class Closed(Workshop):
    """What nobody may touch."""

    __tablename__ = "closed"
    create = read = restricted


@contextmanager
def workshop_place(url: str) -> Iterator[Place]:
    """Make the tables of the workshop, and of the product's keys, in the database at `url`."""
    engine = sa.create_engine(sync_url(url))
    Workshop.metadata.create_all(engine)
    JWTKey.metadata.create_all(engine, tables=[JWTKey.metadata.tables["jwt_keys"]])
    yield Place(url, engine)
    engine.dispose()


def furnish(place: Place) -> None:
    """Put the workshop in again: worker 1 owns what worker 2 may borrow; worker 3 is hidden."""
    names = ", ".join([*Workshop.metadata.tables, JWTKey.__tablename__])
    with place.engine.begin() as connection:
        connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    with place.plain() as session:
        session.add_all([Worker(name="owner", is_lead=True), Worker(name="borrower")])
        session.flush()
        session.add_all([Worker(name="hidden", is_hidden=True), Machine(), Machine()])
        session.add(box := Box(label="red"))
        session.flush()
        parts = [Part(name="chuck"), Part(name="bit")]
        tools = [
            Hammer(name="hammer", weight=5),
            Hammer(name="lent hammer", is_lent=True),
            Drill(name="drill", parts=parts),
            Drill(name="lent drill", is_lent=True),
            Tape(name="tape", length=3),
            Tape(name="lent tape", is_lent=True),
        ]
        for tool in tools:
            tool.owner_id, tool.box = 1, box
            session.add(tool)
            session.flush()
        for part in parts:
            session.add_all([Maker(part_id=part.id), Price(part_id=part.id, cents=part.id * 10)])
        session.add(Tally(nails=1, screws=1, owner_id=1))
        session.commit()
