"""TableViewRequest applied: one page of a SELECT, by offset or by the id it goes on after."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.keys import as_identity
from baselayer.app.db.mixins.uuid import UUIDTableBaseMixin
from baselayer.app.db.verify import key_attributes
from baselayer.app.errors import InvalidRequestError
from baselayer.app.schemas.paging import ListResponse, TableViewRequest, TimeFilterRequest


def within_times(cls: Any, statement: sa.Select[Any], view: TimeFilterRequest) -> sa.Select[Any]:
    """Return `statement` limited to the times that `view` names."""
    limits = [
        (view.created_after_datetime, cls.created_at.__ge__),
        (view.created_before_datetime, cls.created_at.__lt__),
        (view.updated_after_datetime, cls.modified.__ge__),
        (view.updated_before_datetime, cls.modified.__lt__),
    ]
    return statement.where(*(compare(moment) for moment, compare in limits if moment is not None))


def page_of(
    session: orm.Session,
    cls: Any,
    statement: sa.Select[Any],
    view: TableViewRequest,
    *,
    total: int | None = None,
) -> ListResponse[Any]:
    """Return the page of `statement` that `view` asks for, times included.

    The anchor `after_id` is looked up under the WHERE of `statement`: one that is absent and one
    that may not be seen get the same InvalidRequestError, so a cursor tells nothing. Ordered by
    `updated_at`, which changes under the reader, a page has no `next`: go on by offset.
    """
    keys = sort_keys(cls, view)
    ordered = within_times(cls, statement, view).order_by(None)
    ordered = ordered.order_by(*(key.desc() if view.desc else key.asc() for key in keys))
    if view.after_id is None:
        return listed(session, cls, ordered, view, total=total)
    anchor, is_there = anchor_of(session, cls, statement, view)
    ordered = ordered.where(is_there, _beyond(keys, anchor, view.desc))
    found = listed(session, cls, ordered, view, total=total)
    if not found.items:
        require_anchor(session, cls, statement, view)
    return found


def listed(
    session: orm.Session,
    cls: Any,
    ordered: sa.Select[Any],
    view: TableViewRequest,
    *,
    total: int | None = None,
) -> ListResponse[Any]:
    """Return the page that `view` cuts out of `ordered`."""
    # One more than asked for tells whether there is a next page.
    found = list(session.scalars(ordered.offset(view.offset).limit(view.limit + 1)).unique())
    return cut(cls, found, view, total=total)


def cut(
    cls: Any, found: list[Any], view: TableViewRequest, *, total: int | None = None
) -> ListResponse[Any]:
    """Return the page of `found`, which holds one record more when there is a next page."""
    items = found[: view.limit]
    has_cursor = view.order != "updated_at" and len(key_attributes(cls)) == 1
    goes_on = len(found) > view.limit and has_cursor
    return ListResponse(items=items, total=total, next=str(items[-1].id) if goes_on else None)


def count_of(
    session: orm.Session, cls: Any, statement: sa.Select[Any], view: TableViewRequest
) -> int:
    """Return how many records all the pages of `statement` have together."""
    wanted = (
        within_times(cls, statement, view).order_by(None).with_only_columns(*key_attributes(cls))
    )
    return session.scalar(sa.select(sa.func.count()).select_from(wanted.subquery())) or 0


def has_times(view: TableViewRequest) -> bool:
    """Tell whether `view` limits the times."""
    names = ("created_after", "created_before", "updated_after", "updated_before")
    return any(getattr(view, f"{name}_datetime") is not None for name in names)


def sort_keys(cls: Any, view: TableViewRequest) -> list[Any]:
    """Return what `view` orders records of `cls` by; the last ones are the primary key."""
    columns = {"created_at": cls.created_at, "updated_at": cls.modified}
    if view.order == "created_at" and issubclass(cls, UUIDTableBaseMixin):
        return [cls.id]  # a UUIDv7 is in the order of creation, and has an index
    first = [columns[view.order]] if view.order in columns else []
    return [*first, *key_attributes(cls)]


def anchor_of(
    session: orm.Session, cls: Any, statement: sa.Select[Any], view: TableViewRequest
) -> tuple[tuple[Any, ...], sa.ColumnElement[bool]]:
    """Return what the record `after_id` is sorted by, and the condition that it may be seen.

    In the order of the key the page itself asks for that, in the same round trip: without its
    anchor it is empty, and `require_anchor` says why. Else the anchor has to be read beforehand.
    """
    identity = as_identity(cls, view.after_id)
    if identity is None or len(sort_keys(cls, view)) > 1:
        return require_anchor(session, cls, statement, view), sa.true()
    there: sa.Select[Any] = _at(cls, statement, identity).with_only_columns(sa.literal_column("1"))
    return identity, there.correlate(None).exists()


def require_anchor(
    session: orm.Session, cls: Any, statement: sa.Select[Any], view: TableViewRequest
) -> tuple[Any, ...]:
    """Return what the record `after_id` is sorted by, looked up under the WHERE of `statement`."""
    row = None
    identity = as_identity(cls, view.after_id)
    if identity is not None:
        found = _at(cls, statement, identity).with_only_columns(*sort_keys(cls, view))
        row = session.execute(found).first()
    if row is None:
        raise InvalidRequestError(
            "The list cannot go on after that id: start again from its first page.",
            fields={"after_id": "no such record in this list"},
        )
    return tuple(row)


def _at(cls: Any, statement: sa.Select[Any], identity: tuple[Any, ...]) -> sa.Select[Any]:
    """Return `statement` for the one record of this single key."""
    (key,) = key_attributes(cls)
    return statement.order_by(None).where(key == identity[0])


def _beyond(keys: list[Any], anchor: tuple[Any, ...], desc: bool) -> sa.ColumnElement[bool]:
    there = [sa.bindparam(None, v, k.type) for k, v in zip(keys, anchor, strict=True)]
    if len(keys) == 1:  # a row of one value would hide its index
        beyond: sa.ColumnElement[bool] = keys[0] < there[0] if desc else keys[0] > there[0]
        return beyond
    return sa.tuple_(*keys) < sa.tuple_(*there) if desc else sa.tuple_(*keys) > sa.tuple_(*there)
