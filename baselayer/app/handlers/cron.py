"""Cron jobs and their runs over HTTP: to look at; the settings say what runs when."""

from itertools import islice
from typing import Any

from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession

from baselayer.app.access import auth_or_token
from baselayer.app.cron.jobs import Job, jobs_of
from baselayer.app.cron.models import CronJobRun
from baselayer.app.cron.schedule import times_after
from baselayer.app.db.finding import find
from baselayer.app.db.types import utcnow
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.identity.principals import Principal
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.cron import CronJobRead, CronRunOutput, CronRunRead, CronRunsRequest
from baselayer.app.schemas.paging import ListResponse

MANAGE = "Manage cron jobs"
TOLD_TIMES = 3

without_output = orm.defer(CronJobRun.output, raiseload=True)


class CronRunsHandler(BaseHandler):
    """The runs that the caller may see."""

    @auth_or_token
    @operation(
        "List the runs of cron jobs that you may see, without their output",
        parameters=CronRunsRequest,
        response=ListResponse[CronRunRead],
    )
    async def get(self) -> None:
        view = self.read_query(CronRunsRequest)
        asked = {CronJobRun.name: view.name, CronJobRun.state: view.state}
        where = [column == value for column, value in asked.items() if value is not None]
        async with self.services.reading(self.caller) as session:
            found = await CronJobRun.page(
                session, self.caller, view, where=where, options=[without_output]
            )
        found.items = [CronRunRead.model_validate(run) for run in found.items]
        self.success(found)


class CronRunHandler(BaseHandler):
    """One run."""

    @auth_or_token
    @operation("Show a run of a cron job, with its output", response=CronRunOutput)
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            run = await session.run_sync(find, CronJobRun, id, self.caller)
        self.success(CronRunOutput.model_validate(run))


class CronJobsHandler(BaseHandler):
    """The jobs of the settings."""

    @auth_or_token
    @operation(
        "List the cron jobs: all for who has Manage cron jobs, else your own",
        response=list[CronJobRead],
    )
    async def get(self) -> None:
        jobs = [
            job
            for job in jobs_of(self.services.config.settings.cron)
            if _may_see(self.caller, job.settings.owner)
        ]
        async with self.services.reading(self.caller) as session:
            last = await self._last_runs(session, jobs)
        self.success([_shown(job, last.get(job.name)) for job in jobs])

    async def _last_runs(self, session: AsyncSession, jobs: list[Job]) -> dict[str, Any]:
        wanted = CronJobRun.select(self.caller, options=[without_output])
        latest = wanted.order_by(CronJobRun.id.desc()).limit(1)
        # A handful of jobs, each answered from an index.
        return {
            job.name: await session.scalar(latest.where(CronJobRun.name == job.name))
            for job in jobs
        }


def _may_see(caller: Principal, owner: str | None) -> bool:
    """Tell whether a job of `owner` exists for the caller: none does for a narrowed token."""
    sees_all = caller.is_admin or MANAGE in caller.permissions
    return caller.narrowing is None and (sees_all or owner == caller.username)


def _shown(job: Job, last: CronJobRun | None) -> CronJobRead:
    times = islice(times_after(job.settings, utcnow()), TOLD_TIMES)
    return CronJobRead(
        name=job.name,
        script=str(job.path),
        arguments=job.settings.arguments,
        schedule=job.when,
        zone=job.settings.zone,
        owner=job.settings.owner,
        acls=job.settings.acls,
        timeout_seconds=job.settings.timeout_seconds,
        next_times=list(times),
        last_run=None if last is None else CronRunRead.model_validate(last),
    )


routes = [
    Route("/api/cron/jobs", CronJobsHandler),
    Route("/api/cron/runs", CronRunsHandler),
    Route("/api/cron/runs/{id}", CronRunHandler),
]
