"""What a job does, in a thread of the executor: run a statement, export a result, try a target.

A job reports through `emit`, which waits until the client has room for more and raises when the
client is gone.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace

import pyarrow as pa

from baselayer.app.connections.drivers.base import Column, Session, Target
from baselayer.app.connections.drivers.registry import driver_for
from baselayer.app.connections.tunnels.registry import Tunnels
from baselayer.app.egress.dialler import resolve
from baselayer.app.errors import BaselayerError, RunCancelledError, RunLostError
from baselayer.app.files.stores import LocalStore
from baselayer.app.queries.executor.protocol import (
    Batch,
    Chunk,
    Columns,
    End,
    Event,
    ExportJob,
    Failed,
    Finished,
    Job,
    ResultColumn,
    RunJob,
    Started,
    Step,
    TestJob,
)
from baselayer.app.queries.executor.ways import first_place, way_of
from baselayer.app.queries.export.formats import export
from baselayer.app.queries.results.writer import ResultWriter
from baselayer.app.sealing.ring import KeyRing

# Rows of a stored batch: decoding one costs milliseconds, so a cold page does too (measured).
BATCH_ROWS = 16_384

# A frame of an export: much below the longest frame, much above the cost of one.
CHUNK_BYTES = 524_288

Emit = Callable[[Event], None]


@dataclass
class Control:
    """The handle by which others stop a job: from the client, or because the process ends."""

    cancelled: threading.Event = field(default_factory=threading.Event)
    is_lost: bool = False
    _session: Session | None = None

    def cancel(self) -> None:
        """Stop the job, whether it waits, dials or runs; may be called again and again."""
        self.cancelled.set()
        session = self._session
        if session is not None:
            session.cancel()

    def refuse_if_cancelled(self) -> None:
        """Raise what a job that was stopped ends with."""
        if self.is_lost:
            raise RunLostError("The executor was stopped while it ran this. Start the run again.")
        if self.cancelled.is_set():
            raise RunCancelledError("The run was cancelled.")

    @contextmanager
    def watching(self, session: Session) -> Iterator[Session]:
        """Let `cancel` reach `session`, and close it at the end.

        The seam for pools: here a session would go back to one.
        """
        self._session = session
        try:
            yield session
        finally:
            self._session = None
            session.close()


@dataclass(frozen=True)
class Workshop:
    """What every job of this process works with."""

    ring: KeyRing
    store: LocalStore
    file_roots: tuple[str, ...] = ()
    tunnels: Tunnels = field(default_factory=Tunnels)

    def do(self, job: Job, control: Control, emit: Emit) -> None:
        """Do `job` to its end, reporting by `emit`; raises our errors."""
        control.refuse_if_cancelled()
        if isinstance(job, RunJob):
            self._run(job, control, emit)
        elif isinstance(job, ExportJob):
            self._export(job, control, emit)
        else:
            self._test(job, control, emit)

    def _run(self, job: RunJob, control: Control, emit: Emit) -> None:
        begun = time.monotonic()
        target = job.target.open(self.ring, limit_cell_bytes=job.limit_cell_bytes)
        target = replace(target, file_roots=self.file_roots)
        with control.watching(self._open(target, job, control)) as session:
            control.refuse_if_cancelled()
            emit(Started(session.backend_id))
            columns, batches = session.stream(job.sql, min(BATCH_ROWS, job.limit_rows + 1))
            described = [_described(column) for column in columns]
            emit(Columns(described))
            with self.store.create(job.file_name) as upload, closing(batches) as rows:
                writer = ResultWriter(
                    upload,
                    pa.schema([column.to_field() for column in columns]),
                    limit_rows=job.limit_rows,
                    limit_bytes=job.limit_bytes,
                )
                _store(rows, writer, emit)
                rows.close()  # what a limit left over is cancelled, or written unseen
                writer.finish()
                control.refuse_if_cancelled()
                upload.finish()
                self._commit(session, job)
        emit(
            Finished(
                rows=writer.rows,
                bytes=upload.tell(),
                truncated=writer.truncated,
                sha256=upload.sha256,
                batch_rows=[place.rows for place in writer.places],
                columns=described,
                rowcount=session.rowcount,
                seconds=time.monotonic() - begun,
            )
        )

    def _commit(self, session: Session, job: RunJob) -> None:
        """Keep the changes once the file is safe: no full disk can follow them any more."""
        try:
            session.commit()
        except BaseException:
            self.store.delete(job.file_name)
            raise

    def _export(self, job: ExportJob, control: Control, emit: Emit) -> None:
        for data in export(self.store.path(job.file_name), job.format):
            control.refuse_if_cancelled()
            for start in range(0, len(data), CHUNK_BYTES):
                emit(Chunk(data[start : start + CHUNK_BYTES]))
        emit(End())

    def _test(self, job: TestJob, control: Control, emit: Emit) -> None:
        target = replace(job.target.open(self.ring), file_roots=self.file_roots)
        opened: list[Session] = []

        def look_up() -> None:
            if driver_for(target.engine).default_port:  # none: the engine is a file
                resolve(*first_place(job.target), job.egress.policy())

        def log_in() -> None:
            opened.append(self._open(target, job, control))

        if _step("resolve", emit, look_up) and _step("login", emit, log_in):
            with control.watching(opened[0]) as session:
                _step("select 1", emit, lambda: _select_one(session))
        emit(End())

    def _open(self, target: Target, job: RunJob | TestJob, control: Control) -> Session:
        way = way_of(job.target, self.ring, job.egress.policy(), self.tunnels)
        return driver_for(target.engine).open(target, way, cancelled=control.cancelled)


def _store(rows: Iterator[pa.RecordBatch], writer: ResultWriter, emit: Emit) -> None:
    for batch in rows:
        place = writer.append(batch)
        if place is not None:
            emit(Batch(place.offset, place.length, place.rows))
        if writer.is_full:
            return


def _select_one(session: Session) -> None:
    _, batches = session.stream("select 1", 1)
    for _batch in batches:
        pass
    session.commit()


def _step(name: str, emit: Emit, act: Callable[[], object]) -> bool:
    """Do one step of a test and report it; tell whether it succeeded."""
    begun = time.monotonic()
    try:
        act()
    except BaselayerError as error:
        emit(Step(name, time.monotonic() - begun, Failed.of(error)))
        return False
    emit(Step(name, time.monotonic() - begun))
    return True


def _described(column: Column) -> ResultColumn:
    return ResultColumn(column.name, str(column.type), column.source_type)
