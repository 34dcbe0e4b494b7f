"""Leaving: what a user owns when he is to be deleted, and how it is handed over before."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.base import Base
from baselayer.app.errors import InvalidRequestError, StillOwnsError
from baselayer.app.identity.accounts import UserProfile
from baselayer.app.identity.groups import Group, GroupUser
from baselayer.app.identity.rights import keeping_an_admin
from baselayer.app.identity.users import User

OWNER = "owner_id"  # what is called so can be handed over; other columns say who did something
GOES_WITH_HIM = ("CASCADE", "SET NULL")


def owned_by(
    session: orm.Session, user_id: int, *, account_id: int | None = None
) -> dict[str, int]:
    """Return how many rows of which tables, of one account or of all, hold on to a user."""
    connection = orm.Session.connection(session)
    counts = (
        (column.table.name, connection.scalar(_count(column, user_id, account_id)) or 0)
        for column in _references()
    )
    found = {name: count for name, count in counts if count}
    led = _led_alone(user_id, account_id)
    alone = connection.scalar(sa.select(sa.func.count()).where(led)) or 0
    return found | ({"groups": alone} if alone else {})


def require_nothing_owned(
    session: orm.Session, user: User, *, account_id: int | None = None
) -> None:
    """Raise StillOwnsError, which names it, when a user owns anything, of one account or of all."""
    owned = owned_by(session, user.id, account_id=account_id)
    if owned:
        told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in owned.items())
        raise StillOwnsError(
            f"{user.username} still has {told}: hand over what he owns, make somebody else admin "
            "of his groups, and if runs are left, which are the record of what he did, deactivate "
            "him instead. Nothing was changed.",
            owned=owned,
        )


def hand_over(session: orm.Session, user: User, heir: User) -> dict[str, int]:
    """Make `heir` the owner of what `user` owns, and return how many of what.

    For System admins alone: who owns a connection may use it. The secrets stay sealed. A name that
    the heir uses already raises IntegrityError. What the session has loaded is not refreshed.
    """
    connection = orm.Session.connection(session)
    moved = {}
    for column in _references():
        if column.name != OWNER:
            continue
        _require_in_account(connection, column, user, heir)
        change = sa.update(column.table).where(column == user.id).values({column: heir.id})
        count = connection.execute(change).rowcount
        if count:
            moved[column.table.name] = count
    return moved


def delete_user(session: orm.Session, user: User) -> None:
    """Delete a user with his tokens, sessions and memberships; StillOwnsError while he owns more.

    The session is flushed and not committed.
    """
    require_nothing_owned(session, user)
    with keeping_an_admin(session):
        mine = sa.select(GroupUser.group_id).where(GroupUser.user_id == user.id)
        own = sa.select(Group).where(Group.single_user_group, Group.id.in_(mine))
        for group in session.scalars(own).all():
            session.delete(group)
        session.flush()
        session.delete(user)


def _references() -> Iterator[sa.Column[int]]:
    """Yield each column that refers to users and does not let go of them."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            for key in column.foreign_keys:
                if key.column is User.__table__.c.id and key.ondelete not in GOES_WITH_HIM:
                    yield column


def _count(column: sa.Column[int], user_id: int, account_id: int | None) -> sa.Select[int]:
    table = column.table
    counted = sa.select(sa.func.count()).select_from(table).where(column == user_id)
    if account_id is None or "account_id" not in table.columns:
        return counted
    return counted.where(table.c.account_id == account_id)


def _led_alone(user_id: int, account_id: int | None) -> sa.ColumnElement[bool]:
    """Return the condition for the memberships by which a user alone leads others."""
    links, groups = GroupUser.__table__, Group.__table__
    others = links.alias()
    in_group = sa.exists().where(others.c.group_id == links.c.group_id, others.c.user_id != user_id)
    shared = sa.exists().where(groups.c.id == links.c.group_id, ~groups.c.single_user_group)
    if account_id is not None:
        shared = shared.where(groups.c.account_id == account_id)
    return sa.and_(
        links.c.user_id == user_id,
        links.c.admin,
        shared.correlate_except(groups),
        in_group.correlate_except(others),
        ~in_group.where(others.c.admin).correlate_except(others),
    )


def _require_in_account(
    connection: sa.Connection, column: sa.Column[int], user: User, heir: User
) -> None:
    """Raise InvalidRequestError when something would come to an owner outside its account."""
    if "account_id" not in column.table.columns:
        return
    places = UserProfile.__table__
    his = sa.exists().where(
        places.c.user_id == heir.id, places.c.account_id == column.table.c.account_id
    )
    strays = sa.select(sa.func.count()).select_from(column.table)
    strays = strays.where(column == user.id, ~his.correlate_except(places))
    if connection.scalar(strays):
        raise InvalidRequestError(
            f"{heir.username} is not in every account that {user.username} owns something in: put "
            "him there first. Nothing was changed.",
            fields={"to": "is in another account"},
        )
