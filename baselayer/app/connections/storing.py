"""Storing: a connection is made, changed and copied as its schemas say; nothing is dialled."""

from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, SecretStr
from sqlalchemy import orm

from baselayer.app.connections.credentials import seal_secrets
from baselayer.app.connections.models import SLOTS, ConnectionBase, SqlConnection
from baselayer.app.connections.places import settle_changes, settle_place
from baselayer.app.connections.ways import NONE, refuse_misplaced
from baselayer.app.errors import InvalidRequestError
from baselayer.app.schemas.connection_fields import SshJump
from baselayer.app.schemas.connections import ConnectionCreate, ConnectionUpdate
from baselayer.app.sealing.ring import KeyRing

SECRETS = frozenset(SLOTS)
LONGEST_NAME = 255

# What a copy has of the original.
COPIED = tuple(name for name in ConnectionCreate.model_fields if name not in {*SECRETS, "name"})
# Where a secret may be sent to.
PLACES = ("authentication_method", "host", "proxy_host", "ssh_host")


def make_connection(
    session: orm.Session, asked: ConnectionCreate, ring: KeyRing, *, owner_id: int, account_id: int
) -> SqlConnection:
    """Store a new connection, its secrets sealed, and return it."""
    values = settle_place(asked.model_dump(exclude=set(SECRETS)))
    entered = _entered(asked)
    refuse_misplaced(values, entered)
    record = SqlConnection(**values, owner_id=owner_id, account_id=account_id)
    session.add(record)
    session.flush()
    seal_secrets(record, ring, **entered)
    return record


def change_connection(record: SqlConnection, asked: ConnectionUpdate, ring: KeyRing) -> None:
    """Change a connection; its secrets stay where they were entered for, or are cleared."""
    sent = asked.model_dump(exclude_unset=True, exclude=set(SECRETS))
    changes = settle_changes(record, sent) if sent else {}
    for name, value in changes.items():
        setattr(record, name, value)
    entered = _entered(asked)
    refuse_misplaced({name: getattr(record, name) for name in PLACES}, entered)
    if record.authentication_method == NONE:
        record.sealed_password = None
    seal_secrets(record, ring, **entered)


def clone_connection(
    session: orm.Session,
    original: SqlConnection,
    *,
    owner_id: int,
    account_id: int,
    name: str | None = None,
) -> SqlConnection:
    """Store a copy that belongs to somebody else, or to the same; it has no secret.

    Neither is it shared with anybody.
    """
    values = {field: getattr(original, field) for field in COPIED}
    values["ssh_jumps"] = [
        {name: jump.get(name) for name in SshJump.model_fields} for jump in original.ssh_jumps
    ]
    chosen = name or _free_name(session, original.name, owner_id, account_id)
    record = SqlConnection(**values, name=chosen, owner_id=owner_id, account_id=account_id)
    session.add(record)
    session.flush()
    return record


def manifest_of(record: SqlConnection) -> dict[str, Any]:
    """Return what `make_connection` would make it of, without secrets and what is as by default."""
    fields = ConnectionCreate.model_fields
    values = {name: getattr(record, name) for name in ("name", *COPIED)}
    # A file has nothing where a server has these.
    values |= {} if record.host else dict.fromkeys(("host", "port"))
    return {
        name: value
        for name, value in values.items()
        if fields[name].is_required() or value != fields[name].default
    }


def _entered(asked: BaseModel) -> dict[str, str | None]:
    """Return the secrets that came with a request; null is one to be cleared."""
    found: dict[str, SecretStr | None] = {
        name: getattr(asked, name) for name in asked.model_fields_set & SECRETS
    }
    return {
        name: None if value is None else value.get_secret_value() for name, value in found.items()
    }


def _free_name(session: orm.Session, name: str, owner_id: int, account_id: int) -> str:
    """Return "<name> (clone)", or the first of "(clone 2)", "(clone 3)", … that is free."""
    owned = sa.select(ConnectionBase.name).where(
        ConnectionBase.owner_id == owner_id, ConnectionBase.account_id == account_id
    )
    taken = set(session.scalars(owned))
    for number in range(1, len(taken) + 2):
        suffix = " (clone)" if number == 1 else f" (clone {number})"
        found = name[: LONGEST_NAME - len(suffix)] + suffix
        if found not in taken:
            return found
    raise InvalidRequestError("Every name for a copy is taken: say which name it gets.")
