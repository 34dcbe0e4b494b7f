"""Cascading: the rows that the database removes along with those that are deleted.

The control of what is deleted speaks for them, unless their class asks for more:
`judges_cascade = True` has each such row judged by its own `delete` control.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.reading import gated_mappers
from baselayer.app.db.verify import Identity, Question, identities_of

Rows = defaultdict[sa.Table, set[Identity]]


def victims(connection: sa.Connection, deleted: Iterable[Question]) -> Iterator[Question]:
    """Yield what is to be asked about rows that go with `deleted`, and are not among them."""
    asked = list(deleted)
    judges = {table: cls for table, cls in _judging_classes() if _is_reached(table, asked)}
    if not judges:
        return
    known: Rows = defaultdict(set)
    for question in asked:
        for table in _tables_of(question.cls):
            known[table] |= question.identities
    own = {table: set(identities) for table, identities in known.items()}
    _follow(connection, known)
    for table, cls in judges.items():
        identities = frozenset(known[table] - own.get(table, set()))
        if identities:
            yield Question(cls, "delete", identities)


def _follow(connection: sa.Connection, known: Rows) -> None:
    """Add to `known` the rows that refer to known ones, and so on to the end."""
    waiting = list(known.items())
    while waiting:
        table, identities = waiting.pop()
        for reference in _cascades_to(table):
            child = reference.table
            found = identities_of(connection.execute(_referring(reference, identities)))
            new = set(found) - known[child]
            known[child] |= new
            if new:
                waiting.append((child, new))


def _referring(reference: sa.ForeignKeyConstraint, identities: set[Identity]) -> sa.Select[Any]:
    """Return the SELECT of the keys of the rows that refer so to rows with `identities`."""
    near, far = reference.table.alias(), reference.referred_table.alias()
    pairs = (near.c[e.parent.key] == far.c[e.column.key] for e in reference.elements)
    keys = [far.c[column.key] for column in reference.referred_table.primary_key]
    wanted = sa.tuple_(*keys).in_(list(identities))
    return (
        sa.select(*(near.c[column.key] for column in reference.table.primary_key))
        .join_from(near, far, sa.and_(*pairs))
        .where(wanted)
    )


def _cascades_to(table: sa.Table) -> Iterator[sa.ForeignKeyConstraint]:
    """Yield the foreign keys that remove their rows with the rows of `table`."""
    for other in table.metadata.tables.values():
        for reference in other.foreign_key_constraints:
            cascades = (reference.ondelete or "").upper() == "CASCADE"
            if cascades and reference.referred_table is table:
                yield reference


def _judging_classes() -> Iterator[tuple[sa.Table, type]]:
    for mapper in gated_mappers():
        if getattr(mapper.class_, "judges_cascade", False) and _has_own_table(mapper):
            yield mapper.local_table, mapper.class_  # type: ignore[misc] # it is a Table


def _has_own_table(mapper: orm.Mapper[Any]) -> bool:
    return mapper.inherits is None or mapper.inherits.local_table is not mapper.local_table


def _is_reached(table: sa.Table, asked: Iterable[Question]) -> bool:
    """Tell whether rows of `table` may go with any of those that are asked about."""
    reached = {start for question in asked for start in _tables_of(question.cls)}
    waiting = list(reached)
    while waiting:
        new = {reference.table for reference in _cascades_to(waiting.pop())} - reached
        reached |= new
        waiting += new
    return table in reached


def _tables_of(cls: type) -> set[Any]:
    """Return the tables that a record of `cls` has a row in; one of a subclass has more."""
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    return {table for heir in mapper.self_and_descendants for table in heir.tables}
