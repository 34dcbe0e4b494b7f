"""Identification: from an Authorization header to a principal."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from baselayer.app.auth.addresses import is_from
from baselayer.app.db.types import utcnow
from baselayer.app.errors import (
    ExpiredTokenError,
    InvalidTokenError,
    TokenAddressError,
    UnauthenticatedError,
)
from baselayer.app.identity.accounts import Account
from baselayer.app.identity.principals import Principal, at_moment, permissions_of_token
from baselayer.app.identity.tokens import (
    RECORD_PERMISSIONS,
    Token,
    hash_of,
    is_well_formed,
    narrowing_of,
)
from baselayer.app.identity.users import User

SCHEMES = ("token", "bearer")
LAST_USED_ROUNDED_TO = timedelta(minutes=1)

_found = (
    sa.select(
        Token.id,
        Token.account_id,
        Token.expires_at,
        Token.last_used_at,
        Token.connection_ids,
        Token.query_ids,
        Token.allowed_addresses,
        User.id.label("user_id"),
        User.username,
        User.expiration_date,
        sa.func.array(permissions_of_token(Token.id, User.id).scalar_subquery()).label("acls"),
    )
    .join(User, User.id == Token.created_by_id)
    .join(Account, Account.id == Token.account_id)
    .where(Account.is_active, User.deactivated_at.is_(None))
    .where(Token.value_hash == sa.bindparam("value_hash"))
)


@dataclass(frozen=True)
class KnownToken:
    """A token that is one of ours, as it was read: what time and place make of it is not in it."""

    principal: Principal
    user_expires_at: datetime | None
    last_used_at: datetime | None

    def judged(self, address: str | None, now: datetime) -> Principal:
        """Return who calls with it from `address` at this moment, or refuse."""
        principal = self.principal
        until = principal.token_expires_at
        if until is not None and until <= now:
            raise ExpiredTokenError(
                f"The token expired at {until:%Y-%m-%d %H:%M} UTC: make a new one."
            )
        networks = principal.allowed_addresses
        if networks is not None and not is_from(address, networks):
            raise TokenAddressError(
                f"This token may not be used from {address or 'an unknown address'}, only from the "
                "networks that it was made for."
            )
        return at_moment(principal, self.user_expires_at, now)

    def is_use_worth_noting(self, now: datetime) -> bool:
        """Tell whether its last use is noted as a minute ago: not every request is a write."""
        return self.last_used_at is None or now - self.last_used_at >= LAST_USED_ROUNDED_TO


def token_of(authorization: str | None) -> str:
    """Return the token in an Authorization header, `token X` or `Bearer X` (RFC 6750, 2.1)."""
    scheme, _, value = (authorization or "").strip().partition(" ")
    if not authorization:
        raise UnauthenticatedError(
            'Say who is calling: send the header "Authorization: token bl_…".'
        )
    if scheme.lower() not in SCHEMES or not value.strip():
        raise UnauthenticatedError(
            'The Authorization header is not understood: its form is "Authorization: token bl_…".'
        )
    return value.strip()


async def identify(
    engine: AsyncEngine, authorization: str | None, address: str | None = None
) -> Principal:
    """Return who sent `authorization` from `address`.

    Raises UnauthenticatedError without a token, InvalidTokenError for one that is not ours or whose
    user was deactivated, ExpiredTokenError for one that has passed its time, TokenAddressError for
    one that may not be used from there.
    """
    value = token_of(authorization)
    if not is_well_formed(value):
        raise invalid_token()
    known, now = await find_token(engine, hash_of(value)), utcnow()
    if known is None:
        raise invalid_token()
    principal = known.judged(address, now)
    if known.is_use_worth_noting(now):
        await note_use(engine, known, now)
    return principal


async def find_token(engine: AsyncEngine, value_hash: str) -> KnownToken | None:
    """Return the token of that hash; None when there is none, or its user is deactivated."""
    async with engine.connect() as opened:
        connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
        row = (await connection.execute(_found, {"value_hash": value_hash})).first()
    if row is None:
        return None
    return KnownToken(_principal(row), row.expiration_date, row.last_used_at)


async def note_use(engine: AsyncEngine, known: KnownToken, now: datetime) -> None:
    """Note that the token is used."""
    used = sa.update(Token).where(Token.id == known.principal.token_id)
    async with engine.connect() as opened:
        connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(used.values(last_used_at=now, modified=Token.modified))


def invalid_token() -> InvalidTokenError:
    """Return what is said of every token that is not good, so that it tells nothing more."""
    return InvalidTokenError(
        "The token is not valid: it was mistyped or deleted, or its user is deactivated."
    )


def _principal(row: Any) -> Principal:
    narrowing, permissions = narrowing_of(row.connection_ids, row.query_ids), frozenset(row.acls)
    networks = row.allowed_addresses
    return Principal(
        user_id=row.user_id,
        username=row.username,
        account_id=row.account_id,
        token_id=row.id,
        permissions=permissions if narrowing is None else permissions & RECORD_PERMISSIONS,
        token_expires_at=row.expires_at,
        narrowing=narrowing,
        allowed_addresses=None if networks is None else tuple(networks),
    )
