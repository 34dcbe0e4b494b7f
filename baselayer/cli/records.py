"""What the operator does with connections and saved queries, each with its line in the audit."""

from typing import Any, Literal, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.connections import storing
from baselayer.app.connections.models import GroupConnection, SqlConnection
from baselayer.app.connections.storing import change_connection, make_connection
from baselayer.app.errors import InvalidRequestError, NotFoundError
from baselayer.app.queries.models import GroupQuery, Query
from baselayer.app.schemas.connections import ConnectionCreate, ConnectionUpdate
from baselayer.app.schemas.queries import QueryCreate
from baselayer.cli.desk import Desk, checked
from baselayer.cli.people import find_group, find_user

Shared = TypeVar("Shared", SqlConnection, Query)


def create_connection(desk: Desk, owner: str, **values: Any) -> SqlConnection:
    """Store a connection, its secrets sealed; `values` are the fields of ConnectionCreate."""
    asked = checked(ConnectionCreate, **values)
    ids = {"owner_id": find_user(desk, owner).id, "account_id": desk.account_id}
    record = make_connection(desk.session, asked, desk.key_ring, **ids)
    desk.note("connection.create", record, name=record.name, owner=owner)
    return record


def update_connection(desk: Desk, record: SqlConnection, **values: Any) -> None:
    """Change a connection; `values` are the fields of ConnectionUpdate."""
    change_connection(record, checked(ConnectionUpdate, **values), desk.key_ring)
    desk.session.flush()
    desk.note("connection.update", record, fields=sorted(values))


def clone_connection(
    desk: Desk, original: SqlConnection, owner: str, name: str | None
) -> SqlConnection:
    """Store a copy without secrets that belongs to `owner`."""
    ids = {"owner_id": find_user(desk, owner).id, "account_id": desk.account_id}
    record = storing.clone_connection(desk.session, original, **ids, name=name)
    desk.note("connection.clone", record, name=record.name, of=str(original.id), owner=owner)
    return record


def apply_connection(
    desk: Desk, owner: str, values: dict[str, Any]
) -> tuple[SqlConnection, Literal["stored", "changed"]]:
    """Make the connection of that name and owner as `values` say, or change it so.

    What they do not name is left as it is. The engine of one that is there stays.
    """
    wanted = sa.select(SqlConnection).where(
        SqlConnection.owner_id == find_user(desk, owner).id,
        SqlConnection.name == values.get("name"),
    )
    record = desk.session.scalars(wanted).one_or_none()
    if record is None:
        return create_connection(desk, owner, **values), "stored"
    changes = dict(values)
    if changes.pop("engine", record.engine) != record.engine:
        reason = f"it is {record.engine}: make another connection for another engine"
        raise InvalidRequestError(f"engine: {reason}. Nothing was changed.")
    update_connection(desk, record, **changes)
    return record, "changed"


def create_query(desk: Desk, owner: str, connection: SqlConnection, **values: Any) -> Query:
    """Store a query; `values` are the fields of QueryCreate but its connection."""
    asked = checked(QueryCreate, connection_id=connection.id, **values)
    user = find_user(desk, owner)
    record = Query(**asked.model_dump(), owner_id=user.id, account_id=desk.account_id)
    desk.add(record)
    desk.note("query.create", record, name=record.name, owner=owner)
    return record


def find_record(
    desk: Desk, model: type[Shared], name_or_id: str, *, owner: str | None = None
) -> Shared:
    """Return the record with that id or name; an owner says which, where several have one."""
    noun = getattr(model, "noun", model.__name__.lower())
    wanted = sa.select(model).options(orm.joinedload(model.owner))
    if owner is not None:
        wanted = wanted.where(model.owner_id == find_user(desk, owner).id)
    ident = _uuid(name_or_id)
    named = model.name == name_or_id if ident is None else model.id == ident
    found = list(desk.session.scalars(wanted.where(named)))
    if not found:
        of_owner = f" of {owner}" if owner is not None else ""
        raise NotFoundError(f"There is no {noun} {name_or_id!r}{of_owner}.")
    if len(found) > 1:
        owners = ", ".join(sorted(record.owner.username for record in found))
        raise NotFoundError(f"Several owners have a {noun} {name_or_id!r} ({owners}): say --owner.")
    return found[0]


def list_records(desk: Desk, model: type[Shared]) -> list[Shared]:
    """Return all records by name, with their owners."""
    wanted = sa.select(model).options(orm.joinedload(model.owner)).order_by(model.name, model.id)
    return list(desk.session.scalars(wanted))


def share_connection(
    desk: Desk, record: SqlConnection, group: str, *, can_run: bool, can_update: bool
) -> None:
    """Share a connection with a group, or change what the group may do with it."""
    rights = {"can_run": can_run, "can_update": can_update}
    _link(desk, GroupConnection, {"connection_id": record.id}, group, rights)
    desk.note("connection.share", record, group=group, **rights)


def share_query(desk: Desk, record: Query, group: str, *, can_update: bool) -> None:
    """Share a query with a group, or change whether the group may change it."""
    rights = {"can_update": can_update}
    _link(desk, GroupQuery, {"query_id": record.id}, group, rights)
    desk.note("query.share", record, group=group, **rights)


def unshare(desk: Desk, record: SqlConnection | Query, group: str) -> None:
    """Take a record from a group."""
    column = {"connection_id": record.id}
    model: Any = GroupConnection
    if isinstance(record, Query):
        column, model = {"query_id": record.id}, GroupQuery
    link = _found_link(desk, model, column, find_group(desk, group).id)
    if link is None:
        raise NotFoundError(f"{record.name!r} is not shared with the group {group!r}.")
    desk.session.delete(link)
    desk.note(f"{_noun(record)}.unshare", record, group=group)


def delete(desk: Desk, record: SqlConnection | Query) -> None:
    """Delete a record; with a connection go its queries."""
    desk.note(f"{_noun(record)}.delete", record, name=record.name)
    desk.session.delete(record)


def shares_of(desk: Desk, record: SqlConnection | Query) -> list[str]:
    """Return with which groups a record is shared, and how."""
    links: list[Any]
    if isinstance(record, Query):
        links = list(_links(desk, GroupQuery, {"query_id": record.id}))
    else:
        links = list(_links(desk, GroupConnection, {"connection_id": record.id}))
    return sorted(f"{link.group.name} ({', '.join(_rights(link))})" for link in links)


def _rights(link: Any) -> list[str]:
    names = [name for name in ("run", "update") if getattr(link, f"can_{name}", False)]
    return ["see", *names]


def _link(
    desk: Desk, model: Any, column: dict[str, Any], group: str, rights: dict[str, bool]
) -> None:
    group_id = find_group(desk, group).id
    link = _found_link(desk, model, column, group_id)
    if link is None:
        desk.add(model(**column, group_id=group_id, **rights))
        return
    for name, value in rights.items():
        setattr(link, name, value)


def _found_link(desk: Desk, model: Any, column: dict[str, Any], group_id: int) -> Any:
    return desk.session.scalar(sa.select(model).filter_by(**column, group_id=group_id))


def _links(desk: Desk, model: Any, column: dict[str, Any]) -> Any:
    return desk.session.scalars(
        sa.select(model).filter_by(**column).options(orm.joinedload(model.group))
    )


def _noun(record: SqlConnection | Query) -> str:
    return "query" if isinstance(record, Query) else "connection"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
