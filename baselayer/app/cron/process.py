"""The process of a script: nothing in its environment but what it is given, and an end in time."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from baselayer.app.cron.jobs import Account
from baselayer.app.cron.strays import end_strays

CHUNK_BYTES = 64 * 1024
DRAIN_SECONDS = 2.0


@dataclass(frozen=True)
class Start:
    """What to start, and its bounds. `environment` is all that the script finds in its own."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    timeout_seconds: float
    output_limit_bytes: int
    account: Account | None = None
    grace_seconds: float = 10.0


@dataclass(frozen=True)
class End:
    """How a script ended; `exit_status` is minus the signal that ended it."""

    exit_status: int
    output: bytes
    is_truncated: bool
    is_timed_out: bool = False


class Script:
    """A script that runs, in a session and a directory of its own."""

    def __init__(self, process: asyncio.subprocess.Process, start: Start) -> None:
        self.pid = process.pid
        self._process = process
        self._start = start
        self._stopping = asyncio.Event()
        self._grace_seconds = start.grace_seconds

    def stop(self, grace_seconds: float = 3.0) -> None:
        """Have it ended before its time."""
        self._grace_seconds = min(grace_seconds, self._start.grace_seconds)
        self._stopping.set()

    async def ended(self) -> bool:
        """Wait for its end, or bring it about; tell whether it ran out of time.

        Whatever it started and left running is ended with it.
        """
        exited = asyncio.create_task(self._process.wait())
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            timeout = self._start.timeout_seconds
            await asyncio.wait(
                {exited, stopped}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
            )
            is_timed_out = not exited.done() and not stopped.done()
            if not exited.done():
                self._signal(signal.SIGTERM)
                await asyncio.wait({exited}, timeout=self._grace_seconds)
        finally:  # also when we are cancelled: nothing of it stays
            stopped.cancel()
            self._signal(signal.SIGKILL)
        await exited
        await asyncio.to_thread(end_strays, self.pid, _mark(self._start.environment))
        return is_timed_out

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


@asynccontextmanager
async def started(start: Start) -> AsyncGenerator[tuple[Script, "asyncio.Task[End]"]]:
    """Start a script; yield it with the task that waits for its end. OSError when it cannot be."""
    with _own_directory(start.account) as directory:
        reading, writing = os.pipe()
        try:
            process = await _spawn(start, directory, writing)
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        script = Script(process, start)
        task = asyncio.create_task(_followed(script, start, process, reading))
        try:
            yield script, task
        finally:
            script.stop()
            await asyncio.wait({task})


async def _spawn(start: Start, directory: Path, writing: int) -> asyncio.subprocess.Process:
    identity: dict[str, Any] = {}
    if start.account is not None:
        account = start.account
        identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
    # A sandbox, when there is one, goes in front of the command here.
    return await asyncio.create_subprocess_exec(
        *start.command,
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.STDOUT,
        cwd=directory,
        env=dict(start.environment),
        start_new_session=True,
        **identity,
    )


async def _followed(
    script: Script, start: Start, process: asyncio.subprocess.Process, reading: int
) -> End:
    output = _Output(start.output_limit_bytes)
    collecting = asyncio.create_task(output.collect(reading))
    is_timed_out = await script.ended()
    # What escaped us may hold the pipe open: what it writes is not waited for.
    await asyncio.wait({collecting}, timeout=DRAIN_SECONDS)
    collecting.cancel()
    with suppress(asyncio.CancelledError):
        await collecting
    assert process.returncode is not None  # noqa: S101 (it has ended)
    return End(process.returncode, bytes(output.head), output.is_truncated, is_timed_out)


class _Output:
    """The beginning of what a script writes; the rest is read and thrown away."""

    def __init__(self, limit_bytes: int) -> None:
        self.head = bytearray()
        self.is_truncated = False
        self._limit_bytes = limit_bytes

    async def collect(self, descriptor: int) -> None:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        file = os.fdopen(descriptor, "rb", buffering=0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, file)
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                room = self._limit_bytes - len(self.head)
                self.head += chunk[:room]
                self.is_truncated = self.is_truncated or len(chunk) > room
        finally:
            transport.close()


@contextmanager
def _own_directory(account: Account | None) -> Iterator[Path]:
    """Make a private directory to run in, and remove it afterwards."""
    path = Path(tempfile.mkdtemp(prefix="baselayer-cron-"))
    try:
        if account is not None:
            os.chown(path, account.uid, account.gid)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _mark(environment: Mapping[str, str]) -> bytes | None:
    """Return what is in the environment of this script's processes and of no others."""
    token = environment.get("BASELAYER_TOKEN")
    return None if token is None else f"BASELAYER_TOKEN={token}".encode()
