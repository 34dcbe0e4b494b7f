"""Verification: which of these records may the accessor touch, asked in one round trip.

The primitive counts what is allowed and compares with what there should be, so that a record which
has vanished fails closed. Only a refusal costs a second query, which names the records.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.bound import ACCESSOR_ID
from baselayer.app.controls.effective import predicate_of
from baselayer.app.controls.forms import denied_keys
from baselayer.app.controls.ids import IdArray
from baselayer.app.errors import AccessError

Identity = tuple[Any, ...]

MANY = 3_000  # from here on taking away the granted keys is faster than judging each row


@dataclass(frozen=True)
class Counted:
    """What to count: rows of `source`, those `allowed`, out of those `wanted`."""

    source: Any
    allowed: sa.ColumnElement[bool]
    wanted: sa.ColumnElement[bool] | None
    values: Mapping[str, Any] = field(default_factory=dict)
    """Of the parameters that are open in it."""


class Asked(Protocol):
    """Something to ask in the one round trip; `Question` is the usual one."""

    @property
    def expected(self) -> int:
        """Return how many rows there are to be allowed."""

    def counted(self, accessor: Accessor) -> Counted | None:
        """Return what to count, None when there is nothing to ask."""

    def refused(self, connection: sa.Connection, accessor: Accessor) -> list[str]:
        """Return what `accessor` may not do, each as mode, class and id."""


@dataclass(frozen=True)
class Question(Asked):
    """May these records of one class be touched in one mode?"""

    cls: type
    mode: str
    identities: frozenset[Identity]

    @property
    def expected(self) -> int:
        return len(self.identities)

    def counted(self, accessor: Accessor) -> Counted | None:
        allowed = predicate_of(self.cls, self.mode, accessor)
        return Counted(self.cls, allowed, among(self.cls, self.identities))

    def refused(self, connection: sa.Connection, accessor: Accessor) -> list[str]:
        allowed = predicate_of(self.cls, self.mode, accessor)
        wanted = among(self.cls, self.identities)
        statement = sa.select(*key_attributes(self.cls)).where(allowed, wanted)
        denied = self.identities - identities_of(connection.execute(statement))
        return [
            f"{self.mode} {self.cls.__name__} {'/'.join(map(str, identity))}"
            for identity in sorted(denied, key=str)
        ]


@dataclass(frozen=True)
class LargeQuestion(Asked):
    """May these many records be touched? Asked by taking from their keys what is granted."""

    question: Question
    denied: sa.Select[Any]
    ids_name: str

    @property
    def expected(self) -> int:
        return 0

    def counted(self, accessor: Accessor) -> Counted:
        ids = [identity[0] for identity in self.question.identities]
        values = {ACCESSOR_ID: accessor.user_id, self.ids_name: ids}
        return Counted(self.denied.subquery(), sa.true(), None, values)

    def refused(self, connection: sa.Connection, accessor: Accessor) -> list[str]:
        return self.question.refused(connection, accessor)


Counts = tuple[int, int]  # how many of the rows exist, and how many of those are allowed


def questions(mode: str, records: Iterable[Any]) -> list[Question]:
    """Return one question a class about stored `records`, by the identity they were loaded with."""
    identities: dict[type, set[Identity]] = defaultdict(set)
    for record in records:
        state = orm.attributes.instance_state(record)
        identity = state.key[1] if state.key else state.mapper.primary_key_from_instance(record)
        identities[type(record)].add(tuple(identity))
    return [Question(cls, mode, frozenset(ids)) for cls, ids in identities.items()]


def enlarged(question: Question, accessor: Accessor) -> Asked:
    """Return `question` in the form for as many records as it asks of; for `require_all`."""
    if len(question.identities) < MANY:
        return question
    denied = denied_keys(question.cls, question.mode, accessor)
    return question if denied is None else LargeQuestion(question, *denied)


def require_all(connection: sa.Connection, accessor: Accessor, asked: Collection[Asked]) -> None:
    """Raise AccessError unless every row of every question exists and is allowed."""
    counts = _count(connection, accessor, asked)
    _refuse(connection, accessor, [q for q, (_, allowed) in counts if allowed != q.expected])


def require_existing(
    connection: sa.Connection, accessor: Accessor, asked: Collection[Asked]
) -> None:
    """Raise AccessError unless each row that exists is allowed.

    For what a transaction has written: a row that it deleted again, or that a savepoint took back,
    has no image to judge.
    """
    counts = _count(connection, accessor, asked)
    _refuse(connection, accessor, [q for q, (there, allowed) in counts if there != allowed])


def among(cls: type, identities: Collection[Identity]) -> sa.ColumnElement[bool]:
    """Return the condition that a row of `cls` is one of `identities`.

    Several of a single key travel as one array parameter: one cached statement for all of them.
    """
    keys = key_attributes(cls)
    if len(keys) > 1:
        return sa.tuple_(*keys).in_(list(identities))
    values = [identity[0] for identity in identities]
    if len(values) == 1:
        is_it: sa.ColumnElement[bool] = keys[0] == sa.bindparam(None, values[0], keys[0].type)
        return is_it
    one: sa.ColumnElement[bool] = keys[0] == sa.any_(
        sa.bindparam("ids", values, type_=IdArray(keys[0].type), unique=True)
    )
    return one


def identities_of(rows: Iterable[Any]) -> frozenset[Identity]:
    """Return the identities that `rows` of a primary key hold."""
    return frozenset(tuple(row) for row in rows)


def key_attributes(cls: type) -> list[Any]:
    """Return the attributes of the primary key of `cls`."""
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    return [
        getattr(cls, mapper.get_property_by_column(column).key) for column in mapper.primary_key
    ]


def rows_to_lock(cls: type) -> sa.FromClause:
    """Return the table to lock rows of `cls` in: the root's, as it is never outer-joined."""
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    return mapper.base_mapper.local_table


def _count(
    connection: sa.Connection, accessor: Accessor, asked: Collection[Asked]
) -> list[tuple[Asked, Counts]]:
    parts: list[sa.Select[Any]] = []
    answered = []
    values: dict[str, Any] = {}
    for question in asked:
        counted = question.counted(accessor)
        if counted is not None:
            parts.append(_select(len(parts), counted))
            values |= counted.values
            answered.append(question)
    if not parts:
        return []
    rows = connection.execute(sa.union_all(*parts) if len(parts) > 1 else parts[0], values)
    counts: dict[int, Counts] = {number: (there, allowed) for number, there, allowed in rows}
    return [(question, counts[number]) for number, question in enumerate(answered)]


def _select(number: int, counted: Counted) -> sa.Select[Any]:
    number_column: Any = sa.bindparam("question", number, type_=sa.Integer, unique=True)
    allowed = sa.func.count().filter(counted.allowed)
    statement: sa.Select[Any] = sa.select(number_column, sa.func.count(), allowed)
    statement = statement.select_from(counted.source)
    return statement if counted.wanted is None else statement.where(counted.wanted)


def _refuse(connection: sa.Connection, accessor: Accessor, refused: Collection[Asked]) -> None:
    if refused:
        named = [name for question in refused for name in question.refused(connection, accessor)]
        raise AccessError(f"You may not {'; '.join(named)}.", refused=named)


def bulk_verify(mode: str, collection: Collection[Any], accessor: Accessor) -> None:
    """Raise AccessError unless `accessor` may touch every record of `collection` in `mode`.

    One query however many classes, asked in the records' own transaction, so that flushed but
    uncommitted changes are seen. Records in no session raise ValueError.
    """
    if not collection:
        return
    session = orm.object_session(next(iter(collection)))
    if session is None:
        raise ValueError("the records are in no session: add them to one before verifying them")
    session.flush()
    connection = orm.Session.connection(session)
    asked = [enlarged(question, accessor) for question in questions(mode, collection)]
    require_all(connection, accessor, asked)
