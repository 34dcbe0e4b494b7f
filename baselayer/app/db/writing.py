"""Writing in a verified session: what a flush and a bulk statement are about to touch."""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.effective import predicate_of
from baselayer.app.db.verify import Identity, among, identities_of, key_attributes, rows_to_lock

ONE_TO_MANY = orm.RelationshipDirection.ONETOMANY
MANY_TO_ONE = orm.RelationshipDirection.MANYTOONE


def writes_row(record: Any) -> bool:
    """Tell whether a flush will change the record's own row, not only rows that refer to it."""
    state = sa.inspect(record)
    return any(state.attrs[name].history.has_changes() for name in names_of_row(state.mapper))


def names_of_row(mapper: orm.Mapper[Any]) -> list[str]:
    """Return the attributes that a change of the row itself shows in."""
    return [*mapper.column_attrs.keys(), *(r.key for r in to_one(mapper))]


def moves(record: Any) -> bool:
    """Tell whether a flush will make the record's row refer to other rows than before."""
    state = sa.inspect(record)
    return any(state.attrs[name].history.has_changes() for name in _names_of_links(state.mapper))


def _names_of_links(mapper: orm.Mapper[Any]) -> Iterator[str]:
    for relationship in to_one(mapper):
        yield relationship.key
        for column in relationship.local_columns:
            yield mapper.get_property_by_column(column).key


def to_one(mapper: orm.Mapper[Any]) -> list[orm.RelationshipProperty[Any]]:
    """Return the relationships that follow foreign keys of `mapper`."""
    return [r for r in mapper.relationships if r.direction is MANY_TO_ONE and not r.viewonly]


def to_many(mapper: orm.Mapper[Any]) -> list[orm.RelationshipProperty[Any]]:
    """Return the relationships whose foreign keys are in the rows at their far end."""
    return [r for r in mapper.relationships if r.direction is ONE_TO_MANY and not r.viewonly]


def adopted(records: Iterable[Any]) -> Iterator[Any]:
    """Yield stored records whose foreign keys a flush will set, for a collection has changed."""
    for record in records:
        state = sa.inspect(record)
        for relationship in to_many(state.mapper):
            history = state.attrs[relationship.key].history
            lost = () if relationship.cascade.delete_orphan else history.deleted or ()
            for child in (*(history.added or ()), *lost):
                if child is not None and sa.inspect(child).persistent:
                    yield child


def link_writes(records: Iterable[Any]) -> Iterator[str]:
    """Yield the many-to-many relationships that a flush would write rows of a link table for.

    Such rows have no record to judge: write the link table's own mapped class instead.
    """
    for record in records:
        state = sa.inspect(record)
        for relationship in state.mapper.relationships:
            if relationship.secondary is None or relationship.viewonly:
                continue
            if state.attrs[relationship.key].history.has_changes():
                yield str(relationship)


def chosen_rows(
    connection: sa.Connection,
    accessor: Accessor,
    state: orm.ORMExecuteState,
    options: Iterable[Any],
) -> frozenset[Identity]:
    """Return, locked, the rows that a bulk UPDATE or DELETE selects and `accessor` may touch.

    The WHERE judges what they are; what they become is judged by these identities.
    """
    cls = target_of(state).class_
    statement: Any = state.statement
    allowed = predicate_of(cls, "update" if state.is_update else "delete", accessor)
    chosen = sa.select(*key_attributes(cls)).where(allowed).with_for_update(of=rows_to_lock(cls))
    if statement.whereclause is not None:
        chosen = chosen.where(statement.whereclause)
    found = connection.execute(chosen.options(*options), state.parameters or {})
    return identities_of(found)


def target_of(state: orm.ORMExecuteState) -> orm.Mapper[Any]:
    """Return the mapper whose rows an UPDATE or DELETE changes."""
    mapper = state.bind_mapper
    assert mapper is not None  # noqa: S101 (only of ORM statements, which have one)
    return mapper


def narrowed_to(state: orm.ORMExecuteState, chosen: frozenset[Identity]) -> Any:
    """Return the UPDATE or DELETE, limited to rows `chosen`."""
    statement: Any = state.statement
    return statement.where(among(target_of(state).class_, chosen))


def set_columns(state: orm.ORMExecuteState) -> dict[str, Any]:
    """Return what an UPDATE sets, by attribute."""
    mapper, statement = target_of(state), state.statement
    pairs: Any = getattr(statement, "_ordered_values", None) or (statement._values or {}).items()  # type: ignore[attr-defined] # there is no public way
    given = {mapper.get_property_by_column(column).key: value for column, value in pairs}
    parameters: Any = state.parameters or {}
    return given | {key: parameters[key] for key in parameters if key in mapper.column_attrs}
