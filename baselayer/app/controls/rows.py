"""Rows: what a predicate speaks of, whether a mapped entity or an alias of a Core table."""

from collections.abc import Iterable
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql.annotation import _deep_annotate
from sqlalchemy.sql.elements import ColumnElement, False_, True_

from baselayer.app.errors import PolicyError

E = TypeVar("E", bound=sa.ClauseElement)

# What loader criteria find on a SELECT that belongs to a control (see `shielded`).
SHIELD = "baselayer gate"


class Rows:
    """One FROM element seen through a mapper; attributes are its mapped columns.

    `rows.admin` is the column that the class maps as `admin`, so that a condition written as
    `lambda row: row.admin` works on a class, on an alias and within a hop.
    """

    def __init__(self, mapper: orm.Mapper[Any]) -> None:
        self._mapper = mapper

    def __getattr__(self, name: str) -> ColumnElement[Any]:
        if name.startswith("__") or name not in self._mapper.columns:
            raise AttributeError(f"{self._mapper.class_.__name__} maps no column {name!r}")
        return self._column(self._mapper.columns[name])

    def _column(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        raise NotImplementedError


class EntityRows(Rows):
    """The rows of a mapped class or of an `aliased()` of one."""

    def __init__(self, entity: Any) -> None:
        super().__init__(sa.inspect(entity).mapper)
        self._entity = entity

    def _column(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        key = self._mapper.get_property_by_column(cast("sa.Column[Any]", column)).key
        attribute: ColumnElement[Any] = getattr(self._entity, key)
        return attribute


class AliasRows(Rows):
    """The rows of a class, over a fresh alias of its Core table (or of its joined tables)."""

    def __init__(self, mapper: orm.Mapper[Any]) -> None:
        super().__init__(mapper)
        table = mapper.persist_selectable
        self._source: sa.FromClause = (
            sa.inspect(orm.aliased(mapper, flat=True)).selectable
            if isinstance(table, sa.Join)
            else table.alias()
        )

    def _column(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        found = self._source.corresponding_column(cast("sa.Column[Any]", column))
        if found is None:
            raise PolicyError(f"{column} is no column of {self._mapper.class_.__name__}")
        return found


class SourceRows(Rows):
    """Rows that a FROM element other than the class's tables holds: those about to be written.

    A column that it lacks is null.
    """

    def __init__(self, mapper: orm.Mapper[Any], source: sa.FromClause) -> None:
        super().__init__(mapper)
        self._source = source

    def _column(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        name = self._mapper.get_property_by_column(cast("sa.Column[Any]", column)).key
        return self._source.c[name] if name in self._source.c else sa.null()


def rows_of(entity: Any) -> Rows:
    """Return the rows of `entity`: a mapped class, an `aliased()` of one, or rows already."""
    return entity if isinstance(entity, Rows) else EntityRows(entity)


def mapper_of(rows: Rows) -> orm.Mapper[Any]:
    """Return the mapper that `rows` are seen through."""
    return rows._mapper


def column_of(rows: Rows, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return mapped Core `column` as it is spelled on `rows`."""
    return rows._column(column)


def source_of(rows: AliasRows) -> sa.FromClause:
    """Return the FROM element of aliased `rows`."""
    return rows._source


def primary_key_of(rows: Rows) -> list[ColumnElement[Any]]:
    """Return the columns of the primary key of `rows`, in the mapper's order."""
    return [rows._column(column) for column in rows._mapper.primary_key]


def is_in(rows: Rows, keys: sa.Select[Any]) -> ColumnElement[bool]:
    """Return the condition that the primary key of `rows` is among those that `keys` selects.

    `keys` may read the very table of `rows`: as a derived table it correlates with nothing.
    """
    columns = primary_key_of(rows)
    # Nor is it to be adapted when the condition is, to an alias of that table.
    apart = sa.select(*keys.subquery().c)._annotate({"no_replacement_traverse": True})
    if len(columns) == 1:
        return shielded(columns[0].in_(apart))
    return shielded(sa.tuple_(*columns).in_(apart))


def all_of(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the AND of `conditions`, a constant where they amount to one."""
    rest = [one for one in conditions if not isinstance(one, True_)]
    if any(isinstance(one, False_) for one in rest):
        return sa.false()
    return sa.and_(*rest) if rest else sa.true()


def any_of(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the OR of `conditions`, a constant where they amount to one."""
    rest = [one for one in conditions if not isinstance(one, False_)]
    if any(isinstance(one, True_) for one in rest):
        return sa.true()
    return sa.or_(*rest) if rest else sa.false()


def mark_gate(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Mark `condition` as made by a control, for sessions that refuse Core tables elsewhere."""
    return condition._annotate({"baselayer_gate": True})


def is_gate(element: Any) -> bool:
    """Tell whether `element` was made by a control."""
    return "baselayer_gate" in getattr(element, "_annotations", {})


def shielded(condition: E) -> E:
    """Return `condition` so that no session filters the SELECTs of mapped classes in it.

    A control decides by all rows, not by those that the accessor may read: where it asks that no
    row forbids something, filtering would allow more.
    """
    marks = {"baselayer_gate": True, "for_loader_criteria": SHIELD}
    shielded: E = _deep_annotate(
        condition, marks, detect_subquery_cols=True, ind_cols_on_fromclause=True
    )
    return shielded
