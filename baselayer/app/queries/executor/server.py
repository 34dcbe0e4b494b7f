"""The executor's event loop: takes jobs at a Unix socket, has threads do them, passes events on."""

import asyncio
import os
import socket
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec

from baselayer.app.errors import (
    BaselayerError,
    InternalError,
    RunCancelledError,
    RunLostError,
)
from baselayer.app.queries.executor.jobs import Control, Emit, Workshop
from baselayer.app.queries.executor.protocol import (
    Cancel,
    Event,
    Failed,
    Job,
    encode,
    read_request,
)
from baselayer.log import make_log

log = make_log("executor")

FIRST_FRAME_SECONDS = 10.0
# A client that takes nothing for so long is taken for gone: it holds a thread and a session.
STALLED_SECONDS = 120.0
CANCEL_AGAIN_SECONDS = 0.5
STOP_SECONDS = 4.0
LAST_WORDS_SECONDS = 0.05  # for the events that say how the last jobs ended
CANCEL_THREADS = 8


class ClientGoneError(Exception):
    """The client of a job left, so that its events have nowhere to go."""


class Server:
    """Serves jobs until `stop`; at most `threads` at a time, the others wait."""

    def __init__(self, workshop: Workshop, *, threads: int) -> None:
        self._workshop = workshop
        self._workers = ThreadPoolExecutor(threads, thread_name_prefix="job")
        # Cancelling talks to databases too, and must not wait behind the jobs that it ends.
        self._cancellers = ThreadPoolExecutor(CANCEL_THREADS, thread_name_prefix="cancel")
        self._jobs: dict[Future[None], Control] = {}
        self._stopping = asyncio.Event()

    async def serve(self, path: Path) -> None:
        """Listen at `path` until `stop` is called, then end what runs."""
        server = await asyncio.start_unix_server(self._serve_client, sock=_listener(path))
        try:
            await self._stopping.wait()
        finally:
            server.close()
            path.unlink(missing_ok=True)
            await self._end_jobs()

    def stop(self) -> None:
        """Take no more jobs and end those that run; from the loop's thread."""
        self._stopping.set()

    async def _end_jobs(self) -> None:
        for job, control in self._jobs.items():
            control.is_lost = True
            job.cancel()  # one that waits must not begin when another makes room
        running = [self._cancel(job, control) for job, control in self._jobs.items()]
        if running:
            await asyncio.wait(
                [asyncio.ensure_future(end) for end in running], timeout=STOP_SECONDS
            )
        await asyncio.sleep(LAST_WORDS_SECONDS)

    async def _serve_client(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            async with asyncio.timeout(FIRST_FRAME_SECONDS):
                request = await read_request(reader)
            if not isinstance(request, Cancel):
                await self._serve_job(request, reader, writer)
        except (EOFError, TimeoutError, ConnectionError, ClientGoneError):
            pass
        except (ValueError, msgspec.MsgspecError):
            log.warning("A frame was refused: it is no job of this version's protocol.")
        finally:
            writer.close()

    async def _serve_job(
        self, job: Job, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        control = Control(is_lost=self._stopping.is_set())
        loop = asyncio.get_running_loop()

        def emit(event: Event) -> None:
            asyncio.run_coroutine_threadsafe(_send(writer, event), loop).result()

        work = self._workers.submit(self._work, job, control, emit)
        self._jobs[work] = control
        listener = asyncio.create_task(self._listen(reader, work, control))
        try:
            await asyncio.wait([asyncio.wrap_future(work)])
            if work.cancelled():
                await _send(writer, _ended(control))
        finally:
            listener.cancel()
            del self._jobs[work]

    def _work(self, job: Job, control: Control, emit: Emit) -> None:
        """Do the job in a thread; whatever happens, the client hears how it ended."""
        try:
            self._workshop.do(job, control, emit)
        except ClientGoneError:
            return
        except RunCancelledError:
            emit(_ended(control))
        except BaselayerError as error:
            emit(Failed.of(error))
        except Exception as error:  # noqa: BLE001 - the last resort of a thread; it is logged
            # Frames only: the message of a foreign error may hold what must not be in a log.
            frames = "".join(traceback.format_tb(error.__traceback__))
            log.error(f"A job failed with {type(error).__name__}:\n{frames}")
            emit(Failed.of(InternalError(f"The executor failed with {type(error).__name__}.")))

    async def _listen(
        self, reader: asyncio.StreamReader, work: Future[None], control: Control
    ) -> None:
        """Cancel the job when the client says so, leaves, or says anything else."""
        with suppress(EOFError, ValueError, msgspec.MsgspecError, ConnectionError):
            await read_request(reader)
        await self._cancel(work, control)

    async def _cancel(self, work: Future[None], control: Control) -> None:
        """Cancel until it is over: a request may overtake the statement it is meant for."""
        control.cancelled.set()
        work.cancel()
        loop = asyncio.get_running_loop()
        while not work.done():
            await loop.run_in_executor(self._cancellers, control.cancel)
            await asyncio.wait([asyncio.wrap_future(work)], timeout=CANCEL_AGAIN_SECONDS)


def _ended(control: Control) -> Failed:
    if control.is_lost:
        return Failed.of(RunLostError("The executor was stopped. Start the run again."))
    return Failed.of(RunCancelledError("The run was cancelled."))


async def _send(writer: asyncio.StreamWriter, event: Event) -> None:
    """Write an event and wait for room: a slow client slows its job, and memory stays bounded."""
    if writer.is_closing():
        raise ClientGoneError
    try:
        writer.write(encode(event))
        async with asyncio.timeout(STALLED_SECONDS):
            await writer.drain()
    except (ConnectionError, TimeoutError):
        writer.transport.abort()
        raise ClientGoneError from None


def _listener(path: Path) -> socket.socket:
    """Return a listening Unix socket of mode 0600 in a 0700 directory."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)
    return listener
