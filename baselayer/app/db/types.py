"""Column types and keys: aware UTC times, slugs, UUID version 7."""

import re
import secrets
import threading
import time
import unicodedata
import uuid
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


def utcnow() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


now = utcnow


def now_date() -> date:
    """Return the present day in UTC."""
    return utcnow().date()


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: stored with time zone, always aware UTC in Python; a naive value is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} is naive: say which moment, with a time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


class SlugifiedStr(TypeDecorator[str]):
    """Text stored as a slug: lower-case ASCII letters and digits joined by single hyphens."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else slugify(value)


def slugify(text: str) -> str:
    """Return `text` as a slug; dots, `@` and underscores of user names are kept."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9.@_]+", "-", plain.lower()).strip("-")


class _Clock:
    """The last UUIDv7 timestamp and counter handed out in this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.milliseconds = 0
        self.counter = 0

    def tick(self) -> tuple[int, int]:
        with self.lock:
            now = time.time_ns() // 1_000_000
            if now > self.milliseconds:
                self.milliseconds, self.counter = now, secrets.randbits(11)
            elif self.counter < 0xFFF:
                self.counter += 1
            else:
                self.milliseconds, self.counter = self.milliseconds + 1, 0
            return self.milliseconds, self.counter


_clock = _Clock()


def uuid7() -> uuid.UUID:
    """Return a UUID version 7, increasing within this process (RFC 9562, 5.7 and 6.2 method 1).

    It tells when it was made, so it is an identifier and never a secret.
    """
    milliseconds, counter = _clock.tick()
    value = (milliseconds << 80) | (0x7 << 76) | (counter << 64) | (0b10 << 62)
    return uuid.UUID(int=value | secrets.randbits(62))


Json = dict[str, Any]
