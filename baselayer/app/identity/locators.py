"""Locators: a record's class and number in one word, as people paste it: `account-rMTAwMDAwMQx`."""

import base64
import binascii
import re
import uuid
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.dual import dual_function

R = TypeVar("R")

# The form is that of smarter's locators, so that links which people have kept stay readable.
FLOOR = 1_000_000
FORM = re.compile(r"([a-z]+)-0*r([A-Za-z0-9_-]+)x")
LARGEST_NUMBER = 2**31 - 1


def locator_of(record: Any) -> str:
    """Return the locator of a stored record. It hides nothing: who has it can read the id."""
    return f"{type(record).__name__.lower()}-{hashed_id_of(record.id)}"


def hashed_id_of(ident: int | uuid.UUID) -> str:
    """Return an id in one word; a number and a UUID never give the same."""
    raw = ident.bytes if isinstance(ident, uuid.UUID) else str(ident + FLOOR).encode()
    return f"r{base64.urlsafe_b64encode(raw).decode().rstrip('=')}x"


def id_in(locator: str, cls: type) -> int | uuid.UUID | None:
    """Return the id in a locator of `cls`; None when it is none, or one of another class."""
    found = FORM.fullmatch(locator)
    if found is None or found[1] != cls.__name__.lower():
        return None
    word = found[2]
    try:
        raw = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
        return uuid.UUID(bytes=raw) if _has_uuid(cls) else _number(raw)
    except (binascii.Error, ValueError):
        return None


def number_in(locator: str, cls: type) -> int | None:
    """Return the number in a locator of `cls`; None when it is none, or one of another class."""
    found = id_in(locator, cls)
    return found if isinstance(found, int) else None


@dual_function
def by_locator(session: orm.Session, cls: type[R], locator: str) -> R | None:
    """Return the record of `cls` that a locator names, as far as `session` may see it."""
    ident = id_in(locator, cls)
    if ident is None:
        return None
    gated: Any = cls
    found: R | None = session.scalar(sa.select(gated).where(gated.id == ident))
    return found


def _number(raw: bytes) -> int | None:
    number = int(raw.decode("ascii")) - FLOOR
    return number if 0 < number <= LARGEST_NUMBER else None


def _has_uuid(cls: type) -> bool:
    key: Any = sa.inspect(cls).primary_key[0]
    return isinstance(key.type, sa.Uuid)
