"""Membership: who comes into a group, becomes its admin, goes; which streams it takes up.

Each works in any session: in a verified one the accessor's rights are judged as well. The group is
locked first, so that two requests at once cannot leave it without an admin, or let somebody in who
lacks one of its streams. Commit is the caller's.
"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.errors import ConflictError, NotFoundError
from baselayer.app.identity.belonging import has_stream
from baselayer.app.identity.groups import Group, GroupUser
from baselayer.app.identity.streams import GroupStream, Stream, StreamUser
from baselayer.app.identity.users import User


def put_member(session: orm.Session, group: Group, user_id: int, *, admin: bool) -> None:
    """Let a user into a group, or change whether he is an admin of it.

    ConflictError when he lacks a stream of the group, or when it would be left without an admin.
    """
    require_several(group)
    _lock(session, Group, {group.id})
    link = link_of(session, group.id, user_id)
    if link is None:
        _require_streams(session, group.id, user_id)
        session.add(GroupUser(group_id=group.id, user_id=user_id, admin=admin))
    elif link.admin != admin:
        _require_other_admin(session, link)
        link.admin = admin
    session.flush()


def let_in(session: orm.Session, group: Group, user_id: int, *, admin: bool = False) -> None:
    """Let a user into a group; whoever is in it already keeps what he is, or becomes an admin."""
    link = link_of(session, group.id, user_id)
    if link is None or (admin and not link.admin):
        put_member(session, group, user_id, admin=admin)


def take_out(session: orm.Session, link: GroupUser) -> None:
    """Take a member out; ConflictError when the group would be left without an admin."""
    _lock(session, Group, {link.group_id})
    _require_other_admin(session, link)
    session.delete(link)
    session.flush()


def link_of(session: orm.Session, group_id: int, user_id: int) -> GroupUser | None:
    """Return the membership of a user in a group."""
    found = GroupUser.group_id == group_id, GroupUser.user_id == user_id
    return session.scalar(sa.select(GroupUser).where(*found))


def require_member(session: orm.Session, group_id: int, user_id: int) -> GroupUser:
    """Return the membership of a user in a group; NotFoundError when there is none."""
    link = link_of(session, group_id, user_id)
    if link is None:
        raise NotFoundError("There is no such member in this group.")
    return link


def require_several(group: Group) -> None:
    """Raise ConflictError for the group of one user alone: it stays as it is."""
    if group.user_id is not None:
        raise ConflictError(
            f"The group {group.name!r} is that of one user alone: make another one."
        )


def take_up_stream(session: orm.Session, group: Group, stream: Stream) -> None:
    """Give a group a stream that it may have already; ConflictError when a member lacks it."""
    require_several(group)
    _lock(session, Group, {group.id})
    _lock(session, Stream, {stream.id})
    there = GroupStream.group_id == group.id, GroupStream.stream_id == stream.id
    if session.scalar(sa.select(GroupStream.id).where(*there)) is not None:
        return
    members = sa.select(User.username).join(GroupUser, GroupUser.user_id == User.id)
    members = members.where(GroupUser.group_id == group.id, ~has_stream(User.id, stream.id))
    lacking = session.scalars(members.order_by(User.username)).all()
    if lacking:
        raise ConflictError(
            f"Not every member of the group has the stream {stream.name!r}: {', '.join(lacking)} "
            "would have to get it first. Nothing was changed."
        )
    session.add(GroupStream(group_id=group.id, stream_id=stream.id))
    session.flush()


def drop_stream(session: orm.Session, group: Group, stream_id: int) -> None:
    """Take a stream from a group; NotFoundError when it does not have it."""
    there = GroupStream.group_id == group.id, GroupStream.stream_id == stream_id
    link = session.scalar(sa.select(GroupStream).where(*there))
    if link is None:
        raise NotFoundError("The group does not have such a stream.")
    session.delete(link)
    session.flush()


def give_stream(session: orm.Session, stream: Stream, user_id: int) -> None:
    """Give a user, who may have it already, access to a stream."""
    wanted = StreamUser.stream_id == stream.id, StreamUser.user_id == user_id
    if session.scalar(sa.select(StreamUser.id).where(*wanted)) is None:
        session.add(StreamUser(stream_id=stream.id, user_id=user_id))
        session.flush()


def take_stream(session: orm.Session, link: StreamUser) -> None:
    """Take from a user his access to a stream; ConflictError while a group of his has it."""
    _lock(session, Stream, {link.stream_id})
    needing = (
        sa.select(Group.name)
        .join(GroupStream, GroupStream.group_id == Group.id)
        .join(GroupUser, GroupUser.group_id == Group.id)
        .where(GroupStream.stream_id == link.stream_id, GroupUser.user_id == link.user_id)
    )
    names = session.scalars(needing.order_by(Group.name)).all()
    if names:
        raise ConflictError(
            f"The group {names[0]!r} has this stream, so each of its members needs it: take the "
            "user out of the group first. Nothing was changed."
        )
    session.delete(link)
    session.flush()


def _lock(session: orm.Session, model: Any, ids: Collection[int]) -> None:
    """Lock rows in the order of their ids, without hindering those who only refer to them."""
    wanted = sa.select(model.id).where(model.id.in_(ids)).order_by(model.id)
    session.execute(wanted.with_for_update(key_share=True, of=model)).all()


def _require_streams(session: orm.Session, group_id: int, user_id: int) -> None:
    needed = sa.select(Stream.id, Stream.name).join(GroupStream).order_by(Stream.id)
    streams = session.execute(needed.where(GroupStream.group_id == group_id)).all()
    _lock(session, Stream, {ident for ident, _ in streams})
    lacking = sa.select(Stream.name).where(Stream.id.in_([ident for ident, _ in streams]))
    names = session.scalars(lacking.where(~has_stream(user_id, Stream.id)).order_by(Stream.name))
    told = ", ".join(map(repr, names))
    if told:
        raise ConflictError(
            f"The group has streams that this user has no access to: {told}. An administrator "
            "gives it to him. Nothing was changed."
        )


def _require_other_admin(session: orm.Session, link: GroupUser) -> None:
    """Raise ConflictError when the group would have no admin, who can act, but `link`."""
    now = sa.select(GroupUser).where(GroupUser.id == link.id)
    if session.scalar(now.execution_options(populate_existing=True)) is None:
        raise NotFoundError("There is no such member in this group.")
    others = (
        sa.select(GroupUser.id)
        .join(User, User.id == GroupUser.user_id)
        .where(GroupUser.group_id == link.group_id, GroupUser.id != link.id)
        .where(GroupUser.admin, User.deactivated_at.is_(None))
    )
    if link.admin and session.scalar(others.limit(1)) is None:
        raise ConflictError(
            "A group needs an admin: make another member one first, or delete the group. Nothing "
            "was changed."
        )
