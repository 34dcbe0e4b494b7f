"""Forms: other ways than the predicate to ask for what an accessor may touch, each for one purpose.

`first_page` merges the newest rows of each grant, for a page; `all_keys` is the union of the
grants, for a count or a page of one who has few rows; `denied_keys` is what is left of many ids
when the granted ones are taken away. Each is None for a mode that is no plain OR of chains to the
users, and then the predicate is the form (measurements: docs/reference/forms.md).
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.bound import (
    AccessorId,
    OpenParameter,
    OpenPredicate,
    in_one_piece,
    open_predicate,
)
from baselayer.app.controls.effective import (
    Shape,
    forgets_with_kept,
    kept_alone,
    open_predicate_of,
)
from baselayer.app.controls.grants import Grant, grants_of
from baselayer.app.controls.ids import IdArray
from baselayer.app.controls.rows import EntityRows, is_in, mark_gate, primary_key_of

S = TypeVar("S")

KEPT_FORMS = 512

# Parameters: which part of how many rows, which key they come after, which keys are asked for, how
# far to count.
OFFSET, LIMIT, ROWS, AFTER = "page_offset", "page_limit", "page_rows", "page_after"
IDS, ENOUGH = "asked_ids", "count_up_to"


def first_page(
    cls: type, mode: str, accessor: Accessor, *, desc: bool, is_after: bool
) -> sa.Select[Any] | None:
    """Return the SELECT of a page of the first records, by key, that are granted.

    It is one and the same for all who ask, and is not walked again at each execution; the values
    go beside it: ACCESSOR_ID; OFFSET and LIMIT; ROWS, their sum; and with `is_after` AFTER_0, …,
    the key to go on from. Unless that is the key of a record which is granted, the page is empty.
    """
    return _kept_form(_first_page, cls, mode, accessor, desc, is_after)


def all_keys(cls: type, mode: str, accessor: Accessor) -> ColumnElement[bool] | None:
    """Return the condition that a row is one of all that are granted, gathered beforehand."""
    found: OpenPredicate | None = _kept_form(_all_keys, cls, mode, accessor)
    return None if found is None else found.filled_in(accessor.user_id)


def counted_keys(cls: type, mode: str, accessor: Accessor) -> sa.Select[Any] | None:
    """Return the SELECT of how many rows are granted to the user of the parameter ACCESSOR_ID.

    It is one and the same for all who ask: the value goes beside it.
    """
    return _kept_form(_counted_keys, cls, mode, accessor)


def denied_keys(cls: type, mode: str, accessor: Accessor) -> tuple[sa.Select[Any], str] | None:
    """Return the SELECT of those of some ids, single keys, that are absent or not granted.

    And the name of the parameter that takes the ids, which no other such SELECT has; the user is
    that of ACCESSOR_ID. The values go beside it.
    """
    return _kept_form(_denied_keys, cls, mode, accessor)


def estimated(cls: type, mode: str, accessor: Accessor) -> sa.Select[Any] | None:
    """Return the SELECT of how many far ends the grants to the user of ACCESSOR_ID have, how many
    rows the table has, and how many keys are granted, those counted no further than ENOUGH."""
    return _kept_form(_estimated, cls, mode, accessor)


def _kept_form(
    form: Callable[..., S | None], cls: type, mode: str, accessor: Accessor, *more: Any
) -> S | None:
    """Return `form` for the rights of `accessor`, None where the mode asks for more than grants."""
    if accessor.is_admin or accessor.user_id is None or kept_alone(cls, mode, accessor) is None:
        return None
    return form(cls, mode, frozenset(accessor.permissions), *more)


@forgets_with_kept
@lru_cache(maxsize=KEPT_FORMS)
def _grants(cls: type, mode: str, permissions: frozenset[str]) -> list[Grant] | None:
    return grants_of(cls, mode, Shape(AccessorId(), False, permissions))


@forgets_with_kept
@lru_cache(maxsize=KEPT_FORMS)
def _first_page(
    cls: type, mode: str, permissions: frozenset[str], desc: bool, is_after: bool
) -> sa.Select[Any] | None:
    grants = _grants(cls, mode, permissions)
    if grants is None:
        return None
    rows: ColumnElement[int] = OpenParameter(ROWS, sa.Integer())
    tops = [
        grant.top_keys(_order(grant.key, desc), rows, _after(grant.key, desc) if is_after else None)
        for grant in grants
    ]
    merged = sa.union(*tops).subquery()
    first = sa.select(*merged.c).order_by(*_order(list(merged.c), desc)).limit(rows)
    wanted = [is_in(EntityRows(cls), first)]
    if is_after:
        wanted.append(_is_anchored(cls, mode, permissions))
    page: sa.Select[Any] = sa.select(cls).where(in_one_piece(sa.and_(*wanted)))
    page = page.order_by(*_order(primary_key_of(EntityRows(cls)), desc))
    parts = (OpenParameter(name, sa.Integer()) for name in (OFFSET, LIMIT))
    return page.offset(next(parts)).limit(next(parts))


def _is_anchored(cls: type, mode: str, permissions: frozenset[str]) -> ColumnElement[bool]:
    """Return the condition that the record to go on from is granted itself."""
    key = primary_key_of(EntityRows(cls))
    granted, _ = open_predicate_of(cls, mode, Shape(AccessorId(), False, permissions))
    is_it = (column == there for column, there in zip(key, _anchor(key), strict=True))
    one: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(cls)
    return one.where(granted, *is_it).correlate(None).exists()


@forgets_with_kept
@lru_cache(maxsize=KEPT_FORMS)
def _all_keys(cls: type, mode: str, permissions: frozenset[str]) -> OpenPredicate | None:
    grants = _grants(cls, mode, permissions)
    if grants is None:
        return None
    union = sa.union(*(grant.few_keys() for grant in grants)).subquery()
    return open_predicate(mark_gate(is_in(EntityRows(cls), sa.select(*union.c))))


@forgets_with_kept
@lru_cache(maxsize=KEPT_FORMS)
def _counted_keys(cls: type, mode: str, permissions: frozenset[str]) -> sa.Select[Any] | None:
    grants = _grants(cls, mode, permissions)
    if grants is None:
        return None
    union = sa.union(*(grant.keys() for grant in grants)).subquery()
    return sa.select(sa.func.count()).select_from(union)


@forgets_with_kept
@lru_cache(maxsize=KEPT_FORMS)
def _denied_keys(
    cls: type, mode: str, permissions: frozenset[str]
) -> tuple[sa.Select[Any], str] | None:
    grants = _grants(cls, mode, permissions)
    if grants is None or len(sa.inspect(cls).mapper.primary_key) != 1:
        return None
    kind = grants[0].key[0].type
    name = f"{IDS}_{next(_NUMBERS)}"
    ids: ColumnElement[Any] = OpenParameter(name, IdArray(kind))
    asked = sa.select(sa.func.unnest(ids, type_=kind).label("key_0"))
    granted = sa.union_all(*(grant.keys_near(grant.key[0] == sa.any_(ids)) for grant in grants))
    denied = asked.except_(sa.select(*granted.subquery().c)).subquery()
    return sa.select(*denied.c), name


@forgets_with_kept
@lru_cache(maxsize=KEPT_FORMS)
def _estimated(cls: type, mode: str, permissions: frozenset[str]) -> sa.Select[Any] | None:
    grants = _grants(cls, mode, permissions)
    if grants is None:
        return None
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    table = mapper.base_mapper.local_table
    ends = [grant.fan_out().scalar_subquery() for grant in grants]
    enough: ColumnElement[int] = sa.bindparam(ENOUGH, type_=sa.Integer, required=True)
    some = sa.union_all(*(grant.keys().limit(enough).subquery().select() for grant in grants))
    granted = sa.select(sa.func.count()).select_from(some.subquery()).scalar_subquery()
    total = sum(ends[1:], start=ends[0])
    return sa.select(total, _rows_of(table), granted)


def _rows_of(table: Any) -> ColumnElement[Any]:
    """Return how many rows the planner believes `table` to have; -1 when nobody has looked."""
    name = f'"{table.schema}"."{table.name}"' if table.schema else f'"{table.name}"'
    relation = sa.table("pg_class", sa.column("oid"), sa.column("reltuples"))
    is_it = relation.c.oid == sa.func.to_regclass(sa.cast(name, sa.Text))
    return sa.select(relation.c.reltuples).where(is_it).scalar_subquery()


def _order(key: Sequence[ColumnElement[Any]], desc: bool) -> list[ColumnElement[Any]]:
    return [column.desc() if desc else column.asc() for column in key]


def _after(key: Sequence[ColumnElement[Any]], desc: bool) -> ColumnElement[bool]:
    there = _anchor(key)
    if len(key) == 1:  # a row of one value would hide its index
        return key[0] < there[0] if desc else key[0] > there[0]
    return sa.tuple_(*key) < sa.tuple_(*there) if desc else sa.tuple_(*key) > sa.tuple_(*there)


def _anchor(key: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [OpenParameter(f"{AFTER}_{number}", it.type) for number, it in enumerate(key)]


_NUMBERS = count()
