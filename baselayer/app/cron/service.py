"""Scheduler: sleeps until the next nominal time of any job, and begins what is due."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from baselayer.app.cron import states
from baselayer.app.cron.jobs import Job, require_runnable
from baselayer.app.cron.run import CronRunner
from baselayer.app.cron.schedule import due, times_after
from baselayer.app.cron.states import Claim
from baselayer.app.cron.tokens import unknown_permissions
from baselayer.app.db.types import utcnow
from baselayer.app.errors import ConfigError
from baselayer.log import make_log

log = make_log("cron")

LONGEST_SLEEP_SECONDS = 30.0
"""A clock that was set, or a machine that slept, is noticed within this time."""
SHORTEST_SLEEP_SECONDS = 0.01
RETRY_SECONDS = 5.0


class Scheduler:
    """The clock of the jobs. There may be one in every server: each time is claimed by one.

    `clock` tells the time. Call `start` on the event loop, and `stop` before it closes.
    """

    def __init__(
        self,
        runner: CronRunner,
        jobs: Sequence[Job],
        *,
        catch_up_seconds: float,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._runner = runner
        self._jobs = jobs
        self._catch_up_seconds = catch_up_seconds
        self._clock = clock
        self._done_until: dict[str, datetime] = {}
        self._stopping = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Check the jobs and begin; ConfigError when one of them could never run."""
        await self.prepare()
        await self._runner.start()
        if self._jobs:
            self._loop = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        """Begin nothing more, and end the scripts that run."""
        self._stopping.set()
        if self._loop is not None:
            await self._loop  # not cancelled: a time that is just being claimed has its run
        await self._runner.stop()

    async def prepare(self) -> None:
        """Check the jobs, and find out which times have been dealt with.

        A job that is new, or has a new schedule, begins now: it has missed nothing.
        """
        now = self._clock()
        require_runnable(self._jobs, now)
        async with self._runner.engine.connect() as connection:
            wanted = {acl for job in self._jobs for acl in job.settings.acls}
            unknown = sorted(await unknown_permissions(connection, wanted))
            last = await states.last_times(connection, self._jobs)
        if unknown:
            raise ConfigError(f"cron: there is no permission {unknown[0]!r} for `acls`.")
        self._done_until = {job.name: min(last.get(job.name, now), now) for job in self._jobs}

    async def tick(self) -> float:
        """Begin what is due; return how many seconds there are until the next time."""
        now = self._clock()
        for job in self._jobs:
            # A clock that was set back: these times come again, and are known to be claimed.
            since = min(self._done_until[job.name], now)
            await self._deal_with(job, since, now)
            self._done_until[job.name] = now
        following = (next(times_after(job.settings, now), None) for job in self._jobs)
        upcoming = [found for found in following if found is not None]
        return (min(upcoming) - self._clock()).total_seconds() if upcoming else RETRY_SECONDS

    async def _deal_with(self, job: Job, since: datetime, now: datetime) -> None:
        found = due(job.settings, since=since, now=now, catch_up_seconds=self._catch_up_seconds)
        if found.long_missed is not None:
            first, last = found.long_missed
            earlier = f" Nor at the times from {first:%Y-%m-%d %H:%M} UTC on, which are not listed."
            message = states.MISSED_MESSAGE + (earlier if first < last else "")
            await self._miss(job, last, message)
        for moment in found.missed:
            await self._miss(job, moment)
        if found.to_run is not None:
            await self._runner.begin(self._claim(job, found.to_run))

    async def _miss(self, job: Job, moment: datetime, message: str = states.MISSED_MESSAGE) -> None:
        async with self._runner.engine.begin() as connection:
            await states.miss(connection, self._claim(job, moment), message)

    def _claim(self, job: Job, moment: datetime) -> Claim:
        return Claim(job, moment, self._runner.bounds.host)

    async def _go_on(self) -> None:
        while not self._stopping.is_set():
            try:
                seconds = await self.tick()
            except Exception:  # most often the database, which comes back
                log.exception("what is due could not be begun; it is tried again")
                seconds = RETRY_SECONDS
            seconds = min(max(seconds, SHORTEST_SLEEP_SECONDS), LONGEST_SLEEP_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), seconds)
