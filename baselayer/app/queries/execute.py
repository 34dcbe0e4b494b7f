"""Runner: hands runs to the executor, follows them to their end, and keeps their leases."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from baselayer.app.audit.record import Event
from baselayer.app.config.schema import RunSettings
from baselayer.app.connections import signals
from baselayer.app.errors import BaselayerError, InternalError, RunCancelledError, RunLostError
from baselayer.app.files.stores import LocalStore
from baselayer.app.queries import states
from baselayer.app.queries.executor.client import JobStream, run_job
from baselayer.app.queries.executor.protocol import (
    Chunk,
    Egress,
    ExportJob,
    Failed,
    Finished,
    RunJob,
    Started,
    Step,
    TargetFrame,
    TestJob,
)
from baselayer.app.queries.models import ResultFile
from baselayer.app.queries.results.reader import Page, read_page
from baselayer.log import make_log

log = make_log("runs")

# No run lasts longer (schemas bound a connection's timeout to an hour), so it is nobody's.
LEFTOVER_SECONDS = 2 * 3600
DOWNLOAD_CHUNK_BYTES = 256 * 1024


@dataclass
class _Following:
    """A run that this process follows."""

    task: "asyncio.Task[None]"
    use: signals.Use | None = None
    stream: JobStream | None = None
    is_cancelled: bool = False
    is_logged_in: bool = False


class Runner:
    """What the web process knows of running statements; it runs none itself.

    `executor` and `converter` are the sockets of two executor processes: conversions for downloads
    do not take turns with statements. Call `start` on the event loop, and `stop` before it closes.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        store: LocalStore,
        *,
        executor: Path,
        converter: Path,
        settings: RunSettings,
        egress: Egress,
    ) -> None:
        self.settings = settings
        self.egress = egress
        self._engine = engine
        self._store = store
        self._executor = executor
        self._converter = converter
        self._following: dict[uuid.UUID, _Following] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._announcer = signals.Announcer()

    def start(self) -> None:
        """Begin to keep leases and to declare runs lost whose process is gone."""
        self._store.sweep(older_than_seconds=LEFTOVER_SECONDS)
        self._keeper = asyncio.create_task(self._keep_leases())

    async def stop(self) -> None:
        """End what still runs and wait until that is written down: as lost, nobody wished it."""
        self._is_stopping = True
        for following in self._following.values():
            await self._cancel_here(following)
        tasks = [following.task for following in self._following.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=5)
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper

    def begin(self, run_id: uuid.UUID, job: RunJob, use: signals.Use | None = None) -> None:
        """Hand a stored run to the executor and follow it in the background.

        Signals are sent about `use`, none without.
        """
        task = asyncio.create_task(self._follow(run_id, job))
        self._following[run_id] = _Following(task, use)
        task.add_done_callback(lambda _: self._following.pop(run_id, None))

    async def wait(self, run_id: uuid.UUID, seconds: float) -> None:
        """Return when the run has ended or `seconds` have passed, whichever is first."""
        following = self._following.get(run_id)
        if following is not None and seconds > 0:
            await asyncio.wait([following.task], timeout=seconds)

    async def cancel(self, run_id: uuid.UUID) -> None:
        """Have the run cancelled, wherever it is executed; too late is no error."""
        async with self._engine.begin() as connection:
            wished = await states.wish_cancelled(connection, run_id)
        following = self._following.get(run_id)
        if wished and following is not None:
            await self._cancel_here(following)

    async def rows(self, result: ResultFile, offset: int, limit: int) -> Page:
        """Return rows of a stored result."""
        path = self._store.path(result.name)
        return await asyncio.to_thread(read_page, path, result.batch_rows, offset, limit)

    async def download(self, result: ResultFile, form: str) -> AsyncGenerator[bytes]:
        """Yield a stored result in `form`: as it is stored for arrow, else converted elsewhere."""
        path = self._store.path(result.name)
        if form == "arrow":
            async for chunk in _chunks(path):
                yield chunk
            return
        async with await run_job(self._converter, ExportJob(result.name, form)) as stream:
            async for event in stream:
                if isinstance(event, Failed):
                    raise event.to_error()
                if isinstance(event, Chunk):
                    yield event.data

    async def diagnose(self, target: TargetFrame, use: signals.Use | None = None) -> list[Step]:
        """Try the way to a target, step by step, up to the first that fails."""
        self._announcer.say(signals.sql_connection_attempted, use)
        try:
            async with await run_job(self._executor, TestJob(target, self.egress)) as stream:
                steps = [event async for event in stream if isinstance(event, Step)]
        except BaselayerError as error:
            self._announcer.say(signals.sql_connection_failed, use, error.code)
            raise
        failed = [step.failure.code for step in steps if step.failure is not None]
        if failed:
            self._announcer.say(signals.sql_connection_failed, use, failed[0])
        else:
            self._announcer.say(signals.sql_connection_success, use)
        return steps

    async def _follow(self, run_id: uuid.UUID, job: RunJob) -> None:
        """Run to the end, whatever that is; one of our errors ends it in words."""
        try:
            await self._execute(run_id, job)
        except RunCancelledError as error:
            stopped = RunLostError("The server was stopped while it ran this. Start the run again.")
            await self._write_end(run_id, stopped if self._is_stopping else error)
        except RunLostError as error:
            # A killed executor could not remove what it had begun to write.
            self._store.partial_path(job.file_name).unlink(missing_ok=True)
            await self._write_end(run_id, error)
        except BaselayerError as error:
            await self._write_end(run_id, error)
        except Exception:
            log.exception(f"run {run_id} broke on our side")
            await self._write_end(run_id, InternalError("This broke on our side; the log has it."))

    async def _execute(self, run_id: uuid.UUID, job: RunJob) -> None:
        following = self._following[run_id]
        self._announcer.say(signals.sql_connection_attempted, following.use)
        async with await run_job(self._executor, job) as stream:
            following.stream = stream
            if following.is_cancelled:
                await stream.cancel()
            async for event in stream:
                if isinstance(event, Started):
                    self._note_login(following)
                    await self._write_begin(run_id, following)
                elif isinstance(event, Failed):
                    raise event.to_error()
                elif isinstance(event, Finished) and await self._write_success(
                    run_id, event, job.file_name
                ):
                    self._announcer.say(signals.sql_connection_query_success, following.use)

    def _note_login(self, following: _Following) -> None:
        following.is_logged_in = True
        self._announcer.say(signals.sql_connection_success, following.use)
        self._announcer.say(signals.sql_connection_query_attempted, following.use)

    async def _write_begin(self, run_id: uuid.UUID, following: _Following) -> None:
        async with self._engine.begin() as connection:
            begun = await states.begin(connection, run_id)
        if not begun:
            await self._cancel_here(following)

    async def _write_success(self, run_id: uuid.UUID, done: Finished, file_name: str) -> bool:
        async with self._engine.begin() as connection:
            succeeded = await states.succeed(connection, run_id, done, file_name)
            if succeeded:
                details = {"rows": done.rows, "bytes": done.bytes, "truncated": done.truncated}
                await _note_end(connection, run_id, "allowed", None, details)
        if not succeeded:
            log.warning(f"run {run_id} was taken for lost before it succeeded")
            self._store.delete(file_name)
        return succeeded

    async def _write_end(self, run_id: uuid.UUID, error: BaselayerError) -> None:
        following = self._following.get(run_id)
        if following is not None:
            signal = signals.sql_connection_failed
            if following.is_logged_in:
                signal = signals.sql_connection_query_failed
            self._announcer.say(signal, following.use, error.code)
        async with self._engine.begin() as connection:
            if await states.fail(connection, run_id, error):
                await _note_end(connection, run_id, "failed", error.code, {})

    async def _cancel_here(self, following: _Following) -> None:
        following.is_cancelled = True
        if following.stream is not None:
            await following.stream.cancel()

    async def _keep_leases(self) -> None:
        """Renew our runs' leases, see which are to be cancelled, lose those that nobody renews."""
        while True:
            try:
                await self._keep_leases_once()
            except Exception:
                log.exception("the leases could not be renewed")
            await asyncio.sleep(self.settings.heartbeat_seconds)

    async def _keep_leases_once(self) -> None:
        async with self._engine.begin() as connection:
            mine = list(self._following)
            wished = await states.renew(connection, mine, self.settings.lease_seconds)
            for run_id in await states.lose_expired(connection):
                await _note_end(connection, run_id, "failed", "run_lost", {})
        for run_id in wished & self._following.keys():
            await self._cancel_here(self._following[run_id])


async def _note_end(
    connection: AsyncConnection,
    run_id: uuid.UUID,
    outcome: str,
    code: str | None,
    details: dict[str, Any],
) -> None:
    who = {
        name: sa.select(states.runs.c[name]).where(states.runs.c.id == run_id).scalar_subquery()
        for name in ("user_id", "token_id")
    }
    event = Event(
        action="run.finish",
        outcome=outcome,
        code=code,
        object_type="QueryRun",
        object_id=str(run_id),
        details=details,
    )
    await connection.execute(event.insert().values(who))


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    """Yield a file in pieces, read in a thread."""
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, DOWNLOAD_CHUNK_BYTES):
            yield chunk
