"""The states of a run: each nominal time is claimed once, and what ended stays ended.

running -> succeeded | failed | timed_out | stopped, by the server that runs it
       \\-> lost, by any server, when nobody renews its lease
skipped (the job was still running) and missed (no server ran) are final from the beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from baselayer.app.cron.jobs import Job
from baselayer.app.cron.models import (
    LOST,
    MISSED,
    RUNNING,
    SCHEDULE,
    SKIPPED,
    CronJobRun,
)
from baselayer.app.db.types import utcnow, uuid7
from baselayer.app.identity.tokens import Token
from baselayer.app.identity.users import User

runs: Any = CronJobRun.__table__
tokens: Any = Token.__table__
users: Any = User.__table__

LOST_MESSAGE = "The server that ran this died or stopped answering."
SKIPPED_MESSAGE = "The run before was still going on."
MISSED_MESSAGE = "No server was running at that time."


@dataclass(frozen=True)
class Claim:
    """Which nominal time of which job is wanted, by whom."""

    job: Job
    nominal_time: datetime
    host: str
    source: str = SCHEDULE


@dataclass(frozen=True)
class Lost:
    """A run whose server is gone, with what its processes can be recognised by."""

    run_id: Any
    host: str | None
    pid: int | None
    token_hash: str | None


def lease(seconds: float) -> sa.ColumnElement[Any]:
    """Return until when a run is believed alive, by the clock that all servers share."""
    return sa.func.clock_timestamp() + sa.literal(timedelta(seconds=seconds))


async def claim(connection: AsyncConnection, wanted: Claim, lease_seconds: float) -> Any | None:
    """Return the id of a new run; None when the time was claimed before, or the job still runs.

    In the latter case that is written down as skipped.
    """
    begun = {"state": RUNNING, "started_at": utcnow(), "lease_until": lease(lease_seconds)}
    run_id = await _insert(connection, wanted, **begun)
    if run_id is None:
        await _insert(connection, wanted, state=SKIPPED, message=SKIPPED_MESSAGE)
    return run_id


async def miss(connection: AsyncConnection, wanted: Claim, message: str = MISSED_MESSAGE) -> None:
    """Write down that a time passed without a run, unless it is known otherwise."""
    await _insert(connection, wanted, state=MISSED, message=message)


async def note_begin(connection: AsyncConnection, run_id: Any, **values: Any) -> None:
    """Write down more about a run that has begun."""
    await connection.execute(_of_running(run_id).values(**values))


async def finish(connection: AsyncConnection, run_id: Any, **values: Any) -> bool:
    """Write down how a run ended and delete its token; False when it was taken for lost before."""
    statement = _of_running(run_id).values(finished_at=utcnow(), lease_until=None, **values)
    ended = (await connection.execute(statement.returning(runs.c.token_id))).all()
    await _delete_tokens(connection, [row.token_id for row in ended])
    return bool(ended)


async def renew(
    connection: AsyncConnection, run_ids: Sequence[Any], lease_seconds: float
) -> set[Any]:
    """Renew the leases of this server's runs; return those that are still running."""
    statement = (
        sa.update(runs)
        .where(runs.c.id.in_(run_ids), runs.c.state == RUNNING)
        .values(lease_until=lease(lease_seconds))
        .returning(runs.c.id)
    )
    return set((await connection.scalars(statement)).all())


async def lose_expired(connection: AsyncConnection) -> list[Lost]:
    """Every running run whose lease has passed to lost, its token deleted; return them."""
    values = {"state": LOST, "message": LOST_MESSAGE, "finished_at": utcnow(), "lease_until": None}
    statement = (
        sa.update(runs)
        .where(runs.c.state == RUNNING, runs.c.lease_until < sa.func.clock_timestamp())
        .values(values)
        .returning(runs.c.id, runs.c.host, runs.c.pid, runs.c.token_id)
    )
    found = (await connection.execute(statement)).all()
    hashes = await _delete_tokens(connection, [row.token_id for row in found])
    return [Lost(row.id, row.host, row.pid, hashes.get(row.token_id)) for row in found]


async def last_times(connection: AsyncConnection, jobs: Sequence[Job]) -> dict[str, datetime]:
    """Return name -> last nominal time that is on record under the job's present schedule."""
    statement = (
        sa.select(runs.c.name, sa.func.max(runs.c.nominal_time))
        .where(sa.tuple_(runs.c.name, runs.c.schedule).in_([(job.name, job.when) for job in jobs]))
        .where(runs.c.source == SCHEDULE)
        .group_by(runs.c.name)
    )
    rows = await connection.execute(statement)
    return dict(rows.all())


async def _insert(connection: AsyncConnection, wanted: Claim, **values: Any) -> Any | None:
    now = utcnow()
    statement = (
        insert(runs)
        .values(
            id=uuid7(),
            created_at=now,
            modified=now,
            name=wanted.job.name,
            script=str(wanted.job.path),
            schedule=wanted.job.when,
            source=wanted.source,
            nominal_time=wanted.nominal_time,
            host=wanted.host,
            owner_id=_id_of(wanted.job.settings.owner),
            output_truncated=False,
            **values,
        )
        # Of both constraints: the time is claimed, or the job is running.
        .on_conflict_do_nothing()
        .returning(runs.c.id)
    )
    return (await connection.scalars(statement)).one_or_none()


def _id_of(owner: str | None) -> Any:
    if owner is None:
        return None
    return sa.select(users.c.id).where(users.c.username == owner).scalar_subquery()


def _of_running(run_id: Any) -> Any:
    return sa.update(runs).where(runs.c.id == run_id, runs.c.state == RUNNING)


async def _delete_tokens(connection: AsyncConnection, token_ids: Sequence[Any]) -> dict[int, str]:
    statement = sa.delete(tokens).where(tokens.c.id.in_([i for i in token_ids if i is not None]))
    deleted = await connection.execute(statement.returning(tokens.c.id, tokens.c.value_hash))
    return dict(deleted.all())
