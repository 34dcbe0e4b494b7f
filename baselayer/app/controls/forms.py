"""Forms: other ways than the predicate to ask for what an accessor may touch, each for one purpose.

`first_keys` merges the newest rows of each grant, for a page; `all_keys` is the union of the
grants, for a count or a page of one who has few rows; `denied_keys` is what is left of many ids
when the granted ones are taken away. Each is None for a mode that is no plain OR of chains to the
users, and then the predicate is the form (measurements: docs/reference/forms.md).
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.bound import ACCESSOR_ID, AccessorId, OpenPredicate, open_predicate
from baselayer.app.controls.effective import Shape, forgets_with_kept, kept_alone
from baselayer.app.controls.grants import Grant, grants_of
from baselayer.app.controls.rows import EntityRows, is_in, mark_gate

S = TypeVar("S")

KEPT_FORMS = 512

# Parameters: how many keys, which key they come after, which keys are asked for, how far to count.
ROWS, AFTER, IDS, ENOUGH = "page_rows", "page_after", "asked_ids", "count_up_to"


def first_keys(
    cls: type, mode: str, accessor: Accessor, *, desc: bool, is_after: bool
) -> ColumnElement[bool] | None:
    """Return the condition that a row is one of the first `page_rows`, by key, that are granted.

    With `is_after`, of those beyond the key `page_after_0`, `page_after_1`, …: parameters all.
    """
    return _filled_in(_first_keys, cls, mode, accessor, desc, is_after)


def all_keys(cls: type, mode: str, accessor: Accessor) -> ColumnElement[bool] | None:
    """Return the condition that a row is one of all that are granted, gathered beforehand."""
    return _filled_in(_all_keys, cls, mode, accessor)


def counted_keys(cls: type, mode: str, accessor: Accessor) -> sa.Select[Any] | None:
    """Return the SELECT of how many rows are granted."""
    return _with_value(_counted_keys, cls, mode, accessor)


def denied_keys(
    cls: type, mode: str, accessor: Accessor, ids: Sequence[Any]
) -> sa.Select[Any] | None:
    """Return the SELECT of those of `ids`, single keys, that are absent or not granted."""
    statement = _kept_form(_denied_keys, cls, mode, accessor)
    if statement is None:
        return None
    # A subquery has no parameters of its own to fill in, so this one carries its values.
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    (key,) = mapper.primary_key
    values = {ACCESSOR_ID: accessor.user_id, IDS: list(ids)}
    kinds = {IDS: ARRAY(key.type)}
    replaced: sa.Select[Any] = _replaced(statement, values, kinds)
    return replaced


def estimated(cls: type, mode: str, accessor: Accessor) -> sa.Select[Any] | None:
    """Return the SELECT of how many far ends the grants have, how many rows the table has, and
    how many keys are granted, those counted no further than `count_up_to`."""
    return _with_value(_estimated, cls, mode, accessor)


def _kept_form(
    form: Callable[..., S | None], cls: type, mode: str, accessor: Accessor, *more: Any
) -> S | None:
    """Return `form` for the rights of `accessor`, None where the mode asks for more than grants."""
    if accessor.is_admin or accessor.user_id is None or kept_alone(cls, mode, accessor) is None:
        return None
    return form(cls, mode, frozenset(accessor.permissions), *more)


def _filled_in(
    form: Callable[..., OpenPredicate | None], cls: type, mode: str, accessor: Accessor, *more: Any
) -> ColumnElement[bool] | None:
    found = _kept_form(form, cls, mode, accessor, *more)
    return None if found is None else found.filled_in(accessor.user_id)


def _with_value(
    form: Callable[..., sa.Select[Any] | None], cls: type, mode: str, accessor: Accessor
) -> sa.Select[Any] | None:
    found = _kept_form(form, cls, mode, accessor)
    return None if found is None else found.params(**{ACCESSOR_ID: accessor.user_id})


@forgets_with_kept
@lru_cache(maxsize=KEPT_FORMS)
def _grants(cls: type, mode: str, permissions: frozenset[str]) -> list[Grant] | None:
    return grants_of(cls, mode, Shape(AccessorId(), False, permissions))


@forgets_with_kept
@lru_cache(maxsize=KEPT_FORMS)
def _first_keys(
    cls: type, mode: str, permissions: frozenset[str], desc: bool, is_after: bool
) -> OpenPredicate | None:
    grants = _grants(cls, mode, permissions)
    if grants is None:
        return None
    rows: ColumnElement[int] = sa.bindparam(ROWS, type_=sa.Integer, required=True)
    tops = [
        grant.top_keys(_order(grant.key, desc), rows, _after(grant.key, desc) if is_after else None)
        for grant in grants
    ]
    merged = sa.union(*tops).subquery()
    first = sa.select(*merged.c).order_by(*_order(list(merged.c), desc)).limit(rows)
    return open_predicate(mark_gate(is_in(EntityRows(cls), first)))


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
def _denied_keys(cls: type, mode: str, permissions: frozenset[str]) -> sa.Select[Any] | None:
    grants = _grants(cls, mode, permissions)
    if grants is None or len(sa.inspect(cls).mapper.primary_key) != 1:
        return None
    kind = grants[0].key[0].type
    ids: ColumnElement[Any] = sa.bindparam(IDS, type_=ARRAY(kind), required=True)
    asked = sa.select(sa.func.unnest(ids, type_=kind).label("key_0"))
    granted = sa.union_all(*(grant.keys_near(grant.key[0] == sa.any_(ids)) for grant in grants))
    denied = asked.except_(sa.select(*granted.subquery().c)).subquery()
    return sa.select(*denied.c)


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
    there = [sa.bindparam(f"{AFTER}_{n}", type_=it.type, required=True) for n, it in enumerate(key)]
    if len(key) == 1:  # a row of one value would hide its index
        return key[0] < there[0] if desc else key[0] > there[0]
    return sa.tuple_(*key) < sa.tuple_(*there) if desc else sa.tuple_(*key) > sa.tuple_(*there)


def _replaced(statement: sa.Select[Any], values: dict[str, Any], kinds: dict[str, Any]) -> Any:
    """Return `statement` with these values instead of its open parameters."""
    made: dict[str, Any] = {}

    def put(element: Any, **_: Any) -> Any:
        if not isinstance(element, sa.BindParameter) or element.key not in values:
            return None
        kind = kinds.get(element.key, element.type)
        return made.setdefault(
            element.key, sa.bindparam(element.key, values[element.key], type_=kind, unique=True)
        )

    return sa.sql.visitors.replacement_traverse(statement, {}, put)
