"""What runs by the clock, put together for a server or for one command."""

import asyncio
import os
import signal
import socket
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.config.cron import CronSettings
from baselayer.app.config.settled import Config
from baselayer.app.cron.jobs import Job, account_of, jobs_of, require_runnable
from baselayer.app.cron.models import MANUAL
from baselayer.app.cron.run import Bounds, CronRunner
from baselayer.app.cron.service import Scheduler
from baselayer.app.cron.states import Claim
from baselayer.app.db.types import utcnow
from baselayer.app.errors import ConflictError, NotFoundError
from baselayer.app.models import CronJobRun  # with every other: their relationships need them
from baselayer.cli.house import House
from baselayer.log import make_log

log = make_log("cron")

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (they are asked for by name)


def scheduler_of(house: House, url: str) -> Scheduler:
    """Return the scheduler of a server that scripts reach at `url`, not yet started."""
    settings = house.config.settings.cron
    return Scheduler(
        runner_of(house, url),
        jobs_of(settings),
        catch_up_seconds=settings.catch_up_seconds,
    )


def runner_of(house: House, url: str) -> CronRunner:
    """Return what runs scripts, not yet started."""
    settings = house.config.settings
    bounds = Bounds(
        url=url,
        host=socket.gethostname(),
        output_limit_bytes=settings.cron.output_limit_bytes,
        lease_seconds=settings.runs.lease_seconds,
        heartbeat_seconds=settings.runs.heartbeat_seconds,
        account=account_of(settings.cron),
    )
    return CronRunner(house.database.async_engine, bounds)


def local_address(host: str, port: int) -> str:
    """Return the address at which this machine reaches a server that listens on `host`."""
    name = EVERY_ADDRESS.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def say_how_scripts_run(settings: CronSettings) -> None:
    """Log which account scripts run as, and what that lets them do."""
    if not settings.jobs:
        return
    account = account_of(settings)
    if account is not None:
        log(f"cron scripts run as the account {account.name} (`cron.user`)")
        return
    who = "root" if os.geteuid() == 0 else "the server's own account"
    log.warning(
        f"cron scripts run as {who}: they can read the files of this server, its keys among them. "
        "`cron.user` names another account, when the server is started as root."
    )


def job_called(config: Config, name: str) -> Job:
    """Return the job of that name."""
    jobs = {job.name: job for job in jobs_of(config.settings.cron)}
    if name not in jobs:
        known = ", ".join(sorted(jobs)) or "none"
        raise NotFoundError(f"The settings have no cron job {name!r}; they have: {known}.")
    return jobs[name]


def run_now(house: House, job: Job, url: str) -> CronJobRun:
    """Run a job in this process, to its end, and return its record."""
    require_runnable([job], utcnow())
    run_id = asyncio.run(_run_now(house, job, url))
    with house.database.plain() as session:
        return session.get_one(CronJobRun, run_id)


def last_runs(house: House, name: str | None, limit: int) -> list[CronJobRun]:
    """Return the latest runs, of one job or of all, newest first, without their output."""
    wanted = sa.select(CronJobRun).order_by(CronJobRun.id.desc()).limit(limit)
    if name is not None:
        wanted = wanted.where(CronJobRun.name == name)
    with house.database.plain() as session:
        return list(session.scalars(wanted.options(orm.defer(CronJobRun.output, raiseload=True))))


async def _run_now(house: House, job: Job, url: str) -> UUID:
    runner, stop = runner_of(house, url), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await runner.start()
    try:
        begun = await runner.begin(Claim(job, utcnow(), runner.bounds.host, source=MANUAL))
        if begun is None:
            raise ConflictError(f"{job.name} is running already; this is recorded as skipped.")
        run_id, task = begun
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        return run_id
    finally:
        await runner.stop()
        await house.database.dispose()
