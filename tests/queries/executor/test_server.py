"""The server keeps its promises: cancel at any time, no waiting loop, an orderly end."""

import asyncio
import os
import signal
import stat
import time

from baselayer.app.queries.executor.client import JobStream
from baselayer.app.queries.executor.protocol import (
    Cancel,
    Event,
    ExportJob,
    Failed,
    Finished,
    Started,
    encode,
)
from baselayer.app.queries.executor.supervise import Executor
from tests.queries.executor.conftest import Bench, eventually
from tests.targets import SOON_SECONDS


async def none_active(bench: Bench) -> bool:
    found = await bench.query(
        "select 1 from pg_stat_activity where state = 'active' and query like '%pg_sleep%'"
        " and pid <> pg_backend_pid()"
    )
    return not found


async def ending(stream: JobStream) -> Event:
    return [event async for event in stream][-1]


def test_socket_is_private(bench: Bench) -> None:
    async def act(_: Executor) -> tuple[int, int]:
        path = bench.settings.socket_path
        return stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)

    assert bench.drive(act) == (0o600, 0o700)


def test_cancel_ends_a_running_statement_soon(bench: Bench) -> None:
    async def act(_: Executor) -> tuple[Event, float]:
        stream = await bench.begin(bench.job("select pg_sleep(60)"))
        assert isinstance(await anext(stream), Started)
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        await stream.cancel()
        end = await ending(stream)
        await eventually(lambda: none_active(bench), seconds=SOON_SECONDS)
        return end, time.monotonic() - begun

    end, seconds = bench.drive(act)
    assert isinstance(end, Failed)
    assert end.code == "run_cancelled"
    assert seconds < SOON_SECONDS


def test_cancel_before_the_statement_keeps_it_from_starting(bench: Bench) -> None:
    async def act(_: Executor) -> list[Event]:
        await bench.query("create table if not exists marks (i int); grant all on marks to writer")
        job = bench.job(
            "insert into marks values (1)", target=bench.frame("writer", read_only=False)
        )
        reader, writer = await asyncio.open_unix_connection(bench.settings.socket_path)
        writer.write(encode(job) + encode(Cancel()))
        async with JobStream(reader, writer) as stream:
            return [event async for event in stream]

    events = bench.drive(act)
    assert isinstance(events[-1], Failed)
    assert events[-1].code == "run_cancelled"
    assert bench.shop.admin("select count(*) from marks") == [(0,)]


def test_cancel_of_a_waiting_job_is_answered_at_once(bench: Bench) -> None:
    async def act(_: Executor) -> tuple[Event, float]:
        busy = [await bench.begin(bench.job("select pg_sleep(60)")) for _ in range(4)]
        for stream in busy:
            await anext(stream)
        waiting = await bench.begin(bench.job("select 1"))
        begun = time.monotonic()
        await waiting.cancel()
        end = await ending(waiting)
        seconds = time.monotonic() - begun
        for stream in busy:
            stream.close()
        return end, seconds

    end, seconds = bench.drive(act)
    assert isinstance(end, Failed)
    assert (end.code, seconds < SOON_SECONDS) == ("run_cancelled", True)


def test_client_that_leaves_cancels_its_job(bench: Bench) -> None:
    async def act(_: Executor) -> None:
        stream = await bench.begin(bench.job("select pg_sleep(60)"))
        await anext(stream)
        stream.close()
        await eventually(lambda: none_active(bench), seconds=SOON_SECONDS)
        assert isinstance((await bench.events(bench.job("select 1")))[-1], Finished)

    bench.drive(act)
    assert list(bench.store.directory.glob("*.partial")) == []


def test_twenty_random_cancels_leave_nothing_running(bench: Bench) -> None:
    async def one(delay: float) -> Event:
        stream = await bench.begin(bench.job("select count(*) from items a, items b, items c"))
        await asyncio.sleep(delay)
        await stream.cancel()
        return await ending(stream)

    async def act(_: Executor) -> list[Event]:
        return await asyncio.gather(*(one(0.007 * i) for i in range(20)))

    ends = bench.drive(act)
    assert {end.code for end in ends if isinstance(end, Failed)} == {"run_cancelled"}
    assert bench.shop.admin(
        "select count(*) from pg_stat_activity where query like '%items c%' and state = 'active'"
        " and pid <> pg_backend_pid()"
    ) == [(0,)]


def test_more_jobs_than_threads_all_end(bench: Bench) -> None:
    async def act(_: Executor) -> list[Event]:
        jobs = [bench.job(f"select {i} as n, pg_sleep(0.02)") for i in range(24)]
        return [events[-1] for events in await asyncio.gather(*map(bench.events, jobs))]

    assert [type(end) for end in bench.drive(act)] == [Finished] * 24


def test_nonsense_on_the_socket_harms_nobody(bench: Bench) -> None:
    async def act(_: Executor) -> None:
        for data in (b"GET / HTTP/1.0\r\n\r\n", b"\xff" * 64, encode(Cancel()), b"\0\0\0\x01\xc1"):
            reader, writer = await asyncio.open_unix_connection(bench.settings.socket_path)
            writer.write(data)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
        assert isinstance((await bench.events(bench.job("select 1")))[-1], Finished)

    bench.drive(act)


def test_termination_cancels_what_runs_and_says_it_was_lost(bench: Bench) -> None:
    async def act(executor: Executor) -> tuple[list[Event], float]:
        running = await bench.begin(bench.job("select pg_sleep(60)"))
        await anext(running)
        busy = [await bench.begin(bench.job("select pg_sleep(60)")) for _ in range(3)]
        for stream in busy:
            await anext(stream)
        waiting = await bench.begin(ExportJob("x.arrow", "csv"))
        assert executor.pid is not None
        begun = time.monotonic()
        os.kill(executor.pid, signal.SIGTERM)
        ends = [await ending(running), await ending(waiting)]
        await eventually(lambda: none_active(bench), seconds=3)
        for stream in busy:
            stream.close()
        return ends, time.monotonic() - begun

    ends, seconds = bench.drive(act)
    assert [end.code for end in ends if isinstance(end, Failed)] == ["run_lost", "run_lost"]
    assert seconds < SOON_SECONDS
