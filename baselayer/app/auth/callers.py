"""Callers: who is calling, known without a query for as long as nobody's rights have changed."""

from collections import OrderedDict
from dataclasses import replace
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from baselayer.app.auth.changes import RightsWatch
from baselayer.app.auth.identify import KnownToken, find_token, invalid_token, note_use, token_of
from baselayer.app.auth.sessions import (
    BrowserSession,
    KnownSession,
    ended,
    find_session,
    is_possible,
    note_seen,
)
from baselayer.app.auth.throttle import Throttle
from baselayer.app.config.login import LoginSettings
from baselayer.app.db.types import utcnow
from baselayer.app.identity.principals import Principal
from baselayer.app.identity.sessions import session_hash_of
from baselayer.app.identity.tokens import hash_of, is_well_formed

V = TypeVar("V")

KEPT_CALLERS = 10_000  # some 2 kB each


class Kept(Generic[V]):
    """What was read lately, by key; the least used goes first."""

    def __init__(self, watch: RightsWatch, size: int = KEPT_CALLERS) -> None:
        self._watch = watch
        self._size = size
        self._found: OrderedDict[str, tuple[int, V]] = OrderedDict()

    def get(self, key: str) -> V | None:
        """Return what is kept under `key`, if nothing has changed since it was read."""
        found = self._found.get(key)
        if found is None or found[0] != self._watch.generation or not self._watch.is_trusted():
            return None
        self._found.move_to_end(key)
        return found[1]

    def put(self, key: str, value: V, generation: int) -> None:
        """Keep what was asked for in `generation`: a change since then may not be in it."""
        self._found[key] = generation, value
        self._found.move_to_end(key)
        if len(self._found) > self._size:
            self._found.popitem(last=False)

    def drop(self, key: str) -> None:
        """Forget what is kept under `key`."""
        self._found.pop(key, None)

    def has_had(self, key: str) -> bool:
        """Tell whether `key` was good when it was last asked for, however long ago."""
        return key in self._found


class Callers:
    """Tells who is calling, by token or by the cookie of a browser's session.

    Time is looked at on every call: expiry needs no change of anything.
    """

    def __init__(self, engine: AsyncEngine, settings: LoginSettings, throttle: Throttle) -> None:
        self.watch = RightsWatch()
        self._engine = engine
        self._settings = settings
        self._throttle = throttle
        self._tokens: Kept[KnownToken] = Kept(self.watch)
        self._sessions: Kept[KnownSession] = Kept(self.watch)

    async def by_token(self, authorization: str | None, address: str | None) -> Principal:
        """Return who sent `authorization` from `address`; raises as `identify` does.

        TokenLimitedError while too many tokens that are none have come from that address.
        """
        value = token_of(authorization)
        key = hash_of(value)
        known = self._tokens.get(key) or await self._find_token(value, key, address)
        now = utcnow()
        principal = known.judged(address, now)
        if known.is_use_worth_noting(now):
            self._note(self._tokens, key, replace(known, last_used_at=now))
            await note_use(self._engine, known, now)
        return principal

    async def by_cookie(self, value: str) -> BrowserSession:
        """Return the session whose cookie holds `value`; SessionEndedError when there is none."""
        if not is_possible(value):
            raise ended()
        key, now = session_hash_of(value), utcnow()
        known = self._sessions.get(key)
        if known is None or not known.is_alive(now, self._settings):
            known = await self._find_session(value, key)
        if known.is_use_worth_noting(now):
            self._note(self._sessions, key, replace(known, last_seen_at=now))
            await note_seen(self._engine, known, now)
        return known.at(now)

    async def _find_token(self, value: str, key: str, address: str | None) -> KnownToken:
        if not self._tokens.has_had(key):
            self._throttle.require_open(address)
        generation = self.watch.generation
        known = await find_token(self._engine, key) if is_well_formed(value) else None
        if known is None:
            self._tokens.drop(key)
            self._throttle.count(address)
            raise invalid_token()
        self._tokens.put(key, known, generation)
        return known

    async def _find_session(self, value: str, key: str) -> KnownSession:
        generation = self.watch.generation
        self._sessions.drop(key)
        known = await find_session(self._engine, value, self._settings)
        self._sessions.put(key, known, generation)
        return known

    def _note(self, kept: Kept[V], key: str, known: V) -> None:
        """Keep when a caller was seen, if he is kept at all."""
        if kept.get(key) is not None:
            kept.put(key, known, self.watch.generation)
