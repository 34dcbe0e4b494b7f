"""Seeing: in which of its classes SQLAlchemy filters a SELECT.

It adds loader criteria for the classes that it finds in the FROM, in the joins, at the surface of
the WHERE, and first in each column; and only if some part has told it that the SELECT is one of
mapped classes. A class that stands deeper, in a window or behind another, is read unfiltered.
"""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import AliasedReturnsRows
from sqlalchemy.sql.util import extract_first_column_annotation, surface_expressions

MARK = "parententity"

# Its own functions, which have no types: so we see what it sees.
first_of: Callable[[Any, str], Any] = extract_first_column_annotation
surface_of: Callable[[Any], Iterator[Any]] = surface_expressions


def seen_by_sqlalchemy(statement: Any) -> set[str]:
    """Return the names of the FROM elements of `statement` that SQLAlchemy filters."""
    if statement._propagate_attrs.get("compile_state_plugin") != "orm":
        return set()
    return {name for entity in _entities(statement) for name in _names(entity)}


def name_of(source: Any) -> str:
    """Return what tells the FROM elements of one SELECT apart."""
    return str(source.fullname) if isinstance(source, sa.TableClause) else f"alias {source.name}"


def leaves(source: Any) -> Iterator[Any]:
    """Yield the tables and aliases that a FROM element joins."""
    if isinstance(source, sa.Join):
        yield from leaves(source.left)
        yield from leaves(source.right)
    elif isinstance(source, (sa.TableClause, AliasedReturnsRows)):
        yield source


def _entities(statement: Any) -> Iterator[Any]:
    given = getattr(statement, "_raw_columns", ())
    for column in (part for one in given for part in _parts_of_bundle(one)):
        yield column._annotations.get(MARK) or first_of(column, MARK)
    for source in (*getattr(statement, "_from_obj", ()), getattr(statement, "table", None)):
        if source is not None:
            yield source._annotations.get(MARK)
    for criterion in getattr(statement, "_where_criteria", ()):
        yield from (it._annotations.get(MARK) for it in surface_of(criterion))
    for *parts, _ in getattr(statement, "_setup_joins", ()):
        for part in parts:
            yield from _ends_of(part)


def _parts_of_bundle(column: Any) -> Iterator[Any]:
    bundle = column._annotations.get("bundle")
    if bundle is None:
        yield column
    else:
        yield from column.clauses


def _ends_of(part: Any) -> Iterator[Any]:
    """Yield the entities that one part of a join names."""
    marks = getattr(part, "_annotations", {})
    yield marks.get(MARK)
    relationship = getattr(part, "property", None)
    if relationship is not None and hasattr(relationship, "entity"):
        yield getattr(part, "_of_type", None) or relationship.entity


def _names(entity: Any) -> Iterator[str]:
    if entity is None:
        return
    yield from map(name_of, leaves(entity.selectable))
    if not entity.is_aliased_class:
        yield from map(name_of, entity.mapper.tables)
