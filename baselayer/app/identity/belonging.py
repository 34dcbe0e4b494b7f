"""Belonging: whether a user may be linked to a group or a stream at all, whoever links them.

These hold for system admins too: they keep the records sound, where the other controls say who may
write them. A control that is asked of a link sees the link as it has been written.
"""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.base import UserAccessControl
from baselayer.app.controls.rows import mark_gate, rows_of
from baselayer.app.db.base import Base


def table(name: str) -> sa.FromClause:
    """Return a fresh alias of a table: nothing rewrites it, and it collides with nothing."""
    return Base.metadata.tables[name].alias()


def exists(source: sa.FromClause, *conditions: Any) -> ColumnElement[bool]:
    """Return the condition that a row of `source`, whatever else is around it, is so."""
    return mark_gate(sa.exists().where(*conditions).correlate_except(source))


def is_of_account(user_id: Any, account_id: Any) -> ColumnElement[bool]:
    """Return the condition that a user has a profile in an account."""
    profile = table("user_profiles")
    return exists(profile, profile.c.user_id == user_id, profile.c.account_id == account_id)


def has_stream(user_id: Any, stream_id: Any) -> ColumnElement[bool]:
    """Return the condition that a user has access to a stream."""
    link = table("stream_users")
    return exists(link, link.c.user_id == user_id, link.c.stream_id == stream_id)


class Invariant(UserAccessControl):
    """A control that looks at the row alone, and that nobody passes by."""

    admin_bypass: ClassVar[bool] = False
    keeps: ClassVar[bool] = True


class FitsGroup(Invariant):
    """Memberships of users of the group's account who have all of the group's streams.

    The group of one user alone gets no further member.
    """

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        link, group, needed = rows_of(entity), table("groups"), table("group_streams")
        is_fit = exists(
            group,
            group.c.id == link.group_id,
            group.c.user_id.is_(None),
            is_of_account(link.user_id, group.c.account_id),
        )
        is_lacking = exists(
            needed,
            needed.c.group_id == link.group_id,
            ~has_stream(link.user_id, needed.c.stream_id),
        )
        return sa.and_(is_fit, ~is_lacking)


class FitsStream(Invariant):
    """Links of users to streams of an account of theirs."""

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        link, stream = rows_of(entity), table("streams")
        is_own = is_of_account(link.user_id, stream.c.account_id)
        return exists(stream, stream.c.id == link.stream_id, is_own)


class IsNotNeeded(Invariant):
    """Links of users to streams that none of their groups has."""

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        link, needed, member = rows_of(entity), table("group_streams"), table("group_users")
        is_member = exists(
            member, member.c.group_id == needed.c.group_id, member.c.user_id == link.user_id
        )
        return ~exists(needed, needed.c.stream_id == link.stream_id, is_member)


class IsHadByMembers(Invariant):
    """Links of groups to streams of the same account that every member has access to."""

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        link, group, stream = rows_of(entity), table("groups"), table("streams")
        member = table("group_users")
        is_same = exists(
            stream, stream.c.id == link.stream_id, stream.c.account_id == group.c.account_id
        )
        is_fit = exists(group, group.c.id == link.group_id, is_same)
        is_lacking = exists(
            member,
            member.c.group_id == link.group_id,
            ~has_stream(member.c.user_id, link.stream_id),
        )
        return sa.and_(is_fit, ~is_lacking)
