"""Tokens over HTTP: list, make, delete."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession

from baselayer.app.access import auth_or_token
from baselayer.app.db.finding import find
from baselayer.app.db.types import utcnow
from baselayer.app.errors import AccessError, InvalidRequestError
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.handlers.narrowing import refuse_narrowed, require_named, within_own
from baselayer.app.identity.tokens import RUN_TOKEN_PREFIX, Token, TokenACL, hash_of, new_value
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.identity import TokenCreate, TokenCreated, TokenRead


class TokensHandler(BaseHandler):
    """The caller's tokens."""

    @auth_or_token
    @operation("List your tokens, without their values", response=list[TokenRead])
    async def get(self) -> None:
        async with self.services.reading(self.caller) as session:
            statement = Token.select(self.caller, options=[orm.selectinload(Token.acls)])
            tokens = await session.scalars(
                statement.where(Token.created_by_id == self.caller.user_id).order_by(Token.id)
            )
        self.success([_shown(token) for token in tokens])

    @auth_or_token
    @operation(
        "Make a token; its value is shown this once",
        request=TokenCreate,
        response=TokenCreated,
        status=201,
    )
    async def post(self) -> None:
        asked = self.read_body(TokenCreate)
        asked.permissions = sorted(set(asked.permissions))
        refuse_narrowed(self.caller)
        self._require_own(asked.permissions)
        addresses = within_own(self.caller, asked.allowed_addresses)
        value = new_value()
        async with self.writing() as session:
            await self._require_lasting(session)
            await session.run_sync(require_named, asked, self.caller)
            token = Token(
                name=asked.name,
                created_by_id=self.caller.user_id,
                account_id=self.caller.account_id,
                value_hash=hash_of(value),
                expires_at=self._expiry(asked.expires_at),
                connection_ids=asked.connection_ids,
                query_ids=asked.query_ids,
                allowed_addresses=addresses,
            )
            session.add(token)
            await session.flush()
            session.add_all(TokenACL(token_id=token.id, acl_id=acl) for acl in asked.permissions)
            details = asked.model_dump(mode="json", exclude={"expires_at"})
            session.add(self.event("token.create", token, **details))
        created = TokenCreated(**_columns(token), permissions=asked.permissions, value=value)
        self.success(created, status=201)

    def _require_own(self, names: list[str]) -> None:
        beyond = sorted(set(names) - self.caller.permissions)
        if beyond:
            raise AccessError(
                f"You do not have {beyond[0]!r} here, so you cannot give it to a token.",
                permissions=beyond,
            )

    async def _require_lasting(self, session: AsyncSession) -> None:
        """Refuse a script whose token dies with its run: another one would outlive it."""
        wanted = sa.select(Token.name).where(Token.id == self.caller.token_id)
        name = await session.scalar(wanted)
        if name is not None and name.startswith(RUN_TOKEN_PREFIX):
            raise AccessError("The token of a script's run cannot make another: it ends with it.")

    def _expiry(self, wished: datetime | None) -> datetime:
        """Return until when the new token is good: within the server's bound and the caller's own.

        A token that makes another must not outlive itself through it.
        """
        settings, now = self.services.config.settings.tokens, utcnow()
        latest = now + timedelta(days=settings.max_lifetime_days)
        own = self.caller.token_expires_at
        latest = min(latest, own) if own is not None else latest
        if wished is not None and not now < wished <= latest:
            raise InvalidRequestError(
                f"expires_at must lie between now and {latest:%Y-%m-%d %H:%M} UTC, the longest "
                "that the server and your own token allow.",
                fields={"expires_at": "too far away, or past"},
            )
        return wished or min(now + timedelta(days=settings.lifetime_days), latest)


class TokenHandler(BaseHandler):
    """One token."""

    @auth_or_token
    @operation("Delete a token; it stops working at once")
    async def delete(self, id: str) -> None:
        async with self.writing() as session:
            token = await session.run_sync(find, Token, id, self.caller, "delete")
            session.add(self.event("token.delete", token, name=token.name))
            await session.delete(token)
        self.success()


def _shown(token: Token) -> TokenRead:
    return TokenRead(**_columns(token), permissions=sorted(acl.id for acl in token.acls))


def _columns(token: Token) -> dict[str, Any]:
    names = TokenRead.model_fields.keys() - {"permissions"}
    return {name: getattr(token, name) for name in names}


routes = [
    Route("/api/tokens", TokensHandler),
    Route("/api/tokens/{id}", TokenHandler),
]
