"""The states of a run: every transition is one conditional UPDATE, so that none happens twice.

queued -> running -> succeeded | failed
   \\________\\____ cancelling -> cancelled, or succeeded when the wish came too late
            any active state -> lost, when its executor died or nobody renews its lease
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from baselayer.app.db.types import utcnow
from baselayer.app.errors import BaselayerError, RunCancelledError, RunLostError
from baselayer.app.queries.executor.protocol import Finished
from baselayer.app.queries.models import (
    ACTIVE_STATES,
    CANCELLED,
    CANCELLING,
    FAILED,
    LOST,
    QUEUED,
    RUNNING,
    SUCCEEDED,
    QueryRun,
    ResultFile,
)

runs: Any = QueryRun.__table__
LOST_MESSAGE = "The process that executed this run died or stopped answering: start it again."


def lease(seconds: float) -> sa.ColumnElement[Any]:
    """Return until when a run is believed alive, by the clock that all processes share."""
    return sa.func.clock_timestamp() + sa.literal(timedelta(seconds=seconds))


async def begin(connection: AsyncConnection, run_id: Any) -> bool:
    """Queued to running; False when it was cancelled before."""
    return await _move(connection, run_id, [QUEUED], state=RUNNING, started_at=utcnow())


async def wish_cancelled(connection: AsyncConnection, run_id: Any) -> bool:
    """An unfinished run to cancelling; False when it is too late."""
    return await _move(connection, run_id, [QUEUED, RUNNING], state=CANCELLING)


async def succeed(connection: AsyncConnection, run_id: Any, done: Finished, file_name: str) -> bool:
    """An unfinished run to succeeded, with its result; False when it was lost meanwhile.

    Also when somebody wished it cancelled: its changes are committed, so it is not cancelled.
    """
    moved = await _move(
        connection,
        run_id,
        ACTIVE_STATES,
        state=SUCCEEDED,
        rows=done.rows,
        bytes=done.bytes,
        truncated=done.truncated,
        affected_rows=done.rowcount,
        finished_at=utcnow(),
    )
    if moved:
        columns = [
            {"name": c.name, "type": c.type, "source_type": c.source_type} for c in done.columns
        ]
        stored = sa.insert(ResultFile).values(
            run_id=run_id,
            name=file_name,
            size_bytes=done.bytes,
            sha256=done.sha256,
            columns=columns,
            batch_rows=done.batch_rows,
        )
        await connection.execute(stored)
    return moved


async def fail(connection: AsyncConnection, run_id: Any, error: BaselayerError) -> bool:
    """An unfinished run to failed; to cancelled or lost when that is what ended it."""
    told = {
        "error_code": error.code,
        "error_message": error.message,
        "finished_at": utcnow(),
    }
    if isinstance(error, RunCancelledError):
        return await _move(connection, run_id, ACTIVE_STATES, state=CANCELLED, **told)
    if isinstance(error, RunLostError):
        return await _move(connection, run_id, ACTIVE_STATES, state=LOST, **told)
    failed = await _move(connection, run_id, [QUEUED, RUNNING], state=FAILED, **told)
    return failed or await _move(connection, run_id, [CANCELLING], state=CANCELLED, **told)


async def renew(
    connection: AsyncConnection, run_ids: Sequence[Any], lease_seconds: float
) -> set[Any]:
    """Renew the leases of this process's runs; return those that somebody wishes cancelled."""
    statement = (
        sa.update(runs)
        .where(runs.c.id.in_(run_ids), runs.c.state.in_(ACTIVE_STATES))
        .values(lease_until=lease(lease_seconds))
        .returning(runs.c.id, runs.c.state)
    )
    found = (await connection.execute(statement)).all()
    return {run_id for run_id, state in found if state == CANCELLING}


async def lose_expired(connection: AsyncConnection) -> list[Any]:
    """Every unfinished run whose lease has passed to lost; return their ids.

    By the database's clock, which all processes share.
    """
    statement = (
        sa.update(runs)
        .where(runs.c.state.in_(ACTIVE_STATES), runs.c.lease_until < sa.func.clock_timestamp())
        .values(state=LOST, error_code="run_lost", error_message=LOST_MESSAGE, finished_at=utcnow())
        .returning(runs.c.id)
    )
    return list((await connection.scalars(statement)).all())


async def _move(
    connection: AsyncConnection, run_id: Any, from_states: Sequence[str], **values: Any
) -> bool:
    statement = (
        sa.update(runs).where(runs.c.id == run_id, runs.c.state.in_(from_states)).values(**values)
    )
    return bool((await connection.execute(statement)).rowcount)
