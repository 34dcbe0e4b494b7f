"""Routes as an application built on baselayer would write them, for `benchmarks/http.py`."""

import uuid

from baselayer.app.access import auth_or_token
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.queries.models import Query
from baselayer.app.schemas.queries import QueryCreate
from baselayer.cli.serve import serve

SLOW = "SELECT pg_sleep(2)"
COLUMNS = (Query.id, Query.name, Query.description, Query.text, Query.owner_id, Query.created_at)


class EmptyHandler(BaseHandler):
    """Nothing but who is calling."""

    @auth_or_token
    @operation("Answer")
    async def get(self) -> None:
        self.success({"id": 1, "name": "x"})


class PageHandler(BaseHandler):
    """The newest queries, as columns."""

    @auth_or_token
    @operation("Page")
    async def get(self) -> None:
        newest = await self.rows(
            Query, COLUMNS, lambda wanted: wanted.order_by(Query.id.desc()).limit(50)
        )
        self.success(newest)


class RowHandler(BaseHandler):
    """One query, as columns."""

    @auth_or_token
    @operation("Show")
    async def get(self, id: str) -> None:
        key = uuid.UUID(id)
        (found,) = await self.rows(Query, COLUMNS, lambda wanted: wanted.where(Query.id == key))
        self.success(found)


class QueriesHandler(BaseHandler):
    """A new query: judged by its owner and its connection before and after it is written."""

    @auth_or_token
    @operation("Make", request=QueryCreate)
    async def post(self) -> None:
        asked = self.read_body(QueryCreate)
        owner = {"owner_id": self.caller.user_id, "account_id": self.caller.account_id}
        async with self.writing() as session:
            query = Query(**asked.model_dump(), **owner)
            session.add(query)
        self.success({"id": query.id}, status=201)


class SlowHandler(BaseHandler):
    """A statement of two seconds, awaited."""

    @auth_or_token
    @operation("Wait")
    async def get(self) -> None:
        async with self.services.database.async_engine.connect() as connection:
            await connection.exec_driver_sql(SLOW)
        self.success()


class SlowPlainHandler(BaseHandler):
    """The same in a plain method, which blocks its thread."""

    @auth_or_token
    @operation("Wait")
    def get(self) -> None:
        with self.services.database.engine.connect() as connection:
            connection.exec_driver_sql(SLOW)
        self.success()


ROUTES = [
    Route("/bench/slow", SlowHandler),
    Route("/bench/slow-plain", SlowPlainHandler),
    Route("/bench/empty", EmptyHandler),
    Route("/bench/page", PageHandler),
    Route("/bench/queries/{id}", RowHandler),
    Route("/bench/queries", QueriesHandler),
]


def serve_with_routes() -> None:
    """Serve the product's routes and these."""
    serve([], routes=ROUTES)
