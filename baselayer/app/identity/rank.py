"""Rank: nobody changes the rights of a user who has more, gives what he lacks, or raises himself.

The tables are named here and not imported, because the models of users declare these controls.
"""

from collections.abc import Collection
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.base import IsNew, UserAccessControl
from baselayer.app.controls.hops import mark_gate
from baselayer.app.controls.rows import Rows, primary_key_of, rows_of

MANAGE_USERS = "Manage users"

_user_roles = sa.table("user_roles", sa.column("user_id"), sa.column("role_id"))
_role_acls = sa.table("role_acls", sa.column("role_id"), sa.column("acl_id"))
_user_acls = sa.table("user_acls", sa.column("user_id"), sa.column("acl_id"))
_profiles = sa.table("user_profiles", sa.column("user_id"), sa.column("account_id"))


def has_more(user_id: Any, permissions: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a user was given anything beyond `permissions`."""
    roles, acls = _user_roles.alias(), _user_acls.alias()
    through_role = sa.exists().where(
        roles.c.user_id == user_id, gives_more(roles.c.role_id, permissions)
    )
    own = sa.exists().where(acls.c.user_id == user_id, _is_beyond(acls.c.acl_id, permissions))
    return sa.or_(through_role.correlate_except(roles), own.correlate_except(acls))


def gives_more(role_id: Any, permissions: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a role has anything beyond `permissions`."""
    acls = _role_acls.alias()
    beyond = sa.exists().where(acls.c.role_id == role_id, _is_beyond(acls.c.acl_id, permissions))
    return beyond.correlate_except(acls)


def is_colleague(user_id: Any, other_id: Any) -> ColumnElement[bool]:
    """Return the condition that two users are in one account."""
    his, other = _profiles.alias(), _profiles.alias()
    shared = sa.exists().where(
        his.c.user_id == user_id,
        other.c.user_id == other_id,
        his.c.account_id == other.c.account_id,
    )
    return shared.correlate_except(his, other)


def _is_beyond(acl_id: Any, permissions: Collection[str]) -> ColumnElement[bool]:
    owned: Any = sa.bindparam("owned", sorted(permissions), type_=ARRAY(sa.Text), unique=True)
    beyond: ColumnElement[bool] = sa.not_(acl_id == sa.any_(owned))
    return beyond


class IsNotAbove(UserAccessControl):
    """Users who have no right that the accessor lacks."""

    keeps: ClassVar[bool] = True

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        if accessor.is_admin:
            return sa.true()
        (key,) = primary_key_of(rows_of(entity))
        return sa.not_(mark_gate(has_more(key, accessor.permissions)))


class MayBeGiven(UserAccessControl):
    """Links of a user to a right, `role_id` or `acl_id`, that the accessor may give and take.

    He may when he manages users, is in an account with this one, and has all that the other one
    has and is given. His own links are for somebody else to judge, also when he is System admin.
    """

    admin_bypass: ClassVar[bool] = False
    keeps: ClassVar[bool] = True

    def __init__(self, right: str) -> None:
        self.right = right

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        link: Any = rows_of(entity)
        me: Any = accessor.user_id
        is_another: ColumnElement[bool] = link.user_id != me
        if accessor.is_admin:
            return is_another
        if MANAGE_USERS not in accessor.permissions:
            return sa.false()
        mine = accessor.permissions
        right = getattr(link, self.right)
        beyond = gives_more(right, mine) if self.right == "role_id" else _is_beyond(right, mine)
        return sa.and_(
            is_another,
            mark_gate(is_colleague(link.user_id, me)),
            sa.not_(mark_gate(has_more(link.user_id, mine))),
            sa.not_(mark_gate(beyond)),
        )

    def standing(self, rows: Rows, accessor: Accessor, is_new: IsNew) -> ColumnElement[bool]:
        return self.predicate(rows, accessor)

    def stands_alone(self, mapper: orm.Mapper[Any]) -> bool:
        return False
