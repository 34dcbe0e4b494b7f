"""Rights: who may give them to whom and take them away, and that a System admin is always left."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import SYSTEM_ADMIN, Accessor
from baselayer.app.errors import AccessError, LastAdminError, NotFoundError
from baselayer.app.identity.acls import ACL
from baselayer.app.identity.principals import has_permission, permissions_of_user
from baselayer.app.identity.rank import is_colleague
from baselayer.app.identity.roles import Role, RoleACL
from baselayer.app.identity.users import User, UserACL, UserRole

LOCK = 0x6C61_7374  # any number that is ours: "last" in hexadecimal


class _Admins(NamedTuple):
    """How many System admins can act, and how many of those do not expire."""

    active: int
    lasting: int


@contextmanager
def keeping_an_admin(session: orm.Session) -> Iterator[None]:
    """Let the block take rights from users, or users away, but not the last System admin.

    LastAdminError otherwise. Two that do so at once take turns, until the transaction ends.
    """
    connection = orm.Session.connection(session)
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    before = _admins(connection)
    yield
    session.flush()
    left = _admins(connection)
    if any(were > 0 == are for were, are in zip(before, left, strict=True)):
        raise LastAdminError(
            "Nobody else is System admin with an account that does not expire: give another active "
            "user the role Super admin first. Nothing was changed."
        )


def require_may_change(session: orm.Session, actor: Accessor, user: User) -> None:
    """Raise AccessError unless `actor` may change the rights and the standing of `user`.

    He may when he manages users in an account of this one, who has no right that he lacks himself.
    """
    if user.id == actor.user_id:
        raise AccessError(
            "Nobody changes his own rights, nor whether and until when he may act: ask another "
            "administrator. Nothing was changed."
        )
    if actor.is_admin:
        return
    connection = orm.Session.connection(session)
    if not connection.scalar(sa.select(is_colleague(user.id, actor.user_id))):
        raise AccessError(f"{user.username} is in no account of yours. Nothing was changed.")
    above = sorted(set(_given(connection, user)) - set(actor.permissions))
    if above:
        raise AccessError(
            f"{user.username} has {above[0]!r}, which you do not have here, so he is not yours to "
            "change: ask somebody who has it. Nothing was changed.",
            permissions=above,
        )


def require_may_give(actor: Accessor, permissions: Sequence[str]) -> None:
    """Raise AccessError unless `actor` has all of these permissions himself, or System admin."""
    beyond = sorted(set(permissions) - set(actor.permissions))
    if beyond and not actor.is_admin:
        raise AccessError(
            f"You do not have {beyond[0]!r} here, so you cannot give it. Nothing was changed.",
            permissions=beyond,
        )


def permissions_of_roles(session: orm.Session, roles: Sequence[str]) -> list[str]:
    """Return what the roles have together; NotFoundError names those that there are."""
    known = list(session.scalars(sa.select(Role.id).order_by(Role.id)))
    for role in roles:
        if role not in known:
            raise NotFoundError(f"There is no role {role!r}. There are: {', '.join(known)}.")
    wanted = sa.select(RoleACL.acl_id).where(RoleACL.role_id.in_(roles)).distinct()
    return sorted(session.scalars(wanted))


def give_role(session: orm.Session, actor: Accessor, user: User, role: str) -> bool:
    """Give a user a role; False when he has it already."""
    require_may_change(session, actor, user)
    require_may_give(actor, permissions_of_roles(session, [role]))
    return _given_link(session, UserRole, user_id=user.id, role_id=role)


def take_role(session: orm.Session, actor: Accessor, user: User, role: str) -> None:
    """Take a role from a user; NotFoundError when he does not have it."""
    require_may_change(session, actor, user)
    _take_link(session, UserRole, f"the role {role!r}", user_id=user.id, role_id=role)


def give_acl(session: orm.Session, actor: Accessor, user: User, acl: str) -> bool:
    """Give a user a permission of his own; False when he has it already."""
    require_may_change(session, actor, user)
    known = list(session.scalars(sa.select(ACL.id).order_by(ACL.id)))
    if acl not in known:
        raise NotFoundError(f"There is no permission {acl!r}. There are: {', '.join(known)}.")
    require_may_give(actor, [acl])
    return _given_link(session, UserACL, user_id=user.id, acl_id=acl)


def take_acl(session: orm.Session, actor: Accessor, user: User, acl: str) -> None:
    """Take a permission of his own from a user; NotFoundError when he has it not, or by a role."""
    require_may_change(session, actor, user)
    told = f"the permission {acl!r} of his own"
    _take_link(session, UserACL, told, user_id=user.id, acl_id=acl)


def _admins(connection: sa.Connection) -> _Admins:
    users = User.__table__
    is_lasting = users.c.expiration_date.is_(None)
    can_act = sa.or_(is_lasting, users.c.expiration_date > sa.func.now())
    counted = sa.select(sa.func.count(), sa.func.count().filter(is_lasting)).where(
        users.c.deactivated_at.is_(None), can_act, has_permission(users.c.id, SYSTEM_ADMIN)
    )
    return _Admins(*connection.execute(counted).one())


def _given(connection: sa.Connection, user: User) -> Iterator[str]:
    yield from connection.scalars(permissions_of_user(user.id))


def _given_link(session: orm.Session, cls: Any, **ends: Any) -> bool:
    if session.scalar(sa.select(cls).filter_by(**ends)) is not None:
        return False
    session.add(cls(**ends))
    session.flush()
    return True


def _take_link(session: orm.Session, cls: Any, told: str, **ends: Any) -> None:
    link = session.scalar(sa.select(cls).filter_by(**ends))
    if link is None:
        raise NotFoundError(f"The user does not have {told}. Nothing was changed.")
    with keeping_an_admin(session):
        session.delete(link)
