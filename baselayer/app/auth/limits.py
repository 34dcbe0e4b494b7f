"""Limits: how many logins may fail, for a user name and from an address, in all processes alike.

An attempt is counted before its password is looked at, so that many at once are not many more; a
success takes it back.
"""

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from baselayer.app.auth.addresses import address_of
from baselayer.app.db.types import utcnow
from baselayer.app.identity.attempts import LoginAttempt

WINDOW = timedelta(minutes=1)
FIRST_BLOCK = timedelta(minutes=1)
KEPT_FOR = timedelta(days=1)
UNKNOWN_DIGITS = 4


@dataclass(frozen=True)
class Tally:
    """What is remembered of the failures of one account or address."""

    failed_at: tuple[datetime, ...] = ()
    blocks: int = 0
    blocked_until: datetime | None = None

    def is_blocked(self, now: datetime) -> bool:
        """Tell whether nobody may try at this moment."""
        return self.blocked_until is not None and self.blocked_until > now


@dataclass(frozen=True)
class Admission:
    """Whether somebody may try: `wait_seconds` is 0, or how long he must wait."""

    at: datetime
    wait_seconds: int = 0
    begins_block: bool = False


def counted(tally: Tally, now: datetime, *, limit: int, longest_wait: timedelta) -> Tally:
    """Return `tally` with one more attempt, or blocked when that is one too many."""
    recent = tuple(moment for moment in tally.failed_at if now - moment < WINDOW)
    is_forgiven = tally.blocked_until is None or now - tally.blocked_until > longest_wait
    blocks = 0 if is_forgiven else tally.blocks
    if len(recent) < limit:
        return Tally((*recent, now), blocks, tally.blocked_until)
    # 2 ** 20 minutes are longer than any wait that is set: no need for larger numbers.
    wait = min(FIRST_BLOCK * 2 ** min(blocks, 20), longest_wait)
    return Tally((), blocks + 1, now + wait)


def subject_of_user(user_id: int | None, username: str) -> str:
    """Return whose tally a login counts in; a name that nobody has counts like any other.

    Of such a name only a few digits of a hash are kept: it may be a password in the wrong field.
    """
    if user_id is not None:
        return f"user:{user_id}"
    digest = hashlib.sha256(username.encode("utf-8", "replace")).hexdigest()
    return f"unknown:{digest[:UNKNOWN_DIGITS]}"


def subject_of_address(address: str | None) -> str:
    """Return whose tally an address counts in: of IPv6, the /64 that one machine can use."""
    found = address_of(address)
    if found is None:
        return f"address:{(address or 'none')[:60]}"
    if isinstance(found, ipaddress.IPv6Address):
        return f"address:{ipaddress.ip_network((found, 64), strict=False)}"
    return f"address:{found}"


async def admit(
    engine: AsyncEngine, limits: Mapping[str, int], *, longest_wait: timedelta
) -> Admission:
    """Count an attempt for each subject of `limits`, unless one of them is or becomes blocked.

    Always name the account before the address: rows are locked in that order.
    """
    async with engine.begin() as connection:
        now = utcnow()
        before = {subject: await _locked(connection, subject, now) for subject in limits}
        blocked = {subject: t for subject, t in before.items() if t.is_blocked(now)}
        if blocked:
            return Admission(now, _wait(blocked, now))
        after = {
            subject: counted(before[subject], now, limit=limit, longest_wait=longest_wait)
            for subject, limit in limits.items()
        }
        blocked = {subject: t for subject, t in after.items() if t.is_blocked(now)}
        for subject, tally in (blocked or after).items():
            await _store(connection, subject, tally)
    return Admission(now, _wait(blocked, now), begins_block=bool(blocked))


async def forgive(connection: AsyncConnection, *, account: str, address: str, at: datetime) -> None:
    """Take back the attempt counted at `at`, which succeeded; the account starts anew."""
    await _store(connection, account, Tally())
    counted_then = sa.func.array_remove(
        LoginAttempt.failed_at, sa.cast(at, sa.DateTime(timezone=True))
    )
    row = sa.update(LoginAttempt).where(LoginAttempt.subject == address)
    await connection.execute(row.values(failed_at=counted_then))
    old = sa.delete(LoginAttempt).where(LoginAttempt.modified < utcnow() - KEPT_FOR)
    await connection.execute(old)


async def _locked(connection: AsyncConnection, subject: str, now: datetime) -> Tally:
    """Return the tally of `subject`, made if need be, which nobody else may change meanwhile."""
    row = insert(LoginAttempt).values(subject=subject, failed_at=[], blocks=0)
    made = row.on_conflict_do_update(index_elements=["subject"], set_={"modified": now})
    columns = (LoginAttempt.failed_at, LoginAttempt.blocks, LoginAttempt.blocked_until)
    found = (await connection.execute(made.returning(*columns))).one()
    return Tally(tuple(found.failed_at), found.blocks, found.blocked_until)


async def _store(connection: AsyncConnection, subject: str, tally: Tally) -> None:
    row = sa.update(LoginAttempt).where(LoginAttempt.subject == subject)
    values = vars(tally) | {"failed_at": list(tally.failed_at)}
    await connection.execute(row.values(**values))


def _wait(blocked: Mapping[str, Tally], now: datetime) -> int:
    """Return the seconds until the last of them opens, rounded up."""
    moments = [tally.blocked_until for tally in blocked.values() if tally.blocked_until]
    return max((int((m - now).total_seconds()) + 1 for m in moments), default=0)
