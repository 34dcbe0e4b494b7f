"""The executor's side of a database that is a file: a child reads it, and can be killed."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

import baselayer
from baselayer.app.connections.drivers import file_frames
from baselayer.app.connections.drivers.base import Column, Target
from baselayer.app.connections.drivers.file_place import Place, placed
from baselayer.app.errors import (
    BaselayerError,
    QueryFailedError,
    QueryTimeoutError,
    RunCancelledError,
    TargetError,
    TargetUnreachableError,
)

CHILDREN = "baselayer.app.connections.drivers"
# How long a child that was asked to stop may take, before it is killed.
GRACE_SECONDS = 1.0


class FileSession:
    """A `Session` on a child process of our own."""

    def __init__(self, target: Target, place: Place, cancelled: threading.Event) -> None:
        self._target = target
        self._cancelled = cancelled
        self._expired = False
        self._running = False
        self._is_kill_planned = False
        self._timers: list[threading.Timer] = []
        self._talking = threading.Lock()
        self._process = _spawn(target.engine, place.directory)
        self._tell(
            {
                "directory": place.directory,
                "name": place.name,
                "device": place.device,
                "inode": place.inode,
                "timeout_seconds": target.timeout_seconds,
                "limit_cell_bytes": target.limit_cell_bytes,
            }
        )

    @property
    def backend_id(self) -> int | None:
        """The process id of the child."""
        return self._process.pid

    @property
    def rowcount(self) -> int | None:
        """None: nothing is ever changed."""
        return None

    def prepare(self) -> None:
        """Wait until the child has opened the file."""
        self._watch(self._target.connect_timeout_seconds)
        try:
            self._running = True
            kind, payload = self._next()
        finally:
            self._rest()
        if kind != file_frames.READY:
            raise self._failed(payload)

    def stream(
        self, sql: str, batch_rows: int
    ) -> tuple[list[Column], Generator[pa.RecordBatch, None, None]]:
        """Run one statement, as `Session.stream` says."""
        self._expired = False
        self._running = True  # before the look at the flag: a cancel sees one or the other
        self._watch(self._target.timeout_seconds)
        try:
            self._refuse_if_cancelled()
            self._tell({"sql": sql, "batch_rows": batch_rows})
            kind, payload = self._next()
            if kind != file_frames.COLUMNS:
                raise self._failed(payload)
        except BaseException:
            self._rest()
            raise
        schema = pa.ipc.read_schema(pa.py_buffer(payload))
        return [_column(field) for field in schema], self._batches()

    def cancel(self) -> None:
        """Stop the child's statement, and the child if it does not."""
        self._cancelled.set()
        if self._running:
            self._interrupt()

    def commit(self) -> None:
        """Do nothing: there is nothing to keep."""

    def close(self) -> None:
        """End the child."""
        self._rest()
        self._kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        with self._talking:
            for pipe in (self._process.stdin, self._process.stdout):
                with suppress(OSError):
                    if pipe is not None:
                        pipe.close()

    def _batches(self) -> Generator[pa.RecordBatch, None, None]:
        try:
            while True:
                kind, payload = self._next()
                if kind == file_frames.FINISHED:
                    return
                if kind != file_frames.BATCH:
                    raise self._failed(payload)
                yield file_frames.batch_of(payload)
        except GeneratorExit:
            self._leave_rest()
            raise
        finally:
            self._rest()

    def _leave_rest(self) -> None:
        self._interrupt()
        with suppress(BaselayerError):
            while self._next()[0] == file_frames.BATCH:
                pass

    def _next(self) -> tuple[bytes, bytes]:
        try:
            return file_frames.read(_pipe(self._process.stdout))
        except (EOFError, OSError, ValueError):
            raise self._died() from None

    def _tell(self, message: dict[str, Any]) -> None:
        with self._talking, suppress(OSError, ValueError):  # a child that died is seen in reading
            pipe = _pipe(self._process.stdin)
            pipe.write(file_frames.line(message))
            pipe.flush()

    def _watch(self, seconds: float) -> None:
        def expire() -> None:
            self._expired = True
            self._interrupt()

        self._after(seconds, expire)

    def _interrupt(self) -> None:
        if not self._is_kill_planned:
            self._is_kill_planned = True
            self._after(GRACE_SECONDS, self._kill)
            self._tell({"interrupt": True})

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    def _after(self, seconds: float, act: Any) -> None:
        timer = threading.Timer(seconds, act)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def _rest(self) -> None:
        self._running = False
        self._is_kill_planned = False
        timers, self._timers = self._timers, []
        for timer in timers:
            timer.cancel()

    def _failed(self, payload: bytes) -> BaselayerError:
        self._refuse_if_cancelled()
        cause, text = json.loads(payload)
        # The child keeps the time too, and may be first to say so.
        if self._expired or cause == file_frames.BY_INTERRUPT:
            return self._timeout()
        if cause == file_frames.BY_MEMORY:
            return _out_of_memory()
        if cause == file_frames.BY_FILE:
            return TargetError(f"The database file cannot be read: {text}.")
        return QueryFailedError(f"The database refused the statement: {text}.")

    def _died(self) -> BaselayerError:
        self._kill()
        code = self._process.wait(10)
        self._refuse_if_cancelled()
        if self._expired or code == -signal.SIGXCPU:
            return self._timeout()
        return _out_of_memory()

    def _refuse_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise RunCancelledError("The run was cancelled.")

    def _timeout(self) -> QueryTimeoutError:
        return QueryTimeoutError(
            f"The statement ran longer than {self._target.timeout_seconds:g} s and was cancelled."
        )


def open_session(target: Target, cancelled: threading.Event | None) -> FileSession:
    """Find the target's file, and start a child that has it open."""
    if not target.read_only:
        raise TargetError(
            f"Databases that are files are only read: {target.engine} has no `read_only: false`."
        )
    with placed(target.database, target.file_roots) as place:
        session = FileSession(target, place, cancelled or threading.Event())
    try:
        session.prepare()
    except QueryTimeoutError:
        session.close()
        raise TargetUnreachableError(
            f"The file was not opened within {target.connect_timeout_seconds:g} s."
        ) from None
    except BaseException:
        session.close()
        raise
    return session


def _out_of_memory() -> QueryFailedError:
    return QueryFailedError(
        "The statement ran out of memory: it may use 1.5 GiB. Select less, or group before joining."
    )


def _column(field: Any) -> Column:
    source_type = (field.metadata or {}).get(b"source_type", b"").decode()
    return Column(field.name, field.type, source_type)


def _pipe(pipe: IO[bytes] | None) -> Any:
    if pipe is None:
        raise EOFError
    return pipe


def _spawn(engine: str, directory: int) -> subprocess.Popen[bytes]:
    """Start the child with nothing of our environment and no descriptor but the directory's."""
    package = Path(str(baselayer.__file__)).parent.parent
    return subprocess.Popen(
        [sys.executable, "-P", "-m", f"{CHILDREN}.{engine}_engine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=(directory,),
        cwd="/",
        env={
            "PYTHONPATH": str(package),
            "PATH": os.defpath,
            "HOME": "/nonexistent",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            # One heap: pools of their own reserve more address space than the child may have.
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "MALLOC_ARENA_MAX": "2",
        },
        start_new_session=True,
    )
