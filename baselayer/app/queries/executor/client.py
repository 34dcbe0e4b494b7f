"""The client's side of a job: send it to an executor, read its events, cancel it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from baselayer.app.errors import ExecutorUnavailableError, RunLostError
from baselayer.app.queries.executor.protocol import (
    TERMINAL,
    Cancel,
    Event,
    Frame,
    Job,
    encode,
    read_event,
)


class JobStream:
    """The events of one job, ending with `Finished`, `Failed` or `End`; an async context.

    Leaving the context, or `close`, cancels a job that is not over.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._over = False

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        """Return the next event; RunLostError when the executor died before the last."""
        if self._over:
            raise StopAsyncIteration
        try:
            event = await read_event(self._reader)
        except (EOFError, ConnectionError):
            self.close()
            raise RunLostError(
                "The process that executed this died. Start the run again."
            ) from None
        if isinstance(event, TERMINAL):
            self.close()
        return event

    async def cancel(self) -> None:
        """Ask the executor to stop; the events go on until it says `Failed`."""
        if not self._over:
            with suppress(ConnectionError):
                await self._send(Cancel())

    def close(self) -> None:
        """Leave; a job that is not over is cancelled."""
        self._over = True
        self._writer.close()

    async def __aenter__(self) -> "JobStream":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def _send(self, frame: Frame) -> None:
        self._writer.write(encode(frame))
        await self._writer.drain()


async def run_job(socket_path: Path, job: Job) -> JobStream:
    """Send `job` to the executor at `socket_path`; ExecutorUnavailableError when there is none."""
    try:
        reader, writer = await asyncio.open_unix_connection(socket_path)
        writer.write(encode(job))
        await writer.drain()
    except OSError:
        raise ExecutorUnavailableError(
            "No executor took the job. It is restarted by itself: try again in a few seconds."
        ) from None
    return JobStream(reader, writer)
