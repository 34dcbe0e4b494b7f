"""Standing: whether and until when a user may act, and which accounts he is in."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.types import utcnow
from baselayer.app.errors import ConflictError, NotFoundError
from baselayer.app.identity.accounts import Account, UserProfile, get_or_create_profile
from baselayer.app.identity.groups import Group, GroupUser
from baselayer.app.identity.leaving import require_nothing_owned
from baselayer.app.identity.rights import keeping_an_admin
from baselayer.app.identity.sessions import LoginSession
from baselayer.app.identity.tokens import Token
from baselayer.app.identity.users import User


def activate(user: User) -> None:
    """Let a deactivated user act again."""
    user.deactivated_at = None


def deactivate(session: orm.Session, user: User) -> None:
    """Let neither the user nor a token of his do anything, and end his sessions."""
    with keeping_an_admin(session):
        user.deactivated_at = user.deactivated_at or utcnow()
    _delete(session, LoginSession, user_id=user.id)


def expire_at(session: orm.Session, user: User, moment: datetime | None) -> None:
    """Say from when on a user may look but not act; None is never."""
    with keeping_an_admin(session):
        user.expiration_date = moment


def join_account(session: orm.Session, user: User, account: Account) -> UserProfile:
    """Give a user a place in an account, unless he has it."""
    return get_or_create_profile(session, user.id, account.id)


def leave_account(session: orm.Session, user: User, account: Account) -> None:
    """Take a user out of an account, and out of its groups; what acts there for him goes too.

    NotFoundError when he is not in it, StillOwnsError while he owns something there, ConflictError
    when it is his only one.
    """
    places = session.scalars(sa.select(UserProfile).filter_by(user_id=user.id)).all()
    found = [place for place in places if place.account_id == account.id]
    if not found:
        raise NotFoundError(f"{user.username} is not in that account. Nothing was changed.")
    if len(places) == 1:
        raise ConflictError(
            f"{user.username} is in no other account: deactivate him instead, or put him in "
            "another one first. Nothing was changed."
        )
    require_nothing_owned(session, user, account_id=account.id)
    groups = sa.select(Group.__table__.c.id).where(Group.__table__.c.account_id == account.id)
    links = GroupUser.__table__
    connection = orm.Session.connection(session)
    connection.execute(
        sa.delete(links).where(links.c.user_id == user.id, links.c.group_id.in_(groups))  # type: ignore[arg-type] # a Table
    )
    _delete(session, LoginSession, user_id=user.id, account_id=account.id)
    _delete(session, Token, created_by_id=user.id, account_id=account.id)
    session.delete(found[0])
    session.flush()


def _delete(session: orm.Session, cls: Any, **wanted: Any) -> None:
    """Delete what is a consequence, and no act of the session's accessor that could be judged."""
    table = cls.__table__
    conditions = (table.c[name] == value for name, value in wanted.items())
    orm.Session.connection(session).execute(sa.delete(table).where(*conditions))
