"""The tables that the gate is measured on: records with numbers or UUIDs, owned or shared."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.controls.constant import public
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_owner
from baselayer.app.db.base import GatedMeta, Record
from baselayer.app.db.mixins.uuid import UUIDTableBaseMixin

USERS, GROUPS, GROUPS_PER_USER, SPARSE_ROWS = 1_000, 200, 10, 20
TYPICAL, SPARSE, NOBODY, ALL_SEEING = 17, USERS + 1, USERS + 2, USERS + 3


class Bench(Record, orm.DeclarativeBase, metaclass=GatedMeta):
    """A declarative base beside the product's."""

    __abstract__ = True


class Person(Bench):
    """A user."""

    is_user_class: ClassVar[bool] = True
    create = read = update = delete = public


class Team(Bench):
    """A group."""

    create = read = update = delete = public
    members: Mapped[list[Person]] = relationship(secondary="team_people", viewonly=True)


class TeamPerson(Bench):
    """Who is in a group."""

    __tablename__ = "team_people"
    __table_args__ = (
        sa.Index("team_people_out_ix", "team_id", "person_id", unique=True),
        sa.Index("team_people_in_ix", "person_id", "team_id"),
    )
    create = read = update = delete = public
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("teams.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("persons.id"))


class Item(Bench):
    """A record with a number: owned, or shared with two groups."""

    __table_args__ = (sa.Index("items_owner_id_id_ix", "owner_id", "id"),)
    create = update = delete = accessible_by_owner
    read = accessible_by_owner | AccessibleIfUserMatches("links.team.members")
    tenth: Mapped[int]
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("persons.id"))
    owner: Mapped[Person | None] = relationship()
    links: Mapped[list["ItemTeam"]] = relationship()


class ItemTeam(Bench):
    """An item shared with a group."""

    __tablename__ = "item_teams"
    __table_args__ = (
        sa.Index("item_teams_out_ix", "item_id", "team_id", unique=True),
        sa.Index("item_teams_in_ix", "team_id", "item_id"),
    )
    create = read = update = delete = public
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("items.id"))
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("teams.id"))
    team: Mapped[Team] = relationship()


class Leaf(UUIDTableBaseMixin, Bench):
    """A record with a UUID."""

    __table_args__ = (sa.Index("leafs_owner_id_id_ix", "owner_id", "id"),)
    create = update = delete = accessible_by_owner
    read = accessible_by_owner | AccessibleIfUserMatches("links.team.members")
    tenth: Mapped[int]
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("persons.id"))
    owner: Mapped[Person | None] = relationship()
    links: Mapped[list["LeafTeam"]] = relationship()


class LeafTeam(Bench):
    """A leaf shared with a group."""

    __tablename__ = "leaf_teams"
    __table_args__ = (
        sa.Index("leaf_teams_out_ix", "item_id", "team_id", unique=True),
        sa.Index("leaf_teams_in_ix", "team_id", "item_id"),
    )
    create = read = update = delete = public
    item_id: Mapped[Any] = mapped_column(sa.Uuid, sa.ForeignKey("leafs.id"))
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("teams.id"))
    team: Mapped[Team] = relationship()


def key(cls: type, number: str) -> str:
    """Return the SQL of the key of record `number` of `cls`, an SQL expression."""
    if cls is Item:
        return number
    return f"('00000000-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


def fill(engine: sa.Engine, cls: Any, rows: int) -> None:
    """Make the tables and `rows` records of `cls`: odd ones owned, even ones shared with two
    groups; twenty old ones with the group of the sparse user."""
    Bench.metadata.create_all(engine)
    table, links = cls.__tablename__, cls.links.property.mapper.local_table.name
    people = f"""INSERT INTO persons (id, created_at, modified)
        SELECT n, now(), now() FROM generate_series(1, {ALL_SEEING}) n"""
    teams = f"""INSERT INTO teams (id, created_at, modified)
        SELECT n, now(), now() FROM generate_series(1, {GROUPS} + 1) n"""
    members = f"""INSERT INTO team_people (team_id, person_id, created_at, modified)
        SELECT DISTINCT 1 + (u * 7 + k * 19) % {GROUPS}, u, now(), now()
        FROM generate_series(1, {USERS}) u, generate_series(1, {GROUPS_PER_USER}) k
        UNION ALL SELECT {GROUPS} + 1, {SPARSE}, now(), now()
        UNION ALL SELECT n, {ALL_SEEING}, now(), now() FROM generate_series(1, {GROUPS} + 1) n"""
    records = f"""INSERT INTO {table} (id, tenth, owner_id, created_at, modified)
        SELECT {key(cls, "n")}, (n / 7) % 10, CASE n % 2 WHEN 1 THEN 1 + (n / 2) % {USERS} END,
            now(), now() FROM generate_series(1, {rows}) n"""
    shared = f"""INSERT INTO {links} (item_id, team_id, created_at, modified)
        SELECT DISTINCT {key(cls, "n")}, 1 + (n / 2 * 31 + k * 7) % {GROUPS}, now(), now()
        FROM generate_series(2, {rows}, 2) n, generate_series(1, 2) k
        UNION ALL SELECT {key(cls, "n * 11")}, {GROUPS} + 1, now(), now()
        FROM generate_series(1, {SPARSE_ROWS}) n"""
    with engine.begin() as connection:
        for statement in (people, teams, members, records, shared):
            connection.execute(sa.text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
