"""What the operator does with groups, requests and streams, each with its line in the audit."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.errors import ConflictError, NotFoundError
from baselayer.app.identity.accounts import UserProfile
from baselayer.app.identity.admission import PENDING, GroupAdmissionRequest, decide
from baselayer.app.identity.membership import (
    drop_stream,
    give_stream,
    require_several,
    take_stream,
    take_up_stream,
)
from baselayer.app.identity.streams import GroupStream, Stream, StreamUser
from baselayer.app.identity.users import User
from baselayer.app.schemas.groups import GroupUpdate
from baselayer.app.schemas.streams import StreamCreate
from baselayer.cli.desk import Desk, checked
from baselayer.cli.people import find_group, find_user


def change_group(desk: Desk, group_name: str, **values: Any) -> None:
    """Change those fields of GroupUpdate that are not None."""
    given = {key: value for key, value in values.items() if value is not None}
    asked = checked(GroupUpdate, **given)
    group = find_group(desk, group_name)
    require_several(group)
    for key in given:
        setattr(group, key, getattr(asked, key))
    desk.session.flush()
    desk.note("group.update", group, name=group.name, fields=sorted(given))


def delete_group(desk: Desk, name: str) -> None:
    """Delete a group; what was shared with it no longer is."""
    group = find_group(desk, name)
    require_several(group)
    desk.note("group.delete", group, name=name)
    desk.session.delete(group)


def list_requests(desk: Desk) -> list[GroupAdmissionRequest]:
    """Return all admission requests, oldest first, with their groups and users."""
    loading = [
        orm.joinedload(GroupAdmissionRequest.group),
        orm.joinedload(GroupAdmissionRequest.user),
    ]
    wanted = sa.select(GroupAdmissionRequest).order_by(GroupAdmissionRequest.id)
    return list(desk.session.scalars(wanted.options(*loading)))


def decide_request(desk: Desk, name: str, username: str, *, status: str) -> None:
    """Accept or decline the pending request of a user to be let into a group."""
    group, user = find_group(desk, name), find_user(desk, username)
    wanted = sa.select(GroupAdmissionRequest).where(
        GroupAdmissionRequest.group_id == group.id,
        GroupAdmissionRequest.user_id == user.id,
        GroupAdmissionRequest.status == PENDING,
    )
    request = desk.session.scalar(wanted)
    if request is None:
        raise NotFoundError(f"{username} does not ask to be let into the group {name!r}.")
    decide(desk.session, request, status=status, by_id=None)
    desk.note(f"admission.{status}", request, group=name, username=username)


def create_stream(desk: Desk, name: str, **values: Any) -> Stream:
    """Make a stream; `values` are the other fields of StreamCreate."""
    asked = checked(StreamCreate, name=name, **values)
    stream = Stream(account_id=desk.account_id, **asked.model_dump())
    desk.add(stream)
    desk.note("stream.create", stream, name=name)
    return stream


def delete_stream(desk: Desk, name: str) -> None:
    """Delete a stream; groups no longer need it."""
    stream = find_stream(desk, name)
    desk.note("stream.delete", stream, name=name)
    desk.session.delete(stream)


def list_streams(desk: Desk) -> list[Stream]:
    """Return all streams by name, with who and which groups have them."""
    loading = [
        orm.selectinload(Stream.stream_users).joinedload(StreamUser.user),
        orm.selectinload(Stream.group_streams).joinedload(GroupStream.group),
    ]
    return list(desk.session.scalars(sa.select(Stream).options(*loading).order_by(Stream.name)))


def grant_stream(desk: Desk, name: str, username: str) -> None:
    """Give a user access to a stream."""
    stream, user = find_stream(desk, name), _colleague(desk, username)
    give_stream(desk.session, stream, user.id)
    desk.note("stream.grant", stream, username=username, user_id=user.id)


def revoke_stream(desk: Desk, name: str, username: str) -> None:
    """Take from a user his access to a stream."""
    stream, user = find_stream(desk, name), find_user(desk, username)
    wanted = StreamUser.stream_id == stream.id, StreamUser.user_id == user.id
    link = desk.session.scalar(sa.select(StreamUser).where(*wanted))
    if link is None:
        raise NotFoundError(f"{username} does not have the stream {name!r}.")
    take_stream(desk.session, link)
    desk.note("stream.revoke", stream, username=username, user_id=user.id)


def attach_stream(desk: Desk, name: str, group_name: str) -> None:
    """Give a group a stream that each of its members has."""
    stream, group = find_stream(desk, name), find_group(desk, group_name)
    take_up_stream(desk.session, group, stream)
    desk.note("group.stream", group, stream=name)


def detach_stream(desk: Desk, name: str, group_name: str) -> None:
    """Take a stream from a group."""
    stream, group = find_stream(desk, name), find_group(desk, group_name)
    drop_stream(desk.session, group, stream.id)
    desk.note("group.unstream", group, stream=name)


def find_stream(desk: Desk, name: str) -> Stream:
    """Return the stream of that name in the default account."""
    wanted = sa.select(Stream).where(Stream.account_id == desk.account_id, Stream.name == name)
    stream = desk.session.scalar(wanted)
    if stream is None:
        raise NotFoundError(f"There is no stream {name!r}; `baselayer stream list` shows all.")
    return stream


def _colleague(desk: Desk, username: str) -> User:
    """Return a user of the default account."""
    user = find_user(desk, username)
    profile = UserProfile.user_id == user.id, UserProfile.account_id == desk.account_id
    if desk.session.scalar(sa.select(UserProfile.id).where(*profile)) is None:
        raise ConflictError(f"{username} is a user of another account.")
    return user
