"""Links: whom a record is shared with, replaced as a whole."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.errors import NotFoundError
from baselayer.app.identity.groups import Group


def replace_links(
    session: orm.Session,
    link: Any,
    column: str,
    ident: Any,
    wanted: Mapping[int, Mapping[str, Any]],
) -> None:
    """Make the rows of `link` for record `ident` exactly those `wanted`, by group.

    NotFoundError for a group that does not exist or that the session's caller may not see.
    """
    rows = session.scalars(sa.select(link).where(getattr(link, column) == ident))
    present = {row.group_id: row for row in rows}
    _require_seen(session, wanted.keys() - present.keys())
    for group_id, row in present.items():
        if group_id not in wanted:
            session.delete(row)
    for group_id, values in wanted.items():
        row = present.get(group_id)
        if row is None:
            session.add(link(**{column: ident}, **values))
            continue
        for name, value in values.items():
            setattr(row, name, value)


def links_of(
    session: orm.Session, link: Any, column: str, ident: Any, names: Sequence[str]
) -> list[dict[str, Any]]:
    """Return columns `names` of the rows of `link` for record `ident` that the caller may see."""
    columns = [getattr(link, name) for name in names]
    statement = sa.select(*columns).where(getattr(link, column) == ident).order_by(link.group_id)
    return [dict(row._mapping) for row in session.execute(statement)]


def _require_seen(session: orm.Session, group_ids: Set[int]) -> None:
    seen = set(session.scalars(sa.select(Group.id).where(Group.id.in_(group_ids))))
    if group_ids - seen:
        raise NotFoundError(
            f"There is no group {min(group_ids - seen)}, or you may not see it. Nothing was "
            "changed."
        )
