"""make_user: a new user with all that he needs to work."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import orm

from baselayer.app.db.types import slugify
from baselayer.app.errors import InvalidRequestError
from baselayer.app.identity.accounts import UserProfile
from baselayer.app.identity.groups import Group, GroupUser
from baselayer.app.identity.users import User, UserRole


def require_username(username: str) -> None:
    """Raise InvalidRequestError unless `username` is stored as it is written."""
    if not username or slugify(username) != username:
        told = (
            f"{username!r} is no user name: it has lower-case letters, digits and - . @ _ only"
            + (f", as in {slugify(username)!r}." if slugify(username) else ".")
        )
        raise InvalidRequestError(told, fields={"username": told})


def make_user(
    session: orm.Session, account_id: int, username: str, *, roles: Sequence[str], **values: Any
) -> User:
    """Make a user of an account, with roles that exist, and with the group of him alone.

    The session is flushed and not committed; IntegrityError when the name is taken.
    """
    require_username(username)
    user = User(username=username, **values)
    session.add(user)
    session.flush()
    own = Group(account_id=account_id, name=username, single_user_group=True, user_id=user.id)
    session.add(own)
    session.flush()
    session.add(UserProfile(user_id=user.id, account_id=account_id))
    session.add(GroupUser(group_id=own.id, user_id=user.id, admin=True))
    session.add_all(UserRole(user_id=user.id, role_id=role) for role in dict.fromkeys(roles))
    session.flush()
    return user
