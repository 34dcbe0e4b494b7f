"""Names: users whom the caller may not see yet, but names, or whose request he may read."""

from collections.abc import Collection

import sqlalchemy as sa

from baselayer.app.db.engine import Database
from baselayer.app.errors import NotFoundError
from baselayer.app.identity.accounts import UserProfile
from baselayer.app.identity.principals import Principal
from baselayer.app.identity.users import User


async def user_id_of(database: Database, username: str, caller: Principal) -> int:
    """Return the id of a user of the caller's account, known by his exact name.

    Whoever is added to something may not be visible yet to who adds him, so a plain session looks
    him up; ask only after the caller's right to add somebody.
    """
    statement = (
        sa.select(User.id)
        .join(UserProfile, UserProfile.user_id == User.id)
        .where(User.username == username, UserProfile.account_id == caller.account_id)
    )
    async with database.plain_async() as session:
        found: int | None = await session.scalar(statement)
    if found is None:
        raise NotFoundError("There is no such user in your account.")
    return found


async def usernames_of(database: Database, user_ids: Collection[int]) -> dict[int, str]:
    """Return the names of users that records which the caller may read speak of."""
    statement = sa.select(User.id, User.username).where(User.id.in_(user_ids))
    async with database.plain_async() as session:
        return {row.id: row.username for row in await session.execute(statement)}
