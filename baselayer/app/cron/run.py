"""CronRunner: claims nominal times, runs their scripts, and writes down what came of them."""

import asyncio
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from baselayer.app.audit.record import Event
from baselayer.app.cron import states
from baselayer.app.cron.jobs import Account
from baselayer.app.cron.models import FAILED, STOPPED, SUCCEEDED, TIMED_OUT
from baselayer.app.cron.process import End, Script, Start, started
from baselayer.app.cron.states import Claim
from baselayer.app.cron.strays import end_orphans
from baselayer.app.cron.tokens import new_run_token
from baselayer.app.db.types import utcnow
from baselayer.app.errors import CronOwnerError
from baselayer.log import make_log

log = make_log("cron")

STOPPED_MESSAGE = "The server was stopped while this ran."
RETRIES = 8  # a database that is back within some minutes loses no end of a run
TOKEN_GRACE_SECONDS = 30


@dataclass(frozen=True)
class Bounds:
    """How scripts are run here, and how a server says that it is alive."""

    url: str
    """Where scripts reach the API."""
    host: str
    output_limit_bytes: int
    lease_seconds: float
    heartbeat_seconds: float
    account: Account | None = None
    grace_seconds: float = 10.0
    """Between SIGTERM and SIGKILL."""


@dataclass
class _Running:
    """A run of this process."""

    task: "asyncio.Task[None]"
    script: Script | None = None
    is_stopped: bool = False

    def stop(self) -> None:
        self.is_stopped = True
        if self.script is not None:
            self.script.stop()


class CronRunner:
    """Runs scripts, each with a token that lives as long as its run.

    Call `start` on the event loop, and `stop` before it closes.
    """

    def __init__(self, engine: AsyncEngine, bounds: Bounds) -> None:
        self.engine = engine
        self.bounds = bounds
        self._running: dict[uuid.UUID, _Running] = {}
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to keep leases; runs whose server is gone are lost, and their tokens dead."""
        await self.keep_leases()
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End the scripts that still run, and wait until that is written down."""
        for running in self._running.values():
            running.stop()
        tasks = [running.task for running in self._running.values()]
        if tasks:
            await asyncio.wait(tasks)
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper

    async def begin(self, wanted: Claim) -> tuple[uuid.UUID, "asyncio.Task[None]"] | None:
        """Claim a nominal time and start its script; None when it is claimed, or the job runs.

        The task ends with the run, whose record says how. It raises nothing.
        """
        async with self.engine.begin() as connection:
            run_id = await states.claim(connection, wanted, self.bounds.lease_seconds)
            start = run_id and await self._prepare(connection, wanted, run_id)
        if run_id is None:
            return None
        task = asyncio.create_task(self._run(run_id, wanted, start) if start else asyncio.sleep(0))
        self._running[run_id] = _Running(task)
        task.add_done_callback(lambda _: self._running.pop(run_id, None))
        return run_id, task

    async def keep_leases(self) -> None:
        """Renew the leases of our runs, end those that were taken for lost, lose the expired."""
        async with self.engine.begin() as connection:
            mine = list(self._running)
            alive = await states.renew(connection, mine, self.bounds.lease_seconds)
            lost = await states.lose_expired(connection)
            for found in lost:
                await _note(connection, found.run_id, "cron.finish", "failed", {"state": "lost"})
        for run_id in [*(set(mine) - alive), *(found.run_id for found in lost)]:
            if run_id in self._running:
                self._running[run_id].stop()
        for found in lost:
            log.warning(f"run {found.run_id} was lost: its server died or stopped answering")
            if found.host == self.bounds.host and found.token_hash is not None:
                await asyncio.to_thread(end_orphans, found.token_hash)

    async def _prepare(
        self, connection: AsyncConnection, wanted: Claim, run_id: uuid.UUID
    ) -> Start | None:
        """Make the token, in the transaction of the claim: there is none without its run."""
        job = wanted.job.settings
        environment = {"BASELAYER_URL": self.bounds.url}
        try:
            if job.owner is not None:
                seconds = job.timeout_seconds + self.bounds.grace_seconds + TOKEN_GRACE_SECONDS
                expires_at = utcnow() + timedelta(seconds=seconds)
                token = await new_run_token(connection, job, run_id, expires_at)
                await states.note_begin(connection, run_id, token_id=token.id)
                environment["BASELAYER_TOKEN"] = token.value
        except CronOwnerError as error:
            log.error(f"{job.title}: {error.message}")
            await states.finish(connection, run_id, state=FAILED, message=error.message)
            await _note(connection, run_id, "cron.start", "refused", {"code": error.code})
            return None
        await _note(connection, run_id, "cron.start", "allowed", {"name": job.title})
        return Start(
            wanted.job.command,
            environment,
            timeout_seconds=job.timeout_seconds,
            output_limit_bytes=self.bounds.output_limit_bytes,
            account=self.bounds.account,
            grace_seconds=self.bounds.grace_seconds,
        )

    async def _run(self, run_id: uuid.UUID, wanted: Claim, start: Start) -> None:
        name, began = wanted.job.name, monotonic()
        try:
            values = _told(await self._execute(run_id, start), self._running[run_id].is_stopped)
        except OSError as error:
            values = {"state": FAILED, "message": _refused(error)}
        except Exception:
            log.exception(f"{name}: run {run_id} broke on our side")
            values = {"state": FAILED, "message": "This broke on our side; the log has it."}
        log(f"{name}: {values['state']} (run {run_id})")
        await self._write_end(run_id, values | {"duration_seconds": monotonic() - began})

    async def _execute(self, run_id: uuid.UUID, start: Start) -> End:
        running = self._running[run_id]
        async with started(start) as (script, task):
            running.script = script
            if running.is_stopped:
                script.stop()
            try:
                async with self.engine.begin() as connection:
                    await states.note_begin(connection, run_id, pid=script.pid)
            except (sa.exc.SQLAlchemyError, OSError):
                log.warning(f"the process of run {run_id} could not be noted: {script.pid}")
            return await task

    async def _write_end(self, run_id: uuid.UUID, values: dict[str, Any]) -> None:
        """Write down the end and kill the token, as soon as the database takes it."""
        for attempt in range(RETRIES):
            try:
                await self._write_end_once(run_id, values)
                return
            except (sa.exc.SQLAlchemyError, OSError) as error:
                log.error(f"the end of run {run_id} could not be written: {type(error).__name__}")
                await asyncio.sleep(min(2**attempt * 0.25, 30))

    async def _write_end_once(self, run_id: uuid.UUID, values: dict[str, Any]) -> None:
        async with self.engine.begin() as connection:
            if not await states.finish(connection, run_id, **values):
                log.warning(f"run {run_id} was taken for lost before it ended")
                return
            outcome = "allowed" if values["state"] == SUCCEEDED else "failed"
            details = {"state": values["state"], "exit_status": values.get("exit_status")}
            await _note(connection, run_id, "cron.finish", outcome, details)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self.bounds.heartbeat_seconds)
            try:
                await self.keep_leases()
            except Exception:
                log.exception("the leases could not be renewed")


def _told(end: End, is_stopped: bool) -> dict[str, Any]:
    """Return how a script ended, as its record says it."""
    values: dict[str, Any] = {
        "exit_status": end.exit_status,
        "output": end.output.decode("utf-8", "replace").replace("\x00", "\ufffd"),
        "output_truncated": end.is_truncated,
    }
    if end.is_timed_out:
        return values | {"state": TIMED_OUT, "message": "It ran longer than its timeout."}
    if is_stopped:
        return values | {"state": STOPPED, "message": STOPPED_MESSAGE}
    return values | {"state": FAILED if end.exit_status else SUCCEEDED}


def _refused(error: OSError) -> str:
    return (
        f"The script could not be started: {error.strerror}. Check that it, and the interpreter in "
        "its first line, are there and may be run."
    )


async def _note(
    connection: AsyncConnection,
    run_id: uuid.UUID,
    action: str,
    outcome: str,
    details: dict[str, Any],
) -> None:
    """Write to the audit what happened to a run, as its owner and its token."""
    runs = states.runs
    who = {
        name: sa.select(runs.c[column]).where(runs.c.id == run_id).scalar_subquery()
        for name, column in {"user_id": "owner_id", "token_id": "token_id"}.items()
    }
    event = Event(
        action=action,
        outcome=outcome,
        object_type="CronJobRun",
        object_id=str(run_id),
        details=details,
    )
    await connection.execute(event.insert().values(who))
