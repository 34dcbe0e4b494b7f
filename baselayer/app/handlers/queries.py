"""Saved queries over HTTP: list, make, change, share, run."""

from baselayer.app.access import auth_or_token, permissions
from baselayer.app.connections.models import SqlConnection
from baselayer.app.db.finding import find, page
from baselayer.app.db.permissions import permissions as permissions_on
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.handlers.links import links_of, replace_links
from baselayer.app.handlers.runs import answer_run
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.queries.models import GroupQuery, Query
from baselayer.app.queries.start import Asked
from baselayer.app.schemas.paging import ListResponse, TableViewRequest
from baselayer.app.schemas.queries import (
    QueryCreate,
    QueryRead,
    QueryShare,
    QueryShares,
    QueryUpdate,
)
from baselayer.app.schemas.runs import QueryRunCreate, RunOptions, RunRead

MODES = ("run", "update", "delete", "share")


def shown(record: Query, can: list[str]) -> QueryRead:
    """Return `record` as its readers may see it."""
    told = QueryRead.model_validate(record)
    told.can = can
    return told


class QueriesHandler(BaseHandler):
    """All saved queries that the caller may see."""

    @auth_or_token
    @operation(
        "List the queries that you may see",
        parameters=TableViewRequest,
        response=ListResponse[QueryRead],
    )
    async def get(self) -> None:
        view = self.read_query(TableViewRequest)
        async with self.services.reading(self.caller) as session:
            found = await session.run_sync(page, Query, view, self.caller)
            can = await session.run_sync(permissions_on, found.items, MODES, self.caller)
        found.items = [shown(record, can[record.id]) for record in found.items]
        self.success(found)

    @permissions(["Run queries"])
    @operation("Save a query", request=QueryCreate, response=QueryRead, status=201)
    async def post(self) -> None:
        asked = self.read_body(QueryCreate)
        owner = {"owner_id": self.caller.user_id, "account_id": self.caller.account_id}
        async with self.writing() as session:
            await session.run_sync(find, SqlConnection, asked.connection_id, self.caller)
            record = Query(**asked.model_dump(), **owner)
            session.add(record)
            await session.flush()
            session.add(self.event("query.create", record, name=record.name))
            can = await session.run_sync(permissions_on, [record], MODES, self.caller)
        self.success(shown(record, can[record.id]), status=201)


class QueryHandler(BaseHandler):
    """One saved query."""

    @auth_or_token
    @operation("Show a query", response=QueryRead)
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            record = await session.run_sync(find, Query, id, self.caller)
            can = await session.run_sync(permissions_on, [record], MODES, self.caller)
        self.success(shown(record, can[record.id]))

    @permissions(["Run queries"])
    @operation("Change a query", request=QueryUpdate, response=QueryRead)
    async def patch(self, id: str) -> None:
        asked = self.read_body(QueryUpdate)
        async with self.writing() as session:
            record = await session.run_sync(find, Query, id, self.caller, "update")
            if asked.connection_id is not None:
                await session.run_sync(find, SqlConnection, asked.connection_id, self.caller)
            for name, value in asked.model_dump(exclude_unset=True).items():
                setattr(record, name, value)
            session.add(self.event("query.update", record, fields=sorted(asked.model_fields_set)))
            await session.flush()
            can = await session.run_sync(permissions_on, [record], MODES, self.caller)
        self.success(shown(record, can[record.id]))

    @permissions(["Run queries"])
    @operation("Delete a query")
    async def delete(self, id: str) -> None:
        async with self.writing() as session:
            record = await session.run_sync(find, Query, id, self.caller, "delete")
            session.add(self.event("query.delete", record, name=record.name))
            await session.delete(record)
        self.success()


class QuerySharesHandler(BaseHandler):
    """With whom a query is shared."""

    @auth_or_token
    @operation("Show with which of your groups a query is shared", response=QueryShares)
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            record = await session.run_sync(find, Query, id, self.caller)
            names = list(QueryShare.model_fields)
            links = await session.run_sync(links_of, GroupQuery, "query_id", record.id, names)
        self.success({"groups": links})

    @permissions(["Run queries"])
    @operation("Share a query with exactly these groups", request=QueryShares, response=QueryShares)
    async def put(self, id: str) -> None:
        asked = self.read_body(QueryShares)
        async with self.writing() as session:
            record = await session.run_sync(find, Query, id, self.caller, "share")
            wanted = {share.group_id: share.model_dump() for share in asked.groups}
            await session.run_sync(replace_links, GroupQuery, "query_id", record.id, wanted)
            session.add(self.event("query.share", record, groups=list(wanted.values())))
        self.success(asked)


class QueryRunsHandler(BaseHandler):
    """The runs of one saved query."""

    @permissions(["Run queries"])
    @operation(
        "Run a saved query",
        request=QueryRunCreate,
        parameters=RunOptions,
        response=RunRead,
        status=201,
    )
    async def post(self, id: str) -> None:
        asked = self.read_body(QueryRunCreate)
        async with self.services.session(self.caller) as session:
            query = await session.run_sync(find, Query, id, self.caller)
        limit_rows = asked.limit_rows or query.limit_rows
        await answer_run(self, Asked(query.connection_id, query.text, limit_rows, query.id))


routes = [
    Route("/api/queries", QueriesHandler),
    Route("/api/queries/{id}", QueryHandler),
    Route("/api/queries/{id}/shares", QuerySharesHandler),
    Route("/api/queries/{id}/runs", QueryRunsHandler),
]
