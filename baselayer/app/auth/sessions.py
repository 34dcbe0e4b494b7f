"""Sessions: from a browser's cookie to a principal, and how sessions begin and end."""

import hashlib
import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from baselayer.app.config.login import LoginSettings
from baselayer.app.db.types import utcnow
from baselayer.app.errors import SessionEndedError
from baselayer.app.identity.accounts import Account
from baselayer.app.identity.principals import Principal, at_moment, permissions_of_user
from baselayer.app.identity.sessions import LoginSession, new_session_value, session_hash_of
from baselayer.app.identity.users import User

LAST_SEEN_ROUNDED_TO = timedelta(minutes=1)
LONGEST_VALUE = 200

_found = (
    sa.select(
        LoginSession.id,
        LoginSession.account_id,
        LoginSession.created_at,
        LoginSession.last_seen_at,
        User.id.label("user_id"),
        User.username,
        User.expiration_date,
        User.deactivated_at,
        Account.is_active,
        sa.func.array(permissions_of_user(User.id).scalar_subquery()).label("acls"),
    )
    .join(User, User.id == LoginSession.user_id)
    .join(Account, Account.id == LoginSession.account_id)
    .where(LoginSession.value_hash == sa.bindparam("value_hash"))
)


@dataclass(frozen=True)
class BrowserSession:
    """A session that is alive: whose it is, and what proves that our page sends a request."""

    id: int
    principal: Principal
    xsrf_token: str = field(repr=False)


@dataclass(frozen=True)
class KnownSession:
    """A session as it was read: what time makes of it is not in it."""

    session: BrowserSession
    user_expires_at: datetime | None
    created_at: datetime
    last_seen_at: datetime

    def is_alive(self, now: datetime, settings: LoginSettings) -> bool:
        """Tell whether it is neither too old nor idle for too long."""
        is_admin = self.session.principal.is_admin
        lifetime = settings.admin_lifetime_minutes if is_admin else settings.lifetime_minutes
        return now - self.last_seen_at < timedelta(
            minutes=settings.idle_minutes
        ) and now - self.created_at < timedelta(minutes=lifetime)

    def at(self, now: datetime) -> BrowserSession:
        """Return the session with its user's rights at this moment."""
        found = self.session
        principal = at_moment(found.principal, self.user_expires_at, now)
        return found if principal is found.principal else replace(found, principal=principal)

    def is_use_worth_noting(self, now: datetime) -> bool:
        """Tell whether it was noted as seen a minute ago: not every request is a write."""
        return now - self.last_seen_at >= LAST_SEEN_ROUNDED_TO


def cookie_name(*, is_tls: bool) -> str:
    """Return the cookie's name; under TLS no other host and no path can have set such a one."""
    return "__Host-baselayer" if is_tls else "baselayer"


def xsrf_token_of(value: str) -> str:
    """Return the XSRF token of the session whose cookie holds `value`.

    Scripts of the page may know it: the cookie's value cannot be computed from it.
    """
    return hmac.new(value.encode("utf-8", "replace"), b"xsrf", hashlib.sha256).hexdigest()


async def identify_session(
    engine: AsyncEngine, value: str, settings: LoginSettings
) -> BrowserSession:
    """Return the session whose cookie holds `value`; SessionEndedError when there is none."""
    if not is_possible(value):
        raise ended()
    known, now = await find_session(engine, value, settings), utcnow()
    if known.is_use_worth_noting(now):
        await note_seen(engine, known, now)
    return known.at(now)


def is_possible(value: str) -> bool:
    """Tell whether a cookie could hold `value`."""
    return 0 < len(value) <= LONGEST_VALUE


async def find_session(engine: AsyncEngine, value: str, settings: LoginSettings) -> KnownSession:
    """Return the session that is alive, or end it and raise SessionEndedError."""
    async with engine.connect() as opened:
        connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
        parameters = {"value_hash": session_hash_of(value)}
        row = (await connection.execute(_found, parameters)).first()
        if row is None:
            raise ended()
        found = BrowserSession(row.id, _principal(row), xsrf_token_of(value))
        known = KnownSession(found, row.expiration_date, row.created_at, row.last_seen_at)
        may_be = row.deactivated_at is None and row.is_active
        if not (may_be and known.is_alive(utcnow(), settings)):
            await connection.execute(sa.delete(LoginSession).where(LoginSession.id == row.id))
            raise ended()
    return known


async def begin(
    connection: AsyncConnection,
    settings: LoginSettings,
    *,
    user_id: int,
    account_id: int,
    address: str | None,
) -> str:
    """Begin a session and return what its cookie holds; sessions long dead are swept away."""
    now, value = utcnow(), new_session_value()
    too_old = now - timedelta(minutes=settings.idle_minutes)
    await connection.execute(sa.delete(LoginSession).where(LoginSession.last_seen_at < too_old))
    row = {"user_id": user_id, "account_id": account_id, "address": address, "last_seen_at": now}
    await connection.execute(
        sa.insert(LoginSession).values(**row, value_hash=session_hash_of(value))
    )
    return value


async def end(connection: AsyncConnection, value: str | None) -> None:
    """End the session whose cookie holds `value`, if there is one."""
    if value is not None:
        ended = sa.delete(LoginSession).where(LoginSession.value_hash == session_hash_of(value))
        await connection.execute(ended)


async def end_all(connection: AsyncConnection, user_id: int) -> None:
    """End all sessions of a user."""
    await connection.execute(sa.delete(LoginSession).where(LoginSession.user_id == user_id))


def ended() -> SessionEndedError:
    """Return what is said of every session that is not alive."""
    return SessionEndedError("Your session has ended: log in again.")


async def note_seen(engine: AsyncEngine, known: KnownSession, now: datetime) -> None:
    """Note that the session is used."""
    seen = sa.update(LoginSession).where(LoginSession.id == known.session.id)
    async with engine.connect() as opened:
        connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(seen.values(last_seen_at=now, modified=LoginSession.modified))


def _principal(row: Any) -> Principal:
    return Principal(
        user_id=row.user_id,
        username=row.username,
        account_id=row.account_id,
        token_id=None,
        permissions=frozenset(row.acls),
    )
