"""Setup: the one-time link that the first administrator of an installation is made with."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from baselayer.app.audit.record import Event, record
from baselayer.app.auth.login import Entrance
from baselayer.app.auth.passwords import require_good, store_password
from baselayer.app.auth.sessions import begin
from baselayer.app.controls.accessor import SYSTEM_ADMIN
from baselayer.app.db.types import utcnow
from baselayer.app.errors import ConflictError, NotFoundError, SetupRefusedError
from baselayer.app.identity.accounts import Account
from baselayer.app.identity.passwords import UserPassword
from baselayer.app.identity.people import make_user, require_username
from baselayer.app.identity.principals import has_permission
from baselayer.app.identity.setup_links import SetupLink
from baselayer.app.identity.users import User

TOKEN_BYTES = 32
FIRST_ROLE = "Super admin"
LOCK = 0x7365_7475_70  # any number that is ours: "setup" in hexadecimal


def setup_needed() -> sa.Select[tuple[bool]]:
    """Return the SELECT of whether there is nobody who can log in and administer everything."""
    can_act = sa.or_(User.expiration_date.is_(None), User.expiration_date > utcnow())
    administrators = (
        sa.select(UserPassword.id)
        .join(User, User.id == UserPassword.user_id)
        .where(User.deactivated_at.is_(None), can_act, has_permission(User.id, SYSTEM_ADMIN))
    )
    return sa.select(~administrators.exists())


async def is_setup_needed(engine: AsyncEngine) -> bool:
    """Tell whether the first administrator is still to be made."""
    async with engine.connect() as connection:
        return bool(await connection.scalar(setup_needed()))


def new_setup_token(session: orm.Session, *, minutes: int) -> str | None:
    """Return the token of a new setup link, or None when an administrator can log in already."""
    if not session.scalar(setup_needed()):
        return None
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.execute(sa.delete(SetupLink).where(SetupLink.expires_at <= utcnow()))
    expires_at = utcnow() + timedelta(minutes=minutes)
    session.add(SetupLink(token_hash=_hash_of(token), expires_at=expires_at))
    session.commit()
    return token


async def set_up(
    entrance: Entrance, token: str, username: str, password: str, *, address: str | None
) -> str:
    """Make the first administrator and return the value of his session.

    NotFoundError when there is one, SetupRefusedError when `token` is not that of a live link.
    """
    await _require_live(entrance.engine, token, address)
    require_username(username)
    require_good(password, username=username)
    stored = await entrance.passwords.hashed(password)
    async with entrance.database.plain_async() as session:
        try:
            user_id, account_id = await session.run_sync(
                _make_first, token, username=username, password_hash=stored
            )
        except IntegrityError:
            raise ConflictError(
                "That name is taken: choose another one. Nothing was changed."
            ) from None
        connection = await session.connection()
        who: dict[str, Any] = {"user_id": user_id, "account_id": account_id, "address": address}
        value = await begin(connection, entrance.settings, **who)
        made = Event("setup", "allowed", object_type="User", object_id=str(user_id), **who)
        await connection.execute(made.insert())
        await session.commit()
    return value


def _make_first(
    session: orm.Session, token: str, *, username: str, password_hash: str
) -> tuple[int, int]:
    """Make the administrator if the link is still good; of many at once, one gets through."""
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    if not session.scalar(setup_needed()):
        raise _done()
    if session.scalar(_live(token)) is None:
        raise _refused()
    session.execute(sa.delete(SetupLink))
    account_id = session.scalars(sa.select(Account.id).where(Account.is_default)).one()
    user = make_user(session, account_id, username, roles=[FIRST_ROLE])
    store_password(session, user.id, password_hash)
    return user.id, account_id


async def _require_live(engine: AsyncEngine, token: str, address: str | None) -> None:
    """Refuse before anything costly is done."""
    # One statement, hence one snapshot: whoever comes second sees the administrator, not the end
    # of the link alone.
    asked = sa.select(setup_needed().scalar_subquery(), _live(token).exists())
    async with engine.connect() as connection:
        is_needed, is_live = (await connection.execute(asked)).one()
    if not is_needed:
        raise _done()
    if not is_live:
        refused = Event("setup", "refused", code=SetupRefusedError.code, address=address)
        await record(engine, refused)
        raise _refused()


def _live(token: str) -> sa.Select[tuple[int]]:
    return sa.select(SetupLink.id).where(
        SetupLink.token_hash == _hash_of(token), SetupLink.expires_at > utcnow()
    )


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _done() -> NotFoundError:
    return NotFoundError("There is nothing to set up: an administrator can log in already.")


def _refused() -> SetupRefusedError:
    return SetupRefusedError(
        "The setup link is not valid: it was used, is too old, or was mistyped. Restart the server "
        "for a new one."
    )
