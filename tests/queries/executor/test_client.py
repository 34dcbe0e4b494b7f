"""The client's stream ends with the job, and tells a dead executor from a finished one."""

import asyncio
from pathlib import Path

import pytest

from baselayer.app.errors import ExecutorUnavailableError, RunLostError
from baselayer.app.queries.executor.client import JobStream, run_job
from baselayer.app.queries.executor.protocol import (
    Cancel,
    End,
    ExportJob,
    Started,
    encode,
    read_request,
)

JOB = ExportJob("a.arrow", "csv")


def talk(tmp_path: Path, *answers: bytes) -> tuple[list[object], list[object]]:
    """Run a job against a server that sends `answers`; return events and requests."""
    requests: list[object] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await read_request(reader))
        for answer in answers:
            writer.write(answer)
        await writer.drain()
        writer.close()

    async def main() -> list[object]:
        server = await asyncio.start_unix_server(serve, tmp_path / "s")
        async with server, await run_job(tmp_path / "s", JOB) as stream:
            found: list[object] = [event async for event in stream]
            await stream.cancel()  # too late, and harmless
            return found

    return asyncio.run(main()), requests


def test_stream_ends_with_the_last_event(tmp_path: Path) -> None:
    events, requests = talk(tmp_path, encode(Started(1)), encode(End()), encode(Started(2)))
    assert events == [Started(1), End()]
    assert requests == [JOB]


@pytest.mark.parametrize("answer", [b"", encode(Started(1)), encode(End())[:5]])
def test_stream_cut_short_is_a_lost_run(tmp_path: Path, answer: bytes) -> None:
    with pytest.raises(RunLostError):
        talk(tmp_path, answer)


def test_no_socket_is_no_executor(tmp_path: Path) -> None:
    with pytest.raises(ExecutorUnavailableError):
        asyncio.run(run_job(tmp_path / "nothing", JOB))


def test_cancel_is_sent(tmp_path: Path) -> None:
    async def main() -> object:
        told: asyncio.Queue[object] = asyncio.Queue()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)
            told.put_nowait(await read_request(reader))
            writer.close()

        async with await asyncio.start_unix_server(serve, tmp_path / "s"):
            stream: JobStream = await run_job(tmp_path / "s", JOB)
            await stream.cancel()
            found = await told.get()
            stream.close()
            return found

    assert asyncio.run(main()) == Cancel()
