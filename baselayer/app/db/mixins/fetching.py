"""Fetching: the SELECT behind `get`, `count` and `get_with_count`, and what is made of its rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.mixins.loading import Load, LoadPolymorphic, load_options
from baselayer.app.db.mixins.view import page_of, within_times
from baselayer.app.db.verify import key_attributes, rows_to_lock
from baselayer.app.errors import InvalidRequestError
from baselayer.app.schemas.paging import TableViewRequest, TimeFilterRequest

FetchMode = Literal["first", "one", "all"]


class Times(TypedDict, total=False):
    """Limits of time, each `>= after` or `< before`."""

    created_after_datetime: datetime | None
    created_before_datetime: datetime | None
    updated_after_datetime: datetime | None
    updated_before_datetime: datetime | None


class Narrowing(Times, total=False):
    """Which records are meant, beside the condition."""

    filter: Any
    """A second condition."""
    join: Any
    """A model, or `(model, on)`, that the conditions may speak of; it doubles no record."""


class Reading(TypedDict, total=False):
    """How records are read."""

    options: Sequence[Any]
    load_polymorphic: LoadPolymorphic
    with_for_update: bool
    skip_locked: bool
    """Pass over rows that others have locked: for queues, never to learn whether a row exists."""
    populate_existing: bool
    """Load records anew that this session has in memory already."""


class Listing(Narrowing, Reading, total=False):
    """Which records, and how."""

    load: Load


class Fetch(Listing, total=False):
    """Which records, how, and which part of them; stronger than what `table_view` says."""

    order_by: Any
    offset: int | None
    limit: int | None
    table_view: TableViewRequest | None


def fetched(
    cls: Any,
    session: orm.Session,
    condition: Any = None,
    *,
    fetch_mode: FetchMode = "first",
    **how: Any,
) -> Any:
    """Return what `get` returns for `how`, a `Fetch`."""
    if fetch_mode not in ("first", "one", "all"):
        raise ValueError(f"fetch_mode is first, one or all, not {fetch_mode!r}")
    statement = selected(cls, condition, how)
    view: TableViewRequest | None = how.get("table_view")
    if view is not None:
        view = _overridden(view, how)
        if how.get("order_by") is None:
            return _picked(page_of(session, cls, statement, view).items, fetch_mode)
        if view.after_id is not None:
            raise InvalidRequestError("after_id goes with no order but the list's own.")
        how = {**how, "offset": view.offset, "limit": view.limit}
    statement = within_times(cls, statement, view or times_of(how))
    found = session.scalars(_sliced(cls, statement, fetch_mode, how)).unique()
    return _picked(found, fetch_mode)


def selected(cls: Any, condition: Any, how: Any) -> sa.Select[Any]:
    """Return the SELECT of the records of `cls` under the conditions of `how`, locked if it says.

    Times are not in it: a page looks for its anchor outside them.
    """
    unknown = how.keys() - Fetch.__annotations__.keys()
    if unknown:
        raise TypeError(f"records are not fetched by {', '.join(sorted(unknown))}")
    conditions = [one for one in (condition, how.get("filter")) if one is not None]
    statement = sa.select(cls)
    if how.get("join") is None:
        statement = statement.where(*conditions)
    elif how.get("order_by") is None:
        statement = statement.where(_is_joined(cls, how["join"], conditions))
    else:  # it may order by what is joined
        statement = statement.join(*_target(how["join"])).where(*conditions)
    options = load_options(cls, how.get("load"), how.get("load_polymorphic"))
    return _locked(cls, statement.options(*how.get("options", ()), *options), how)


def times_of(how: Any) -> TimeFilterRequest:
    """Return the limits of time that are among `how`."""
    return TimeFilterRequest(**{name: how.get(name) for name in Times.__annotations__})


def _is_joined(cls: Any, join: Any, conditions: list[Any]) -> sa.ColumnElement[bool]:
    """Return the condition that a record is among those of the join, however often."""
    keys = key_attributes(cls)
    among = sa.select(*keys).select_from(cls).join(*_target(join)).where(*conditions)
    row = keys[0] if len(keys) == 1 else sa.tuple_(*keys)
    return row.in_(among.correlate(None))


def _target(join: Any) -> tuple[Any, ...]:
    return join if isinstance(join, tuple) else (join,)


def _locked(cls: Any, statement: sa.Select[Any], how: Any) -> sa.Select[Any]:
    if how.get("with_for_update"):
        statement = statement.with_for_update(
            of=rows_to_lock(cls), skip_locked=how.get("skip_locked", False)
        )
    if how.get("with_for_update") or how.get("populate_existing"):
        # A locked row, too, would otherwise keep the values that it was first loaded with.
        statement = statement.execution_options(populate_existing=True)
    return statement


def _overridden(view: TableViewRequest, how: Any) -> TableViewRequest:
    names = ("offset", "limit", *Times.__annotations__)
    changes = {name: how[name] for name in names if how.get(name) is not None}
    if view.after_id is not None and changes.get("offset"):
        raise InvalidRequestError("after_id and offset do not go together.")
    return view.model_copy(update=changes)


def _sliced(cls: Any, statement: sa.Select[Any], mode: FetchMode, how: Any) -> sa.Select[Any]:
    order, offset, limit = how.get("order_by"), how.get("offset"), how.get("limit")
    if order is not None:
        statement = statement.order_by(*(order if isinstance(order, (list, tuple)) else [order]))
    if offset or limit is not None:  # parts of a list without an order may overlap
        statement = statement.order_by(*key_attributes(cls))
    most = {"first": 1, "one": 2}.get(mode)
    limit = most if limit is None else limit if most is None else min(limit, most)
    return statement.offset(offset).limit(limit)


def _picked(found: Any, mode: FetchMode) -> Any:
    if mode == "all":
        return list(found)
    records = list(found)
    if mode == "first":
        return records[0] if records else None
    if len(records) == 1:
        return records[0]
    if records:
        raise sa.exc.MultipleResultsFound("more than one record satisfies the condition")
    raise sa.exc.NoResultFound("no record satisfies the condition")
