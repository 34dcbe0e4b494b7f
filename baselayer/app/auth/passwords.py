"""Passwords: hashing and checking them at a known cost, and refusing those that are no secret."""

import asyncio
import base64
import secrets
import unicodedata

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import orm

from baselayer.app.db.types import utcnow
from baselayer.app.errors import InvalidRequestError
from baselayer.app.identity.passwords import UserPassword
from baselayer.app.identity.sessions import LoginSession
from baselayer.app.schemas.login import LONGEST_PASSWORD

MEMORY_KIB = 64 * 1024
PASSES = 3
LANES = 1
AT_ONCE = 2  # each takes MEMORY_KIB and a core

SHORTEST = 12
FEWEST_DISTINCT = 5
LEAST_BESIDES_THE_NAME = 6

# Of the passwords that are tried first, those that are long enough to be taken here.
KNOWN = frozenset(
    {
        *("administrator", "adminadminadmin", "admin1234567", "baselayer1234", "basketball123"),
        *("changeme1234", "changemechangeme", "correcthorsebatterystaple", "football1234"),
        *("iloveyou1234", "letmein12345", "letmeinletmein", "password1234", "password12345"),
        *("password123456", "passwordpassword", "passw0rd1234", "p@ssw0rd1234", "qwerty123456"),
        *("qwertyqwerty", "qwertyuiop12", "qwertyuiop123", "qwertyuiopas", "qwertyuiop[]"),
        *("1q2w3e4r5t6y", "1qaz2wsx3edc", "123456789012", "1234567890123", "12345678901234"),
        *("123456123456", "abcdefghijkl", "abc123abc123", "asdfghjkl123", "superman1234"),
        *("welcome12345", "welcomewelcome", "trustno1trustno1", "secretsecret", "test12345678"),
    }
)

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


class Passwords:
    """Hashes and checks in threads, a few at once, so that logins cannot exhaust the machine."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._nobodys = _hash_of_nothing()

    async def hashed(self, password: str) -> str:
        """Return the hash to store of `password`."""
        async with self._slots:
            return await asyncio.to_thread(hash_password, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Tell whether `password` is the one `stored`; without one, take as long to say no."""
        async with self._slots:
            found = await asyncio.to_thread(is_password, stored or self._nobodys, password)
        return found and stored is not None


def hash_password(password: str) -> str:
    """Return the hash to store of `password`."""
    return _hasher.hash(_normal(password))


def is_password(stored: str, password: str) -> bool:
    """Tell whether `stored` is the hash of `password`."""
    try:
        return _hasher.verify(stored, _normal(password))
    except (Argon2Error, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than those of now."""
    return _hasher.check_needs_rehash(stored)


def require_good(password: str, *, username: str) -> None:
    """Raise InvalidRequestError for a password that could be guessed; `fields` has the reason."""
    reason = _fault(_normal(password), username.casefold())
    if reason is not None:
        raise InvalidRequestError(
            f"The password {reason}. Nothing was changed.", fields={"password": reason}
        )


def store_password(session: orm.Session, user_id: int, password_hash: str) -> None:
    """Give a user a password and end all of his sessions; commit is the caller's."""
    row = session.scalar(sa.select(UserPassword).where(UserPassword.user_id == user_id))
    if row is None:
        session.add(UserPassword(user_id=user_id, password_hash=password_hash))
    else:
        row.password_hash, row.changed_at = password_hash, utcnow()
    # Before the sessions are ended: a login with the old password waits here, and then fails.
    session.flush()
    session.execute(sa.delete(LoginSession).where(LoginSession.user_id == user_id))


def _fault(password: str, username: str) -> str | None:
    plain = password.casefold()
    if not SHORTEST <= len(password) <= LONGEST_PASSWORD:
        return f"must have from {SHORTEST} to {LONGEST_PASSWORD} characters"
    if plain in KNOWN:
        return "is one that everybody tries first"
    if len(set(plain)) < FEWEST_DISTINCT:
        return f"must have {FEWEST_DISTINCT} different characters at least"
    if len(plain.replace(username, "")) < LEAST_BESIDES_THE_NAME:
        return "must be more than the user name"
    return None


def _normal(password: str) -> str:
    """Return `password` as every keyboard writes it; what is not text is replaced, never an error.

    The same accent is one character on some systems and two on others.
    """
    text = password.encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFC", text)


def _hash_of_nothing() -> str:
    """Return a hash that no password has, and that costs what the others do."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=") for length in (16, 32)
    )
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${digest}"
