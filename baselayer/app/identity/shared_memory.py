"""SharedMemory: the same answers in a Redis, for all processes; optional, and never relied on."""

import asyncio
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.util.concurrency import await_only, in_greenlet

from baselayer.log import make_log

log = make_log("lookups")

T = TypeVar("T")

TIMEOUT_SECONDS = 0.5
REST_SECONDS = 5.0  # how long a Redis that failed is left alone
GENERATION_LIFETIME_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class RedisClient:
    """A client of the package redis, which is optional, and what it raises when it fails.

    Make it with `TIMEOUT_SECONDS` for its socket, so that a Redis that hangs holds nobody up.
    """

    client: Any
    failures: tuple[type[BaseException], ...]


class SharedMemory:
    """Answers as bytes, under a generation that is replaced to forget them all at once.

    A Redis that does not answer is as good as an empty one: what fails is logged and passed over.
    """

    def __init__(self, redis: RedisClient, prefix: str) -> None:
        self._client, self._failures = redis.client, redis.failures
        self._prefix = prefix
        self._resting_until = 0.0

    def generation(self) -> str | None:
        """Return the generation in force, a new one when there is none; None when Redis fails."""
        return self._tried(self._generation)

    def get(self, generation: str, question: str) -> tuple[bytes, float] | None:
        """Return an answer and for how many more seconds it is good."""
        return self._tried(lambda: self._get(self._key(generation, question)))

    def keep(
        self, generation: str, question: str, answer: bytes, *, lifetime_seconds: float
    ) -> None:
        """Keep an answer that was read in `generation`: in a later one nobody finds it."""
        key, milliseconds = self._key(generation, question), math.ceil(lifetime_seconds * 1000)
        self._tried(lambda: self._client.set(key, answer, px=milliseconds))

    def drop(self, generation: str, question: str) -> None:
        """Forget one answer."""
        self._tried(lambda: self._client.delete(self._key(generation, question)))

    def forget(self) -> None:
        """Forget everything, for every process."""
        self._tried(self._begin_generation)

    def _key(self, generation: str, question: str) -> str:
        return f"{self._prefix}:{generation}:{question}"

    def _generation(self) -> str:
        found: bytes | None = self._client.get(f"{self._prefix}:generation")
        return found.decode() if found is not None else self._begin_generation()

    def _begin_generation(self) -> str:
        # Random, not counted: a count that Redis has lost would begin again among old answers.
        new = secrets.token_hex(8)
        self._client.set(f"{self._prefix}:generation", new, ex=GENERATION_LIFETIME_SECONDS)
        return new

    def _get(self, key: str) -> tuple[bytes, float] | None:
        answer, milliseconds = self._client.pipeline().get(key).pttl(key).execute()
        return None if answer is None or milliseconds <= 0 else (answer, milliseconds / 1000)

    def _tried(self, ask: Callable[[], T]) -> T | None:
        if time.monotonic() < self._resting_until:
            return None
        try:
            return aside(ask)
        except self._failures as error:
            self._resting_until = time.monotonic() + REST_SECONDS
            log.warning(f"Redis does not answer, so look-ups do without it: {type(error).__name__}")
            return None


def aside(ask: Callable[[], T]) -> T:
    """Call `ask`; within a coroutine in a thread, so that the event loop goes on."""
    if in_greenlet():
        found: T = await_only(asyncio.to_thread(ask))
        return found
    return ask()
