"""Principal: who a request comes from, with the rights in force; and what those rights are."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from baselayer.app.controls.accessor import SYSTEM_ADMIN, Narrowing
from baselayer.app.identity.acls import ACL
from baselayer.app.identity.roles import RoleACL
from baselayer.app.identity.tokens import TokenACL
from baselayer.app.identity.users import UserACL, UserRole


@dataclass(frozen=True)
class Principal:
    """An identified caller: a user, or a token that acts for one."""

    user_id: int
    username: str
    account_id: int
    token_id: int | None
    permissions: frozenset[str]
    expired_at: datetime | None = None
    """Since when the account may only look; null when it may act."""

    token_expires_at: datetime | None = None
    """Until when the token is good; null for ever, or when there is none."""

    narrowing: Narrowing | None = None
    """The only records that exist for the token; null when it is not narrowed."""

    allowed_addresses: tuple[str, ...] | None = None
    """The networks that the token may be used from; null is anywhere."""

    @property
    def is_admin(self) -> bool:
        """Tell whether record controls are bypassed."""
        return SYSTEM_ADMIN in self.permissions

    def unnarrowed(self) -> "Principal":
        """Return the same caller without narrowing, for what a named record needs to work."""
        return replace(self, narrowing=None)


def at_moment(principal: Principal, expires_at: datetime | None, now: datetime) -> Principal:
    """Return `principal` as it is `now`: without permissions when its user has expired."""
    if expires_at is None or now < expires_at:
        return principal
    return replace(principal, permissions=frozenset(), expired_at=expires_at)


def has_permission(user_id: Any, acl_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a user has a permission, through a role or of his own."""
    roles, acls = UserRole.__table__, UserACL.__table__
    role_acls = RoleACL.__table__
    # The tables of its own are named, so that it stays one about the user of the query around it.
    through_role = (
        sa.exists()
        .where(roles.c.user_id == user_id)
        .where(role_acls.c.role_id == roles.c.role_id, role_acls.c.acl_id == acl_id)
        .correlate_except(roles, role_acls)
    )
    own = sa.exists().where(acls.c.user_id == user_id, acls.c.acl_id == acl_id)
    return sa.or_(through_role, own.correlate_except(acls))


def permissions_of_user(user_id: Any) -> sa.Select[Any]:
    """Return the SELECT of the permissions that a user has."""
    acls = ACL.__table__
    return sa.select(acls.c.id).where(has_permission(user_id, acls.c.id)).correlate_except(acls)


def permissions_of_token(token_id: Any, user_id: Any) -> sa.Select[Any]:
    """Return the SELECT of the permissions that a token has of those of its user."""
    granted = TokenACL.__table__
    return (
        sa.select(granted.c.acl_id)
        .where(granted.c.token_id == token_id, has_permission(user_id, granted.c.acl_id))
        .correlate_except(granted)
    )
