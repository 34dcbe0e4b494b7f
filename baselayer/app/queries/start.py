"""Starting a run: may the caller, is the statement fit, what does the executor need to know."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import orm

from baselayer.app.config.schema import RunSettings
from baselayer.app.connections.drivers.registry import driver_for
from baselayer.app.connections.models import SqlConnection
from baselayer.app.db.finding import find
from baselayer.app.db.types import uuid7
from baselayer.app.identity.principals import Principal
from baselayer.app.queries.executor.protocol import Egress, RunJob
from baselayer.app.queries.guard.judge import judge
from baselayer.app.queries.models import QueryRun
from baselayer.app.queries.states import lease
from baselayer.app.queries.targets import target_of

WRITE_PERMISSION = "Write queries"


@dataclass(frozen=True)
class Asked:
    """What somebody wants to run, and where."""

    connection_id: Any
    text: str
    limit_rows: int | None = None
    query_id: Any = None
    source: str = "api"


@dataclass(frozen=True)
class Bounds:
    """What the server allows a run."""

    runs: RunSettings
    egress: Egress


def find_runnable(session: orm.Session, caller: Principal, asked: Asked) -> SqlConnection:
    """Return the connection; NotFoundError or AccessError when it may not be seen, or not run."""
    return find(session, SqlConnection, asked.connection_id, caller, "run")


def is_read(connection: SqlConnection, caller: Principal, text: str) -> bool:
    """Judge the statement; tell whether it runs in a read-only transaction.

    Raises a GuardError for one that is not fit. A long one takes seconds: call it in a thread.
    """
    may_write = not connection.read_only and (
        caller.is_admin or WRITE_PERMISSION in caller.permissions
    )
    verdict = judge(
        text,
        dialect=driver_for(connection.engine).dialect,
        may_write=may_write,
        allowed_functions=connection.allowed_functions,
    )
    return verdict.kind != "write"


def new_run(
    connection: SqlConnection, caller: Principal, asked: Asked, bounds: Bounds, *, read_only: bool
) -> tuple[QueryRun, RunJob]:
    """Return the record of a new run, to be added to the caller's session, and the executor's job.

    Nothing is dialled. That the caller may run the connection is judged again at the commit.
    """
    limit_rows = _least(asked.limit_rows, connection.limit_rows, bounds.runs.limit_rows)
    run = QueryRun(
        id=uuid7(),
        connection_id=connection.id,
        query_id=asked.query_id,
        user_id=caller.user_id,
        token_id=caller.token_id,
        source=asked.source,
        text=asked.text,
        limit_rows=limit_rows,
        lease_until=lease(bounds.runs.lease_seconds),
    )
    job = RunJob(
        run_id=str(run.id),
        target=target_of(connection, read_only=read_only),
        egress=bounds.egress,
        sql=asked.text,
        file_name=f"{run.id}.arrow",
        limit_rows=limit_rows,
        limit_bytes=_least(connection.limit_bytes, bounds.runs.limit_bytes),
        limit_cell_bytes=bounds.runs.limit_cell_bytes,
    )
    return run, job


def _least(*limits: int | None) -> int:
    return min(limit for limit in limits if limit is not None)
