"""The token of a run: made when it begins, with what its owner may at that moment."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from baselayer.app.config.cron import CronJob
from baselayer.app.db.types import utcnow
from baselayer.app.errors import CronOwnerError
from baselayer.app.identity.accounts import Account
from baselayer.app.identity.acls import ACL
from baselayer.app.identity.principals import permissions_of_user
from baselayer.app.identity.tokens import RUN_TOKEN_PREFIX, Token, TokenACL, hash_of, new_value
from baselayer.app.identity.users import User


@dataclass(frozen=True)
class RunToken:
    """A token and its value, which goes to the script and nowhere else."""

    id: int
    user_id: int
    value: str = field(repr=False)


async def new_run_token(
    connection: AsyncConnection, job: CronJob, run_id: Any, expires_at: datetime
) -> RunToken:
    """Store a token for a run of `job`, with those of its permissions that the owner has.

    CronOwnerError when there is no such user, or he may not act.
    """
    user_id = await _owner(connection, job)
    owned = set((await connection.scalars(permissions_of_user(user_id))).all())
    value, now = new_value(), utcnow()
    default_account = sa.select(Account.id).where(Account.is_default).scalar_subquery()
    token = sa.insert(Token).values(
        name=f"{RUN_TOKEN_PREFIX}{job.title}:{run_id}",
        created_by_id=user_id,
        account_id=default_account,
        value_hash=hash_of(value),
        expires_at=expires_at,
    )
    token_id = (await connection.scalars(token.returning(Token.id))).one()
    granted = [
        {"token_id": token_id, "acl_id": acl, "created_at": now, "modified": now}
        for acl in sorted(owned.intersection(job.acls))
    ]
    if granted:
        await connection.execute(sa.insert(TokenACL.__table__), granted)
    return RunToken(token_id, user_id, value)


async def unknown_permissions(connection: AsyncConnection, names: set[str]) -> set[str]:
    """Return those of `names` that are no permission of this installation."""
    return names - set((await connection.scalars(sa.select(ACL.id))).all())


async def _owner(connection: AsyncConnection, job: CronJob) -> int:
    wanted = sa.select(User.id, User.deactivated_at, User.expiration_date)
    found = (await connection.execute(wanted.where(User.username == job.owner))).one_or_none()
    if found is None:
        raise CronOwnerError(f"There is no user {job.owner!r}, the owner of {job.title!r}.")
    if found.deactivated_at is not None:
        raise CronOwnerError(f"{job.owner!r}, the owner of {job.title!r}, is deactivated.")
    if found.expiration_date is not None and found.expiration_date <= utcnow():
        raise CronOwnerError(f"The account of {job.owner!r}, the owner of {job.title!r}, expired.")
    return int(found.id)
