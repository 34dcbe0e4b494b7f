"""Runs over HTTP: start, watch, cancel, read pages, download."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from baselayer.app.access import auth_or_token, permissions
from baselayer.app.connections.signals import Use
from baselayer.app.db.finding import find, page
from baselayer.app.errors import ResultGoneError, RunNotFinishedError
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.queries.models import FAILED, SUCCEEDED, QueryRun, ResultFile
from baselayer.app.queries.start import Asked, find_runnable, is_read, new_run
from baselayer.app.schemas.paging import ListResponse, TableViewRequest
from baselayer.app.schemas.runs import (
    DownloadRequest,
    RowsPage,
    RowsRequest,
    RunCreate,
    RunOptions,
    RunRead,
)

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl; charset=utf-8",
    "arrow": "application/vnd.apache.arrow.file",
}


class RunsHandler(BaseHandler):
    """All runs that the caller may see, and new ones."""

    @auth_or_token
    @operation(
        "List the runs that you may see",
        parameters=TableViewRequest,
        response=ListResponse[RunRead],
    )
    async def get(self) -> None:
        view = self.read_query(TableViewRequest)
        async with self.services.reading(self.caller) as session:
            found = await session.run_sync(page, QueryRun, view, self.caller)
        found.items = [RunRead.model_validate(run) for run in found.items]
        self.success(found)

    @permissions(["Run queries"])
    @operation(
        "Run a statement", request=RunCreate, parameters=RunOptions, response=RunRead, status=201
    )
    async def post(self) -> None:
        asked = self.read_body(RunCreate)
        await answer_run(self, Asked(asked.connection_id, asked.sql, asked.limit_rows))


class RunHandler(BaseHandler):
    """One run."""

    @auth_or_token
    @operation("Show a run", parameters=RunOptions, response=RunRead)
    async def get(self, id: str) -> None:
        options = self.read_query(RunOptions)
        run = await _find(self, id)
        await self.services.runner.wait(run.id, options.wait)
        self.success(RunRead.model_validate(await _find(self, id)))


class RunCancelHandler(BaseHandler):
    """The end of a run, wished for."""

    @permissions(["Run queries"])
    @operation("Cancel a run", response=RunRead)
    async def post(self, id: str) -> None:
        run = await _find(self, id, "cancel")
        await self.services.runner.cancel(run.id)
        async with self.writing() as session:
            session.add(self.event("run.cancel", run))
        self.success(RunRead.model_validate(await _find(self, id)))


class RunRowsHandler(BaseHandler):
    """A page of a run's result."""

    @auth_or_token
    @operation("Read rows of a result", parameters=RowsRequest, response=RowsPage)
    async def get(self, id: str) -> None:
        asked = self.read_query(RowsRequest)
        run, result = await _find_result(self, id)
        found = await self.services.runner.rows(result, asked.offset, asked.limit)
        self.success(
            {
                "columns": found.columns,
                "rows": found.rows,
                "offset": asked.offset,
                "total": run.rows,
                "truncated": run.truncated,
            }
        )


class RunDownloadHandler(BaseHandler):
    """A run's whole result, as a file."""

    @auth_or_token
    @operation(
        "Download a result", parameters=DownloadRequest, media_type="application/octet-stream"
    )
    async def get(self, id: str) -> None:
        asked = self.read_query(DownloadRequest)
        run, result = await _find_result(self, id)
        async with self.writing() as session:
            session.add(self.event("run.download", run, format=asked.format))
        self.set_header("Content-Type", MEDIA_TYPES[asked.format])
        self.set_header("Content-Disposition", f'attachment; filename="{run.id}.{asked.format}"')
        self.set_header("Content-Security-Policy", "sandbox; default-src 'none'")
        self.set_header("X-Baselayer-Truncated", run.truncated or "no")
        async with aclosing(self.services.runner.download(result, asked.format)) as chunks:
            async for chunk in chunks:
                self.write(chunk)
                await self.flush()


async def answer_run(handler: BaseHandler, asked: Asked) -> None:
    """Start a run of what was asked and answer with it, at once or when `wait` has passed."""
    options, caller = handler.read_query(RunOptions), handler.caller
    services = handler.services
    asked = replace(asked, source="browser" if handler.browser_session else "api")
    # Who may run a query may do so through its connection, also when that does not exist for him.
    runner = caller if asked.query_id is None else caller.unnarrowed()
    async with services.reading(runner) as session:
        connection = await session.run_sync(find_runnable, runner, asked)
    read_only = await asyncio.to_thread(is_read, connection, caller, asked.text)
    run, job = new_run(connection, caller, asked, services.bounds, read_only=read_only)
    async with handler.writing() as session:
        session.add(run)
        details = {"connection_id": str(run.connection_id), "text": run.text}
        session.add(handler.event("run.create", run, **details))
    use = Use(connection.id, caller.user_id, run.id)
    services.runner.begin(run.id, job, use)
    await services.runner.wait(run.id, options.wait)
    handler.success(RunRead.model_validate(await _find(handler, str(run.id))), status=201)


async def _find(handler: BaseHandler, ident: str, mode: str = "read") -> QueryRun:
    async with handler.services.reading(handler.caller) as session:
        run: QueryRun = await session.run_sync(find, QueryRun, ident, handler.caller, mode)
    return run


async def _find_result(handler: BaseHandler, ident: str) -> tuple[QueryRun, ResultFile]:
    """Return the run and its stored result, both judged anew at every opening."""
    async with handler.services.reading(handler.caller) as session:
        run: QueryRun = await session.run_sync(find, QueryRun, ident, handler.caller)
        _require_result(run)
        statement = ResultFile.select(handler.caller).where(ResultFile.run_id == run.id)
        result: ResultFile | None = await session.scalar(statement)
    if result is None:
        raise ResultGoneError("The result of this run is no longer stored: run it again.")
    return run, result


def _require_result(run: Any) -> None:
    if run.state == SUCCEEDED:
        return
    reason = f": {run.error_message}" if run.state == FAILED else ""
    raise RunNotFinishedError(
        f"This run is {run.state} and has no result{reason}.", state=run.state
    )


routes = [
    Route("/api/runs", RunsHandler),
    Route("/api/runs/{id}", RunHandler),
    Route("/api/runs/{id}/cancel", RunCancelHandler),
    Route("/api/runs/{id}/rows", RunRowsHandler),
    Route("/api/runs/{id}/download", RunDownloadHandler),
]
