"""Forgetting: a commit that changes who is who makes this process forget what it looked up."""

import hashlib
import threading
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm

from baselayer.app.config.lookups import LookupSettings
from baselayer.app.identity.accounts import Account, UserProfile
from baselayer.app.identity.groups import Group, GroupUser
from baselayer.app.identity.remembering import Remembered
from baselayer.app.identity.roles import RoleACL
from baselayer.app.identity.shared_memory import RedisClient
from baselayer.app.identity.users import User, UserACL, UserRole

# What answers are made of: a commit that touched any of these forgets them all.
WATCHED: list[type[Any]] = [
    *(Account, UserProfile, User, UserRole, UserACL, RoleACL, Group, GroupUser)
]
CHANGED = "who is who was changed"  # a key of `Session.info`


class _Process:
    """What this process remembers, by the address of the database."""

    lock = threading.Lock()
    settings = LookupSettings()
    redis: RedisClient | None = None
    remembered: dict[str, Remembered] = {}


def remember_by(settings: LookupSettings, redis: RedisClient | None = None) -> None:
    """Remember as `settings` say from now on, shared in `redis` if there is one."""
    with _Process.lock:
        _Process.settings, _Process.redis = settings, redis
        _Process.remembered = {}


def remembered_of(engine: sa.Engine) -> Remembered:
    """Return what is remembered of the database that `engine` leads to."""
    url = engine.url  # whoever logs in there reads the same
    address = repr((url.host, url.port, url.database, sorted(url.query.items())))
    with _Process.lock:
        found = _Process.remembered.get(address)
        if found is None:
            prefix = f"baselayer:{hashlib.sha256(address.encode()).hexdigest()[:16]}"
            found = _Process.remembered[address] = Remembered(
                _Process.settings, prefix, _Process.redis
            )
        return found


def forget_lookups() -> None:
    """Forget every look-up, of every database: for what learns that grants have changed elsewhere.

    It waits for nothing, so the event loop may call it.
    """
    with _Process.lock:
        known = list(_Process.remembered.values())
    for remembered in known:
        remembered.forget_soon()


def watch(*classes: type[Any]) -> None:
    """Forget at a commit that touched any of these as well: for look-ups of other rooms."""
    WATCHED.extend(cls for cls in classes if cls not in WATCHED)


def has_changed(session: orm.Session) -> bool:
    """Tell whether the session's transaction has written what look-ups read, or is about to."""
    if session.info.get(CHANGED):
        return True
    waiting = (*session.new, *session.dirty, *session.deleted)
    return any(isinstance(record, tuple(WATCHED)) for record in waiting)


@event.listens_for(orm.Session, "after_flush")
def _note_flush(session: orm.Session, context: Any) -> None:
    written = (*session.new, *session.dirty, *session.deleted)
    if any(isinstance(record, tuple(WATCHED)) for record in written):
        session.info[CHANGED] = True


@event.listens_for(orm.Session, "do_orm_execute")
def _note_statement(state: orm.ORMExecuteState) -> None:
    if state.is_select:
        return
    mapper = state.bind_mapper
    if mapper is None or issubclass(mapper.class_, tuple(WATCHED)):
        state.session.info[CHANGED] = True


@event.listens_for(orm.Session, "after_transaction_end")
def _forget(session: orm.Session, transaction: orm.SessionTransaction) -> None:
    """Forget when the outermost transaction has ended, however it did: that is always right."""
    if transaction.parent is None and session.info.pop(CHANGED, False):
        bind = session.get_bind(sa.inspect(User))
        remembered_of(bind.engine).forget()
