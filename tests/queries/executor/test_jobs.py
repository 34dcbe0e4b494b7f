"""Jobs end to end: what a run, an export and a test report."""

import asyncio
import hashlib

import psutil
import pyarrow as pa
import pytest

from baselayer.app.queries.executor.protocol import (
    Batch,
    Chunk,
    Columns,
    Egress,
    End,
    Event,
    ExportJob,
    Failed,
    Finished,
    Started,
    Step,
    TestJob,
)
from baselayer.app.queries.executor.supervise import Executor
from baselayer.app.queries.results.reader import read_page
from tests.queries.executor.conftest import Bench
from tests.targets import free_port


def last(events: list[Event]) -> Finished:
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1]


def failure(events: list[Event]) -> Failed:
    assert isinstance(events[-1], Failed), events[-1]
    return events[-1]


def test_run_reports_and_stores_its_rows(bench: Bench) -> None:
    job = bench.job("select id, name, price from items order by id")

    async def act(_: Executor) -> list[Event]:
        return await bench.events(job)

    events = bench.drive(act)
    assert [type(event) for event in events] == [Started, Columns, Batch, Batch, Finished]
    finished = last(events)
    assert (finished.rows, finished.truncated, finished.rowcount) == (1000, None, None)
    assert [column.source_type for column in finished.columns] == ["integer", "text", "numeric"]
    path = bench.store.path(job.file_name)
    assert finished.bytes == path.stat().st_size
    assert finished.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    page = read_page(path, finished.batch_rows, 998, 5)
    assert page.rows == [[999, "item 999", "1248.75"], [1000, "item 1000", "1250.00"]]
    places = [event for event in events if isinstance(event, Batch)]
    assert [place.rows for place in places] == finished.batch_rows
    raw = path.read_bytes()
    for place in places:
        part = pa.py_buffer(raw[place.offset : place.offset + place.length])
        assert pa.ipc.read_message(part).type == "record batch"


def test_limits_truncate_and_say_so(bench: Bench) -> None:
    async def act(_: Executor) -> list[Finished]:
        jobs = [
            bench.job("select id from items", limit_rows=999),
            bench.job("select id from items", limit_rows=1000),
            bench.job("select a.id from items a, items b, items c", limit_rows=10),
            bench.job("select repeat('x', 1000) from items", limit_bytes=100_400),
            bench.job("select repeat('x', 1000) from items", limit_cell_bytes=10),
            bench.job("select id from items", limit_rows=0),
        ]
        return [last(await bench.events(job)) for job in jobs]

    found = [(run.rows, run.truncated) for run in bench.drive(act)]
    assert found == [
        (999, "rows"),
        (1000, None),
        (10, "rows"),
        (100, "bytes"),
        (1000, "cells"),
        (0, "rows"),
    ]


def test_failure_is_reported_with_its_code_and_stores_nothing(bench: Bench) -> None:
    async def act(_: Executor) -> list[Failed]:
        jobs = [
            bench.job("select 1 from nowhere"),
            bench.job("select 1 / (id - 900) from items"),
            bench.job("commit; delete from items", target=bench.frame("postgres")),
            bench.job("delete from items", target=bench.frame("postgres")),
            bench.job("select 1", target=bench.frame(password="wrong")),
            bench.job("select 1", target=bench.frame(password=None)),
            bench.job("select 1", target=bench.frame(port=free_port())),
            bench.job("select 1", target=bench.frame(engine="nosuchdb")),
            bench.job("select 1", target=bench.frame(options={"host": "x"})),
            bench.job("select pg_sleep(30)", target=bench.frame(timeout_seconds=0.3)),
            bench.job("select 1", target=bench.frame(tls_mode="require")),
        ]
        return [failure(await bench.events(job)) for job in jobs]

    codes = [found.code for found in bench.drive(act)]
    assert codes == [
        *("query_failed", "query_failed", "query_failed", "query_failed"),
        *("target_login_failed", "target_password_missing", "target_unreachable"),
        *("driver_missing", "unknown_option", "query_timeout", "target_tls_failed"),
    ]
    assert list(bench.store.directory.iterdir()) == []


def test_policy_of_the_job_is_kept(bench: Bench) -> None:
    async def act(_: Executor) -> list[Failed]:
        jobs = [bench.job("select 1"), bench.job("select 1")]
        egress = [Egress(), Egress(True, True, [("127.0.0.1", bench.shop.port)])]
        return [
            failure(
                await bench.events(type(job)(job.run_id, job.target, rule, job.sql, job.file_name))
            )
            for job, rule in zip(jobs, egress, strict=True)
        ]

    assert [found.code for found in bench.drive(act)] == ["address_not_allowed"] * 2


def test_password_sealed_for_another_host_is_not_sent(bench: Bench) -> None:
    frame = bench.frame()
    moved = type(frame)(
        frame.engine, "localhost", frame.port, frame.database, frame.username,
        frame.sealed_password, frame.tls_mode,
    )  # fmt: skip

    async def act(_: Executor) -> Failed:
        return failure(await bench.events(bench.job("select 1", target=moved)))

    assert bench.drive(act).code == "seal_broken"


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/b", "", ".x"])
def test_file_name_that_is_a_path_is_refused(bench: Bench, name: str) -> None:
    async def act(_: Executor) -> list[Failed]:
        job = bench.job("select 1")
        run = type(job)(job.run_id, job.target, job.egress, job.sql, name)
        return [failure(await bench.events(each)) for each in (run, ExportJob(name, "csv"))]

    assert {found.code for found in bench.drive(act)} == {"request_invalid"}


def test_write_is_counted_committed_and_its_rows_stored(bench: Bench) -> None:
    target = bench.frame("writer", read_only=False)

    async def act(_: Executor) -> list[Finished]:
        await bench.query("create table if not exists notes (id int); grant all on notes to writer")
        await bench.query("truncate notes")
        statements = [
            bench.job("insert into notes select generate_series(1, 5000) returning id",
                      target=target, limit_rows=100),
            bench.job("update notes set id = -id where id < 4", target=target),
            bench.job("select count(*) from notes", target=target),
        ]  # fmt: skip
        return [last(await bench.events(job)) for job in statements]

    inserted, updated, counted = bench.drive(act)
    assert (inserted.rows, inserted.truncated, inserted.rowcount) == (100, "rows", 5000)
    assert (updated.rows, updated.rowcount, updated.columns) == (0, 3, [])
    assert (counted.rows, counted.rowcount) == (1, None)
    assert bench.shop.admin("select count(*) from notes where id < 0") == [(3,)]


def test_full_disk_fails_the_run_and_undoes_the_write(bench: Bench) -> None:
    target = bench.frame("writer", read_only=False)
    noise = "insert into kept select md5(i::text) from generate_series(1, 50000) i returning t"

    async def act(executor: Executor) -> Failed:
        await bench.query("create table if not exists kept (t text); grant all on kept to writer")
        assert executor.pid is not None
        psutil.Process(executor.pid).rlimit(psutil.RLIMIT_FSIZE, (200_000, 200_000))
        return failure(await bench.events(bench.job(noise, target=target)))

    assert bench.drive(act).code == "disk_full"
    assert bench.shop.admin("select count(*) from kept") == [(0,)]
    assert list(bench.store.directory.iterdir()) == []


def test_export_sends_the_file_in_chunks(bench: Bench) -> None:
    job = bench.job("select i, repeat('x', 100) t from generate_series(1, 50000) i")

    async def act(_: Executor) -> tuple[list[Event], list[Event], list[Event]]:
        last(await bench.events(job))
        return (
            await bench.events(ExportJob(job.file_name, "csv")),
            await bench.events(ExportJob(job.file_name, "jsonl")),
            await bench.events(ExportJob("nothing.arrow", "csv")),
        )

    csv, jsonl, missing = bench.drive(act)
    for events in (csv, jsonl):
        assert isinstance(events[-1], End)
        data = b"".join(event.data for event in events if isinstance(event, Chunk))
        assert data.count(b"\n") in (50_000, 50_001)
        assert len(events) > 10
    assert failure(missing).code == "result_gone"


def test_slow_client_of_an_export_holds_it_back(bench: Bench) -> None:
    job = bench.job("select repeat('x', 1000) t from generate_series(1, 60000) i")

    async def act(_: Executor) -> int:
        last(await bench.events(job))
        stream = await bench.begin(ExportJob(job.file_name, "csv"))
        await anext(stream)
        await asyncio.sleep(0.3)
        taken = len(stream._reader._buffer)  # type: ignore[attr-defined] # what asyncio holds of it
        count = 0
        async for event in stream:
            count += len(event.data) if isinstance(event, Chunk) else 0
        assert count > 50_000_000
        return taken

    assert bench.drive(act) < 1_000_000


def test_test_job_reports_each_step(bench: Bench) -> None:
    async def act(_: Executor) -> list[list[Event]]:
        frames = [bench.frame(), bench.frame(password="wrong"), bench.frame(host="no.invalid")]
        return [await bench.events(TestJob(frame, bench.egress)) for frame in frames]

    good, wrong_password, wrong_host = bench.drive(act)
    assert [event.name for event in good if isinstance(event, Step)] == [
        *("resolve", "login", "select 1")
    ]
    assert all(
        event.failure is None and event.seconds >= 0 for event in good if isinstance(event, Step)
    )
    for events, name, code in (
        (wrong_password, "login", "target_login_failed"),
        (wrong_host, "resolve", "target_unreachable"),
    ):
        step, end = events[-2:]
        assert isinstance(end, End)
        assert isinstance(step, Step)
        assert step.failure is not None
        assert (step.name, step.failure.code) == (name, code)
