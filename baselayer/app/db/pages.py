"""Pages and counts of what an accessor may touch, each by the form that is fastest for it."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.bound import ACCESSOR_ID
from baselayer.app.controls.effective import predicate_of
from baselayer.app.controls.forms import (
    AFTER,
    LIMIT,
    OFFSET,
    ROWS,
    all_keys,
    counted_keys,
    first_page,
)
from baselayer.app.db.choosing import Form, estimates, form_for
from baselayer.app.db.keys import as_identity
from baselayer.app.db.mixins.view import cut, has_times, page_of, require_anchor, sort_keys
from baselayer.app.schemas.paging import ListResponse, TableViewRequest

Conditions = Sequence[sa.ColumnElement[bool]]


def accessible_page(
    session: orm.Session,
    cls: Any,
    view: TableViewRequest,
    accessor: Accessor,
    *,
    mode: str = "read",
    where: Conditions = (),
    options: Sequence[Any] = (),
) -> ListResponse[Any]:
    """Return the page that `view` asks for of the records that `accessor` may touch in `mode`.

    `where` are further conditions. A class with a composite key has no `next`: go on by offset.
    """
    key = list(sa.inspect(cls).mapper.primary_key)
    is_by_key = len(sort_keys(cls, view)) == len(key) and not where and not has_times(view)
    estimate = estimates.of(session, cls, mode, accessor)
    form = form_for(estimate, view.offset + view.limit + 1, is_by_key=is_by_key)
    if form is Form.MERGED:
        return _merged(session, cls, view, accessor, mode, options)
    gathered = all_keys(cls, mode, accessor) if form is Form.GATHERED else None
    allowed = predicate_of(cls, mode, accessor) if gathered is None else gathered
    statement = sa.select(cls).where(allowed, *where).options(*options)
    return page_of(session, cls, statement, view)


def accessible_count(
    session: orm.Session,
    cls: Any,
    accessor: Accessor,
    *,
    mode: str = "read",
    where: Conditions = (),
) -> int:
    """Return how many records `accessor` may touch in `mode`, of those that satisfy `where`."""
    counted = counted_keys(cls, mode, accessor)
    if counted is not None and not where and _is_open_to(session, accessor, mode):
        # The keys are read beside the mapped class, which a verified session rightly refuses.
        if session.autoflush:
            session.flush()
        found = orm.Session.connection(session).execute(counted, {ACCESSOR_ID: accessor.user_id})
        return int(found.scalar_one())
    gathered = all_keys(cls, mode, accessor)
    allowed = predicate_of(cls, mode, accessor) if gathered is None else gathered
    statement = sa.select(sa.func.count()).select_from(cls).where(allowed, *where)
    return session.scalar(statement) or 0


def own_count(session: orm.Session, cls: Any, where: Conditions = ()) -> int:
    """Return how many records satisfy `where` of those that the session shows."""
    accessor = getattr(session, "accessor", None)
    if accessor is not None and not where and counted_keys(cls, "read", accessor) is not None:
        return accessible_count(session, cls, accessor)
    statement = sa.select(sa.func.count()).select_from(cls).where(*where)
    return session.scalar(statement) or 0


def _is_open_to(session: orm.Session, accessor: Accessor, mode: str) -> bool:
    """Tell whether the session would show all that `accessor` may touch in `mode`, and no less."""
    own = getattr(session, "accessor", None)
    if own is None:
        return True
    is_same = own.user_id == accessor.user_id and set(own.permissions) == set(accessor.permissions)
    return mode == "read" and is_same and own.narrowing == accessor.narrowing


def _merged(
    session: orm.Session,
    cls: Any,
    view: TableViewRequest,
    accessor: Accessor,
    mode: str,
    options: Sequence[Any],
) -> ListResponse[Any]:
    allowed = sa.select(cls).where(predicate_of(cls, mode, accessor))
    after: tuple[Any, ...] = ()
    if view.after_id is not None:
        after = as_identity(cls, view.after_id) or require_anchor(session, cls, allowed, view)
    statement = first_page(cls, mode, accessor, desc=view.desc, is_after=bool(after))
    assert statement is not None  # noqa: S101 (there was an estimate, hence there are grants)
    values = {
        ACCESSOR_ID: accessor.user_id,
        OFFSET: view.offset,
        LIMIT: view.limit + 1,
        ROWS: view.offset + view.limit + 1,
        **{f"{AFTER}_{number}": value for number, value in enumerate(after)},
    }
    wanted = statement.options(*options) if options else statement
    found = list(session.scalars(wanted, values).unique())
    if after and not found:
        require_anchor(session, cls, allowed, view)
    return cut(cls, found, view)
