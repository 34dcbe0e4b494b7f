"""Keep an executor running: start it in a clean environment, restart it when it dies, stop it."""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

import baselayer
from baselayer.app.errors import ExecutorUnavailableError
from baselayer.log import make_log

log = make_log("executor")

START_SECONDS = 20.0
STOP_SECONDS = 8.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 10.0
# An executor that lived so long was well: the next pause is the first again.
HEALTHY_SECONDS = 30.0


@dataclass(frozen=True)
class ExecutorSettings:
    """Where an executor listens, reads keys and stores results; how many jobs it does at once."""

    socket_path: Path
    keys_path: Path
    results_path: Path
    threads: int = 8
    log_path: Path | None = None  # None: our own standard error
    log_level: str = "INFO"
    file_roots: tuple[Path, ...] = ()  # where databases that are files may lie

    def command(self) -> list[str]:
        """Return what to run."""
        return [
            *(
                sys.executable,
                "-P",
                "-s",
                "-m",
                "baselayer.app.queries.executor",
            ),  # only our modules
            *("--socket", str(self.socket_path), "--keys", str(self.keys_path)),
            *("--results", str(self.results_path), "--threads", str(self.threads)),
            *("--log-level", self.log_level),
            *(part for root in self.file_roots for part in ("--file-root", str(root))),
        ]


class Executor:
    """One supervised executor process; an async context, or `start` and `stop`."""

    def __init__(self, settings: ExecutorSettings) -> None:
        self.settings = settings
        self.restarts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def socket_path(self) -> Path:
        """Where `run_job` finds it."""
        return self.settings.socket_path

    @property
    def pid(self) -> int | None:
        """The process id, None while there is no process."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    async def start(self) -> None:
        """Start it and return once it takes jobs; ExecutorUnavailableError when it does not."""
        self._stopping = False
        await self._spawn()
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End it: running statements are cancelled first, and it is killed if it lingers."""
        self._stopping = True
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        await self._end_process()

    async def __aenter__(self) -> "Executor":
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _keep(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping:
            begun = time.monotonic()
            if self._process is not None:
                code = await self._process.wait()
                log.warning(f"The executor ended with status {code}; it is started again.")
            if time.monotonic() - begun > HEALTHY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            self.restarts += 1
            try:
                await self._spawn()
            except ExecutorUnavailableError as error:
                log.error(error.message)

    async def _spawn(self) -> None:
        with _log_of(self.settings.log_path) as stderr:
            self._process = await asyncio.create_subprocess_exec(
                *self.settings.command(),
                stdin=asyncio.subprocess.PIPE,  # held open by us: its end tells the child to go
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                env=_environment(),
                cwd="/",
                start_new_session=True,  # a Ctrl-C at the terminal is ours to pass on
            )
        try:
            async with asyncio.timeout(START_SECONDS):
                line = await self._stdout().readline()
        except TimeoutError:
            line = b""
        if line.strip() != b"ready":
            await self._end_process()
            raise ExecutorUnavailableError("The executor did not start; its log says why.")

    async def _end_process(self) -> None:
        process = self._process
        if process is None:
            return
        self._process = None
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.stdin is not None:
            process.stdin.close()

    def _stdout(self) -> asyncio.StreamReader:
        if self._process is None or self._process.stdout is None:
            raise ExecutorUnavailableError("The executor has no standard output.")
        return self._process.stdout


@contextmanager
def _log_of(path: Path | None) -> Iterator[IO[bytes] | None]:
    if path is None:
        yield None
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("ab") as file:
        yield file


def _environment() -> dict[str, str]:
    """Return all that the child gets: where this package is, and nothing of our own environment."""
    package = baselayer.__file__ or ""
    return {"PYTHONPATH": str(Path(package).parent.parent), "LC_ALL": "C.UTF-8"}
