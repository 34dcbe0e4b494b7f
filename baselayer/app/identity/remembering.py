"""Remembering: the answers of look-ups about one database, in this process and in a Redis."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

import msgspec

from baselayer.app.config.lookups import LookupSettings
from baselayer.app.identity.memory import Memory
from baselayer.app.identity.shared_memory import RedisClient, SharedMemory

# A frozen dataclass of plain values; see `facts`.
F = TypeVar("F")


@dataclass(frozen=True)
class Question:
    """What is looked up: the name of a look-up and its argument, which is always of one type."""

    name: str
    argument: int | str | None = None

    def __str__(self) -> str:
        return msgspec.json.encode([self.name, self.argument]).decode()


@dataclass(frozen=True)
class Loaded(Generic[F]):
    """An answer from the database, and whether it is of what is committed and nothing else."""

    answer: F | None
    is_committed: bool


@dataclass
class Remembered:
    """What is known of one database; `prefix` tells it from others in the same Redis."""

    settings: LookupSettings
    prefix: str
    redis: RedisClient | None = None
    memory: Memory = field(init=False)
    _is_doubtful: bool = False  # what is shared may be outdated, and nobody has said so there yet

    def __post_init__(self) -> None:
        self.memory = Memory(self.settings.max_entries)

    @cached_property
    def shared(self) -> SharedMemory | None:
        """Return what all processes share, if there is a Redis."""
        return SharedMemory(self.redis, self.prefix) if self.redis is not None else None

    def answer(self, question: Question, kind: type[F], load: Callable[[], Loaded[F]]) -> F | None:
        """Return what is remembered, or else what `load` finds; absence is never remembered."""
        kept: F | None = self.memory.get(question)
        if kept is not None:
            return kept
        if self._is_doubtful:
            self.forget()
        # Both are noted before anything is read, so that what is forgotten meanwhile stays so.
        generation, agreed = self.memory.generation, self._agreed()
        found = self._shared_answer(question, kind, agreed)
        answer, seconds = found or (None, self.settings.lifetime_seconds)
        if answer is None:
            loaded = load()
            if loaded.answer is None or not loaded.is_committed:
                return loaded.answer
            answer = loaded.answer
            self._share(question, answer, agreed)
        self.memory.keep(question, answer, generation=generation, lifetime_seconds=seconds)
        return answer

    def forget(self) -> None:
        """Forget everything, in all processes that share a Redis with this one."""
        self._is_doubtful = False
        self.memory.forget()
        if self.shared is not None:
            self.shared.forget()

    def forget_soon(self) -> None:
        """Forget all here now, and what is shared before it is read again; waits for nothing."""
        self._is_doubtful = True
        self.memory.forget()

    def forget_one(self, question: Question) -> None:
        """Forget one answer."""
        self.memory.drop(question)
        agreed = self._agreed()
        if self.shared is not None and agreed is not None:
            self.shared.drop(agreed, str(question))

    def _agreed(self) -> str | None:
        """Return the generation of what is shared; None when nothing is."""
        return self.shared.generation() if self.shared is not None else None

    def _shared_answer(
        self, question: Question, kind: type[F], agreed: str | None
    ) -> tuple[F, float] | None:
        if self.shared is None or agreed is None:
            return None
        found = self.shared.get(agreed, str(question))
        try:
            return found and (msgspec.json.decode(found[0], type=kind), found[1])
        except msgspec.MsgspecError:  # of another version of this program
            return None

    def _share(self, question: Question, answer: object, agreed: str | None) -> None:
        seconds = self.settings.lifetime_seconds
        if self.shared is not None and agreed is not None and seconds > 0:
            encoded = msgspec.json.encode(answer)
            self.shared.keep(agreed, str(question), encoded, lifetime_seconds=seconds)
