"""Stored connections over HTTP: list, make, change, share, test."""

from baselayer.app.access import auth_or_token, permissions
from baselayer.app.connections.models import SLOTS, GroupConnection, SqlConnection
from baselayer.app.connections.signals import Use
from baselayer.app.connections.storing import (
    change_connection,
    clone_connection,
    make_connection,
)
from baselayer.app.db.finding import find, page
from baselayer.app.db.permissions import permissions as permissions_on
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.handlers.links import links_of, replace_links
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.queries.executor import protocol as executor
from baselayer.app.queries.targets import target_of
from baselayer.app.schemas.connections import (
    ConnectionClone,
    ConnectionCreate,
    ConnectionRead,
    ConnectionUpdate,
    Diagnosis,
    Share,
    Shares,
    Step,
)
from baselayer.app.schemas.paging import ListResponse, TableViewRequest

MODES = ("run", "update", "delete", "share")


def shown(record: SqlConnection, can: list[str]) -> ConnectionRead:
    """Return `record` as its readers may see it."""
    values = {name: getattr(record, name, None) for name in ConnectionRead.model_fields}
    has = {f"has_{slot}": getattr(record, f"sealed_{slot}") is not None for slot in SLOTS}
    return ConnectionRead.model_validate(values | has | {"can": can})


class ConnectionsHandler(BaseHandler):
    """All connections that the caller may see."""

    @auth_or_token
    @operation(
        "List the connections that you may see",
        parameters=TableViewRequest,
        response=ListResponse[ConnectionRead],
    )
    async def get(self) -> None:
        view = self.read_query(TableViewRequest)
        async with self.services.reading(self.caller) as session:
            found = await session.run_sync(page, SqlConnection, view, self.caller)
            can = await session.run_sync(permissions_on, found.items, MODES, self.caller)
        found.items = [shown(record, can[record.id]) for record in found.items]
        self.success(found)

    @permissions(["Manage connections"])
    @operation("Make a connection", request=ConnectionCreate, response=ConnectionRead, status=201)
    async def post(self) -> None:
        asked = self.read_body(ConnectionCreate)
        async with self.writing() as session:
            record: SqlConnection = await session.run_sync(
                make_connection, asked, self.services.key_ring, **_owner(self)
            )
            session.add(self.event("connection.create", record, name=record.name))
        self.success(shown(record, list(MODES)), status=201)


class ConnectionHandler(BaseHandler):
    """One connection."""

    @auth_or_token
    @operation("Show a connection", response=ConnectionRead)
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            record = await session.run_sync(find, SqlConnection, id, self.caller)
            can = await session.run_sync(permissions_on, [record], MODES, self.caller)
        self.success(shown(record, can[record.id]))

    @permissions(["Manage connections"])
    @operation("Change a connection", request=ConnectionUpdate, response=ConnectionRead)
    async def patch(self, id: str) -> None:
        asked = self.read_body(ConnectionUpdate)
        async with self.writing() as session:
            record = await session.run_sync(find, SqlConnection, id, self.caller, "update")
            change_connection(record, asked, self.services.key_ring)
            fields = sorted(asked.model_fields_set)
            session.add(self.event("connection.update", record, fields=fields))
            await session.flush()
            can = await session.run_sync(permissions_on, [record], MODES, self.caller)
        self.success(shown(record, can[record.id]))

    @permissions(["Manage connections"])
    @operation("Delete a connection")
    async def delete(self, id: str) -> None:
        async with self.writing() as session:
            record = await session.run_sync(find, SqlConnection, id, self.caller, "delete")
            session.add(self.event("connection.delete", record, name=record.name))
            await session.delete(record)
        self.success()


class ConnectionCloneHandler(BaseHandler):
    """A copy of a connection, for who sees it."""

    @permissions(["Manage connections"])
    @operation(
        "Copy a connection, without its secrets, to be your own",
        request=ConnectionClone,
        response=ConnectionRead,
        status=201,
    )
    async def post(self, id: str) -> None:
        asked = self.read_body(ConnectionClone)
        async with self.writing() as session:
            original = await session.run_sync(find, SqlConnection, id, self.caller)
            record: SqlConnection = await session.run_sync(
                clone_connection, original, **_owner(self), name=asked.name
            )
            origin = str(original.id)
            session.add(self.event("connection.clone", record, name=record.name, of=origin))
        self.success(shown(record, list(MODES)), status=201)


class ConnectionSharesHandler(BaseHandler):
    """With whom a connection is shared."""

    @auth_or_token
    @operation("Show with which of your groups a connection is shared", response=Shares)
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            record = await session.run_sync(find, SqlConnection, id, self.caller)
            names = list(Share.model_fields)
            links = await session.run_sync(
                links_of, GroupConnection, "connection_id", record.id, names
            )
        self.success({"groups": links})

    @permissions(["Manage connections"])
    @operation("Share a connection with exactly these groups", request=Shares, response=Shares)
    async def put(self, id: str) -> None:
        asked = self.read_body(Shares)
        async with self.writing() as session:
            record = await session.run_sync(find, SqlConnection, id, self.caller, "share")
            wanted = {share.group_id: share.model_dump() for share in asked.groups}
            await session.run_sync(
                replace_links, GroupConnection, "connection_id", record.id, wanted
            )
            session.add(self.event("connection.share", record, groups=list(wanted.values())))
        self.success(asked)


class ConnectionTestHandler(BaseHandler):
    """The way to a connection's database, tried step by step."""

    @permissions(["Run queries"])
    @operation("Test a connection, step by step", response=Diagnosis)
    async def post(self, id: str) -> None:
        async with self.writing() as session:
            record = await session.run_sync(find, SqlConnection, id, self.caller, "run")
            session.add(self.event("connection.test", record))
        use = Use(record.id, self.caller.user_id)
        steps = await self.services.runner.diagnose(target_of(record, read_only=True), use)
        told = [_step(step) for step in steps]
        self.success(Diagnosis(ok=all(step.ok for step in told), steps=told))


def _step(step: executor.Step) -> Step:
    failure = step.failure
    told = {"code": failure.code, "message": failure.message} if failure else {}
    return Step(name=step.name, ok=failure is None, seconds=step.seconds, **told)


def _owner(handler: BaseHandler) -> dict[str, int]:
    return {"owner_id": handler.caller.user_id, "account_id": handler.caller.account_id}


routes = [
    Route("/api/connections", ConnectionsHandler),
    Route("/api/connections/{id}", ConnectionHandler),
    Route("/api/connections/{id}/clone", ConnectionCloneHandler),
    Route("/api/connections/{id}/shares", ConnectionSharesHandler),
    Route("/api/connections/{id}/test", ConnectionTestHandler),
]
