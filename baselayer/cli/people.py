"""What the operator does with users, groups and tokens, each with its line in the audit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.auth.passwords import hash_password, require_good, store_password
from baselayer.app.connections.models import SqlConnection
from baselayer.app.db.finding import find
from baselayer.app.db.types import utcnow
from baselayer.app.errors import InvalidRequestError, NotFoundError
from baselayer.app.identity.groups import Group, GroupUser
from baselayer.app.identity.membership import link_of, put_member, require_several, take_out
from baselayer.app.identity.people import make_user
from baselayer.app.identity.principals import permissions_of_user
from baselayer.app.identity.rights import keeping_an_admin
from baselayer.app.identity.roles import Role
from baselayer.app.identity.seed import ACLS
from baselayer.app.identity.standing import activate, deactivate, expire_at
from baselayer.app.identity.tokens import Token, TokenACL, hash_of, new_value
from baselayer.app.identity.users import User, UserRole
from baselayer.app.queries.models import Query
from baselayer.app.schemas.groups import GroupCreate
from baselayer.app.schemas.identity import TokenCreate
from baselayer.cli.desk import Desk, checked

SYSTEM_ADMIN = "System admin"


def find_user(desk: Desk, username: str) -> User:
    """Return the user of that name."""
    user = desk.session.scalar(sa.select(User).where(User.username == username))
    if user is None:
        raise NotFoundError(f"There is no user {username!r}; `baselayer user list` shows all.")
    return user


def create_user(
    desk: Desk,
    username: str,
    *,
    roles: Sequence[str],
    email: str | None = None,
    account_id: int | None = None,
    **values: Any,
) -> User:
    """Make a user of the default account or another, with roles, and a group of him alone."""
    given = [_role(desk, role) for role in roles]
    place = account_id or desk.account_id
    user = make_user(desk.session, place, username, roles=given, contact_email=email, **values)
    desk.note("user.create", user, username=username, roles=list(roles))
    return user


def set_password(desk: Desk, username: str, password: str) -> None:
    """Give a user a password to log in with, and end his sessions."""
    user = find_user(desk, username)
    require_good(password, username=username)
    store_password(desk.session, user.id, hash_password(password))
    desk.note("user.password", user, username=username)


def set_active(desk: Desk, username: str, *, is_active: bool) -> None:
    """Let a user, and every token of his, do what they may, or nothing at all."""
    user = find_user(desk, username)
    if (user.deactivated_at is None) == is_active:
        return
    if is_active:
        activate(user)
    else:
        deactivate(desk.session, user)
    desk.note("user.activate" if is_active else "user.deactivate", user, username=username)


def set_expiry(desk: Desk, username: str, moment: datetime | None) -> None:
    """Say from when on a user may look but not act; None is never."""
    user = find_user(desk, username)
    expire_at(desk.session, user, moment)
    desk.note("user.expire", user, username=username, date=moment and moment.isoformat())


def add_role(desk: Desk, username: str, role: str) -> None:
    """Give a role to a user who may have it already."""
    user = find_user(desk, username)
    if _user_role(desk, user, _role(desk, role)) is None:
        desk.add(UserRole(user_id=user.id, role_id=role))
        desk.note("user.role_add", user, username=username, role=role)


def remove_role(desk: Desk, username: str, role: str) -> None:
    """Take a role from a user."""
    user = find_user(desk, username)
    link = _user_role(desk, user, _role(desk, role))
    if link is None:
        raise NotFoundError(f"{username} does not have the role {role!r}.")
    with keeping_an_admin(desk.session):
        desk.session.delete(link)
    desk.note("user.role_remove", user, username=username, role=role)


def list_users(desk: Desk) -> list[User]:
    """Return all users by name, their roles loaded."""
    loading = orm.selectinload(User.roles)
    return list(desk.session.scalars(sa.select(User).options(loading).order_by(User.username)))


def find_group(desk: Desk, name: str) -> Group:
    """Return the group of that name in the default account."""
    wanted = sa.select(Group).where(Group.account_id == desk.account_id, Group.name == name)
    group = desk.session.scalar(wanted)
    if group is None:
        raise NotFoundError(f"There is no group {name!r}; `baselayer group list` shows all.")
    return group


def create_group(desk: Desk, name: str, *, admin: str, **values: Any) -> Group:
    """Make a group with its first admin; `values` are the other fields of GroupCreate."""
    asked = checked(GroupCreate, name=name, **values)
    user = find_user(desk, admin)
    group = Group(account_id=desk.account_id, **asked.model_dump())
    desk.add(group)
    desk.add(GroupUser(group_id=group.id, user_id=user.id, admin=True))
    desk.note("group.create", group, name=name, admin=admin)
    return group


def add_member(desk: Desk, name: str, username: str, *, admin: bool = False) -> None:
    """Put a user into a group, or change whether he is an admin of it."""
    group, user = find_group(desk, name), find_user(desk, username)
    put_member(desk.session, group, user.id, admin=admin)
    desk.note("group.member", group, username=username, user_id=user.id, admin=admin)


def remove_member(desk: Desk, name: str, username: str) -> None:
    """Take a user out of a group."""
    group, user = find_group(desk, name), find_user(desk, username)
    require_several(group)
    link = link_of(desk.session, group.id, user.id)
    if link is None:
        raise NotFoundError(f"{username} is not in the group {name!r}.")
    take_out(desk.session, link)
    desk.note("group.remove", group, username=username, user_id=user.id)


def list_groups(desk: Desk) -> list[Group]:
    """Return the groups of more than one user by name, their members loaded."""
    wanted = sa.select(Group).where(~Group.single_user_group).order_by(Group.name)
    members = orm.selectinload(Group.group_users).selectinload(GroupUser.user)
    return list(desk.session.scalars(wanted.options(members)))


def create_token(
    desk: Desk,
    username: str,
    name: str,
    *,
    permissions: Sequence[str] | None = None,
    days: int | None = None,
    **bounds: Sequence[str] | None,
) -> str:
    """Make a token that acts for a user and return its value, which is stored nowhere.

    Without `permissions` it gets all that the user has, but for System admin. `bounds` are what
    `TokenCreate` takes: `connection_ids`, `query_ids`, `allowed_addresses`.
    """
    user = find_user(desk, username)
    owned = permissions_of(desk, user)
    granted = sorted(owned - {SYSTEM_ADMIN}) if permissions is None else list(permissions)
    asked = checked(TokenCreate, name=name, permissions=granted, **bounds)
    _require_own(username, set(asked.permissions), owned)
    _require_named(desk, user, asked)
    value = new_value()
    token = Token(
        name=asked.name,
        created_by_id=user.id,
        account_id=desk.account_id,
        value_hash=hash_of(value),
        expires_at=_expiry(desk, days),
        connection_ids=asked.connection_ids,
        query_ids=asked.query_ids,
        allowed_addresses=asked.allowed_addresses,
    )
    desk.add(token)
    for permission in dict.fromkeys(asked.permissions):
        desk.add(TokenACL(token_id=token.id, acl_id=permission))
    details = asked.model_dump(mode="json", exclude={"expires_at"})
    desk.note("token.create", token, user_id=user.id, **details)
    return value


def delete_token(desk: Desk, username: str, name: str) -> None:
    """Delete a token; it stops working at once."""
    user = find_user(desk, username)
    wanted = sa.select(Token).where(Token.created_by_id == user.id, Token.name == name)
    token = desk.session.scalar(wanted)
    if token is None:
        raise NotFoundError(f"{username} has no token {name!r}.")
    desk.note("token.delete", token, name=name, user_id=user.id)
    desk.session.delete(token)
    desk.session.flush()  # before a new one of the same name is made


def list_tokens(desk: Desk, username: str | None) -> list[Token]:
    """Return the tokens of a user, or of all, with their users and permissions loaded."""
    wanted = sa.select(Token).join(Token.created_by).order_by(User.username, Token.name)
    if username is not None:
        wanted = wanted.where(Token.created_by_id == find_user(desk, username).id)
    loading = [orm.joinedload(Token.created_by), orm.selectinload(Token.acls)]
    return list(desk.session.scalars(wanted.options(*loading)))


def permissions_of(desk: Desk, user: User) -> set[str]:
    """Return the permissions that a user has, through roles and of his own."""
    return set(desk.session.scalars(permissions_of_user(user.id)))


def _role(desk: Desk, name: str) -> str:
    known = list(desk.session.scalars(sa.select(Role.id).order_by(Role.id)))
    if name not in known:
        raise NotFoundError(f"There is no role {name!r}. There are: {', '.join(known)}.")
    return name


def _user_role(desk: Desk, user: User, role: str) -> Any:
    wanted = sa.select(UserRole).where(UserRole.user_id == user.id, UserRole.role_id == role)
    return desk.session.scalar(wanted)


def _require_own(username: str, asked: set[str], owned: set[str]) -> None:
    unknown, beyond = sorted(asked - set(ACLS)), sorted(asked - owned)
    if unknown:
        raise NotFoundError(f"There is no permission {unknown[0]!r}. There are: {', '.join(ACLS)}.")
    if beyond:
        raise InvalidRequestError(
            f"{username} does not have {beyond[0]!r}, so no token of his can have it: give him a "
            "role that has it first."
        )


def _require_named(desk: Desk, user: User, asked: TokenCreate) -> None:
    """Raise NotFoundError unless the user sees every record that his token is narrowed to."""
    for ident in asked.connection_ids or ():
        find(desk.session, SqlConnection, ident, user)
    for ident in asked.query_ids or ():
        find(desk.session, Query, ident, user)


def _expiry(desk: Desk, days: int | None) -> datetime:
    settings = desk.config.settings.tokens
    if days is not None and not 1 <= days <= settings.max_lifetime_days:
        raise InvalidRequestError(
            f"A token lives from 1 to {settings.max_lifetime_days} days "
            "(`tokens.max_lifetime_days`)."
        )
    return utcnow() + timedelta(days=days or settings.lifetime_days)
