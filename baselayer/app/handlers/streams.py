"""Streams over HTTP: make, change, who has access, and which groups have them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.access import auth_or_token, permissions
from baselayer.app.db.finding import find, number, page
from baselayer.app.errors import AccessError, NotFoundError
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.handlers.names import user_id_of
from baselayer.app.identity.groups import Group
from baselayer.app.identity.membership import (
    drop_stream,
    give_stream,
    take_stream,
    take_up_stream,
)
from baselayer.app.identity.streams import GroupStream, Stream, StreamUser
from baselayer.app.identity.users import User
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.paging import ListResponse, TableViewRequest
from baselayer.app.schemas.streams import (
    StreamAccess,
    StreamCreate,
    StreamOfGroup,
    StreamRead,
    StreamUpdate,
    StreamUserRead,
)


class StreamsHandler(BaseHandler):
    """All streams that the caller may see."""

    @auth_or_token
    @operation(
        "List the streams that you have, or may take",
        parameters=TableViewRequest,
        response=ListResponse[StreamRead],
    )
    async def get(self) -> None:
        view = self.read_query(TableViewRequest)
        async with self.services.reading(self.caller) as session:
            found = await session.run_sync(page, Stream, view, self.caller)
        found.items = [StreamRead.model_validate(stream) for stream in found.items]
        self.success(found)

    @permissions(["System admin"])
    @operation("Make a stream", request=StreamCreate, response=StreamRead, status=201)
    async def post(self) -> None:
        asked = self.read_body(StreamCreate)
        async with self.writing() as session:
            stream = Stream(account_id=self.caller.account_id, **asked.model_dump())
            session.add(stream)
            await session.flush()
            session.add(self.event("stream.create", stream, name=stream.name))
        self.success(StreamRead.model_validate(stream), status=201)


class StreamHandler(BaseHandler):
    """One stream."""

    @auth_or_token
    @operation("Show a stream", response=StreamRead)
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            stream = await session.run_sync(find, Stream, id, self.caller)
        self.success(StreamRead.model_validate(stream))

    @auth_or_token
    @operation("Change a stream", request=StreamUpdate, response=StreamRead)
    async def patch(self, id: str) -> None:
        asked = self.read_body(StreamUpdate)
        async with self.writing() as session:
            stream = await session.run_sync(find, Stream, id, self.caller, "update")
            for name, value in asked.model_dump(exclude_unset=True).items():
                setattr(stream, name, value)
            session.add(self.event("stream.update", stream, fields=sorted(asked.model_fields_set)))
        self.success(StreamRead.model_validate(stream))

    @auth_or_token
    @operation("Delete a stream; groups no longer need it")
    async def delete(self, id: str) -> None:
        async with self.writing() as session:
            stream = await session.run_sync(find, Stream, id, self.caller, "delete")
            session.add(self.event("stream.delete", stream, name=stream.name))
            await session.delete(stream)
        self.success()


class StreamUsersHandler(BaseHandler):
    """Who has access to a stream."""

    @auth_or_token
    @operation("List those whom you see of who has a stream", response=list[StreamUserRead])
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            stream = await session.run_sync(find, Stream, id, self.caller)
            self.success(await session.run_sync(_users, stream))

    @auth_or_token
    @operation("Give a user access to a stream, or take it when it is open", request=StreamAccess)
    async def put(self, id: str) -> None:
        asked = self.read_body(StreamAccess)
        async with self.writing() as session:
            stream = await session.run_sync(find, Stream, id, self.caller)
            if not (self.caller.is_admin or asked.username == self.caller.username):
                raise AccessError("Only an administrator gives others access to a stream.")
            user_id = await user_id_of(self.services.database, asked.username, self.caller)
            await session.run_sync(give_stream, stream, user_id)
            session.add(self.event("stream.grant", stream, user_id=user_id))
        self.success()


class StreamUserHandler(BaseHandler):
    """One user's access to a stream."""

    @auth_or_token
    @operation("Take a user's access to a stream, or give up yours")
    async def delete(self, id: str, user_id: str) -> None:
        async with self.writing() as session:
            stream = await session.run_sync(find, Stream, id, self.caller)
            wanted = sa.select(StreamUser).where(StreamUser.stream_id == stream.id)
            link = await session.scalar(wanted.where(StreamUser.user_id == (number(user_id) or 0)))
            if link is None:
                raise NotFoundError("That user does not have this stream, or you do not see him.")
            if not (self.caller.is_admin or link.user_id == self.caller.user_id):
                raise AccessError("Only an administrator takes from others access to a stream.")
            session.add(self.event("stream.revoke", stream, user_id=link.user_id))
            await session.run_sync(take_stream, link)
        self.success()


class GroupStreamsHandler(BaseHandler):
    """The streams of a group."""

    @auth_or_token
    @operation("List the streams of a group", response=list[StreamRead])
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            group = await session.run_sync(find, Group, id, self.caller)
            wanted = sa.select(Stream).join(GroupStream).where(GroupStream.group_id == group.id)
            streams: Any = await session.scalars(wanted.order_by(Stream.name))
            self.success([StreamRead.model_validate(stream) for stream in streams])

    @auth_or_token
    @operation("Give a group a stream that each of its members has", request=StreamOfGroup)
    async def put(self, id: str) -> None:
        asked = self.read_body(StreamOfGroup)
        async with self.writing() as session:
            group = await session.run_sync(find, Group, id, self.caller, "update")
            stream = await session.run_sync(find, Stream, asked.stream_id, self.caller)
            await session.run_sync(take_up_stream, group, stream)
            session.add(self.event("group.stream", group, stream_id=stream.id))
        self.success()


class GroupStreamHandler(BaseHandler):
    """One stream of a group."""

    @auth_or_token
    @operation("Take a stream from a group")
    async def delete(self, id: str, stream_id: str) -> None:
        async with self.writing() as session:
            group = await session.run_sync(find, Group, id, self.caller, "update")
            session.add(self.event("group.unstream", group, stream_id=number(stream_id)))
            await session.run_sync(drop_stream, group, number(stream_id) or 0)
        self.success()


def _users(session: orm.Session, stream: Stream) -> list[StreamUserRead]:
    statement = (
        sa.select(User.id, User.username)
        .join(StreamUser, StreamUser.user_id == User.id)
        .where(StreamUser.stream_id == stream.id)
        .order_by(User.username)
    )
    found = session.execute(statement)
    return [StreamUserRead(user_id=ident, username=name) for ident, name in found]


routes = [
    Route("/api/streams", StreamsHandler),
    Route("/api/streams/{id}", StreamHandler),
    Route("/api/streams/{id}/users", StreamUsersHandler),
    Route("/api/streams/{id}/users/{user_id}", StreamUserHandler),
    Route("/api/groups/{id}/streams", GroupStreamsHandler),
    Route("/api/groups/{id}/streams/{stream_id}", GroupStreamHandler),
]
