"""The scheduler: each nominal time once, whoever is there, whatever the clock does."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from baselayer.app.config.cron import CronJob
from baselayer.app.cron.jobs import Job
from baselayer.app.cron.run import CronRunner
from baselayer.app.cron.service import Scheduler
from baselayer.app.db.engine import Database
from baselayer.app.errors import ConfigError
from tests.cron.conftest import NOON, Office, until


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **time: float) -> None:
        self.now += timedelta(**time)


@asynccontextmanager
async def _scheduler(
    office: Office, clock: Clock, *jobs: Job, catch_up_seconds: float = 3600
) -> AsyncIterator[Scheduler]:
    """Have a scheduler that is prepared, whose ticks are the test's."""
    async with office.runner(grace_seconds=0.1) as runner:
        found = Scheduler(runner, jobs, catch_up_seconds=catch_up_seconds, clock=clock)
        await found.prepare()
        yield found


def _states(office: Office, name: str = "job") -> list[tuple[int, str]]:
    """Return (minutes after noon, state) of a job's records."""
    return [
        (round((run.nominal_time - NOON).total_seconds() / 60), run.state)
        for run in office.records(name)
    ]


async def _settled(office: Office) -> None:
    await until(lambda: all(run.state != "running" for run in office.records()))


def test_each_time_is_run_once_by_two_schedulers(office: Office) -> None:
    path = office.directory / "ran"
    job, clock = office.job(f"echo x >> {path}", interval=1), Clock()

    async def body() -> None:
        async with _scheduler(office, clock, job) as one, _scheduler(office, clock, job) as two:
            for _ in range(10):
                clock.go_on(minutes=1)
                await asyncio.gather(one.tick(), two.tick())
                await _settled(office)

    asyncio.run(body())
    assert _states(office) == [(minute, "succeeded") for minute in range(1, 11)]
    assert path.read_text() == "x\n" * 10


def _schedule_alone(url: str, path: Path, barrier: Any) -> None:
    """Tick through ten minutes in a process of its own."""
    office = Office(url, path.parent, Database(url, poolclass=sa.NullPool))
    job = Job(CronJob(script=str(path), name="job", interval=1), path)
    clock = Clock()

    async def body() -> None:
        async with _scheduler(office, clock, job) as scheduler:
            for _ in range(10):
                clock.go_on(minutes=1)
                await asyncio.to_thread(barrier.wait, 30)
                await scheduler.tick()
                await _settled(office)
                await asyncio.to_thread(barrier.wait, 30)

    asyncio.run(body())


def test_each_time_is_run_once_by_three_processes(office: Office) -> None:
    path = office.directory / "ran"
    job = office.job(f"echo x >> {path}")
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    arguments = (office.url, job.path, barrier)
    processes = [context.Process(target=_schedule_alone, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert _states(office) == [(minute, "succeeded") for minute in range(1, 11)]
    assert path.read_text() == "x\n" * 10


def test_time_that_comes_while_the_job_runs_is_skipped(office: Office) -> None:
    gate = office.directory / "gate"
    job, clock = office.job(f"while [ ! -e {gate} ]; do sleep 0.05; done", owner="ada"), Clock()

    async def body() -> None:
        async with _scheduler(office, clock, job) as one, _scheduler(office, clock, job) as two:
            for _ in range(3):
                clock.go_on(minutes=1)
                await asyncio.gather(one.tick(), two.tick())
            gate.touch()
            await _settled(office)
            clock.go_on(minutes=1)
            await one.tick()
            await _settled(office)

    asyncio.run(body())
    expected = [(1, "succeeded"), (2, "skipped"), (3, "skipped"), (4, "succeeded")]
    assert _states(office) == expected
    assert "still going on" in (office.records()[1].message or "")
    assert len({run.owner_id for run in office.records()}) == 1


def test_jobs_do_not_wait_for_each_other(office: Office) -> None:
    jobs, clock = (office.job("sleep 600", name="slow"), office.job(name="quick")), Clock()

    async def body() -> None:
        async with _scheduler(office, clock, *jobs) as scheduler:
            clock.go_on(minutes=1)
            await scheduler.tick()
            await until(lambda: _states(office, "quick") == [(1, "succeeded")])
            assert _states(office, "slow") == [(1, "running")]

    asyncio.run(body())
    assert _states(office, "slow") == [(1, "stopped")]


def test_new_job_has_missed_nothing(office: Office) -> None:
    async def body() -> None:
        async with _scheduler(office, Clock(), office.job(interval=1)) as scheduler:
            assert await scheduler.tick() == 60

    asyncio.run(body())
    assert office.records() == []


def _after_a_pause(office: Office, job: Job, catch_up_seconds: float, **pause: float) -> None:
    """Run a job once, then have two new servers start after a pause, one after the other."""

    async def body() -> None:
        clock = Clock()
        async with _scheduler(office, clock, job) as scheduler:
            clock.go_on(minutes=1)
            await scheduler.tick()
            await _settled(office)
        clock.go_on(**pause)
        for _ in range(2):
            async with _scheduler(
                office, clock, job, catch_up_seconds=catch_up_seconds
            ) as scheduler:
                await scheduler.tick()
                await _settled(office)

    asyncio.run(body())


def test_missed_times_are_made_up_for_once(office: Office) -> None:
    _after_a_pause(office, office.job(interval=1), 3600, minutes=3, seconds=30)
    expected = [(1, "succeeded"), (2, "missed"), (3, "missed"), (4, "succeeded")]
    assert _states(office) == expected


def test_times_missed_long_ago_are_recorded_but_not_run(office: Office) -> None:
    _after_a_pause(office, office.job(interval=30), 600, minutes=30)
    office.execute("truncate cron_job_runs")
    job = office.job(cron="1 12 * * *")
    _after_a_pause(office, job, 3600, days=3, hours=6)
    day = 24 * 60
    assert _states(office) == [(1, "succeeded"), (3 * day + 1, "missed")]
    assert "from 2026-06-02 12:01 UTC on, which are not listed" in (
        office.records()[1].message or ""
    )


def test_changed_schedule_has_missed_nothing(office: Office) -> None:
    clock = Clock()

    async def body() -> None:
        for interval in (60, 1):
            async with _scheduler(office, clock, office.job(interval=interval)) as scheduler:
                clock.go_on(hours=1)
                await scheduler.tick()
                await _settled(office)
                clock.go_on(minutes=30)

    asyncio.run(body())
    first, *others = _states(office)
    assert first == (60, "succeeded")
    assert min(minute for minute, _ in others) > 90


def test_clock_that_is_set_back_runs_nothing_twice(office: Office) -> None:
    job, clock = office.job(interval=1), Clock()

    async def body() -> None:
        async with _scheduler(office, clock, job) as scheduler:
            for minutes in (1, 1, -2, 1, 1, 1):
                clock.go_on(minutes=minutes)
                await scheduler.tick()
                await _settled(office)

    asyncio.run(body())
    assert _states(office) == [(minute, "succeeded") for minute in (1, 2, 3)]


def test_database_that_fails_is_asked_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, clock = office.job(interval=1), Clock()
    begin, failures = CronRunner.begin, [sa.exc.OperationalError("", {}, OSError())]

    async def fail_first(self: CronRunner, wanted: Any) -> Any:
        if failures:
            raise failures.pop()
        return await begin(self, wanted)

    monkeypatch.setattr(CronRunner, "begin", fail_first)
    monkeypatch.setattr("baselayer.app.cron.service.RETRY_SECONDS", 0.05)

    async def body() -> None:
        async with office.runner() as runner:
            scheduler = Scheduler(runner, [job], catch_up_seconds=0, clock=clock)
            await scheduler.prepare()
            monkeypatch.setattr(scheduler, "prepare", lambda: asyncio.sleep(0))
            clock.go_on(minutes=1)
            await scheduler.start()
            await until(lambda: _states(office) == [(1, "succeeded")])
            await scheduler.stop()

    asyncio.run(body())
    assert failures == []


def test_sleep_lasts_until_the_next_time(office: Office) -> None:
    jobs = (office.job(interval=60, name="a"), office.job(cron="7 12 * * *", name="b"))

    async def body() -> float:
        async with _scheduler(office, Clock(), *jobs) as scheduler:
            return await scheduler.tick()

    assert asyncio.run(body()) == 7 * 60


def test_permission_that_does_not_exist_stops_the_start(office: Office) -> None:
    job = office.job(owner="ada", acls=["Run queries", "Fly"])

    async def body() -> None:
        async with _scheduler(office, Clock(), job):
            pass

    with pytest.raises(ConfigError, match="'Fly'"):
        asyncio.run(body())
