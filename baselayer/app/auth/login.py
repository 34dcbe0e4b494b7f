"""Login: from a user name and a password to a session, at a cost that tells nothing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from baselayer.app.audit.record import Event, record
from baselayer.app.auth.limits import Admission, admit, forgive, subject_of_address, subject_of_user
from baselayer.app.auth.passwords import Passwords, is_outdated, require_good, store_password
from baselayer.app.auth.sessions import begin, end
from baselayer.app.config.login import LoginSettings
from baselayer.app.db.engine import Database
from baselayer.app.errors import InvalidRequestError, LoginFailedError, LoginLimitedError
from baselayer.app.identity.accounts import Account, UserProfile
from baselayer.app.identity.passwords import UserPassword
from baselayer.app.identity.principals import Principal
from baselayer.app.identity.users import User

_account_id = (
    sa.select(Account.id)
    .join(UserProfile, UserProfile.account_id == Account.id)
    .where(UserProfile.user_id == User.id, Account.is_active)
    .order_by(Account.is_default.desc(), Account.id)
    .limit(1)
    .correlate(User)
    .scalar_subquery()
)
_found = (
    sa.select(
        User.id,
        User.username,
        User.deactivated_at,
        UserPassword.password_hash,
        _account_id.label("account_id"),
    )
    .outerjoin(UserPassword, UserPassword.user_id == User.id)
    .where(User.username == sa.bindparam("username", type_=User.__table__.c.username.type))
)


@dataclass(frozen=True)
class Candidate:
    """Who a user name belongs to, if to anybody, and with which password he would log in."""

    user_id: int | None = None
    username: str = ""
    account_id: int | None = None
    password_hash: str | None = field(default=None, repr=False)
    is_active: bool = False

    @property
    def may_log_in(self) -> bool:
        """Tell whether the right password would let him in."""
        return self.is_active and self.account_id is not None


@dataclass(frozen=True)
class Attempt:
    """One login as it is counted: who tries from where, in which tallies, since when."""

    candidate: Candidate
    address: str | None
    account_subject: str
    address_subject: str
    at: datetime


@dataclass(frozen=True)
class Entrance:
    """Where people come in; nobody but who knows a password passes, and nobody tries for long."""

    database: Database
    settings: LoginSettings
    passwords: Passwords

    @property
    def engine(self) -> AsyncEngine:
        """Return the engine of coroutines."""
        return self.database.async_engine

    async def log_in(
        self, username: str, password: str, *, address: str | None, former: str | None = None
    ) -> str:
        """Return what the cookie of a new session holds; `former`, the browser's last, is ended.

        LoginFailedError is the same for a wrong password and for a user that does not exist;
        LoginLimitedError when too many have failed.
        """
        attempt = await self._admitted(username, address, action="login")
        known, stored = attempt.candidate, attempt.candidate.password_hash
        is_right = await self.passwords.matches(stored, password)
        if not (is_right and known.may_log_in and stored):
            await self._note_failure(attempt, "login")
            raise _failed()
        renewed = await self.passwords.hashed(password) if is_outdated(stored) else stored
        assert known.user_id is not None and known.account_id is not None  # noqa: S101 (may_log_in)
        async with self.engine.begin() as connection:
            await _require_unchanged(connection, known)
            if renewed != stored:
                row = sa.update(UserPassword).where(UserPassword.user_id == known.user_id)
                await connection.execute(row.values(password_hash=renewed))
            await self._forgive(connection, attempt)
            await end(connection, former)
            who = _who(known.user_id, known.account_id, address)
            value = await begin(connection, self.settings, **who)
            await connection.execute(Event("login", "allowed", **who).insert())
        return value

    async def change_password(
        self, caller: Principal, current: str, new: str, *, address: str | None
    ) -> str:
        """Give `caller` a new password, end all of his sessions, and return a new one's value."""
        require_good(new, username=caller.username)
        attempt = await self._admitted(caller.username, address, action="password.change")
        known = attempt.candidate
        if not await self.passwords.matches(known.password_hash, current):
            await self._note_failure(attempt, "password.change")
            reason = "is not the password that you have now"
            raise InvalidRequestError(
                f"current_password {reason}. Nothing was changed.",
                fields={"current_password": reason},
            )
        stored = await self.passwords.hashed(new)
        async with self.database.plain_async() as session:
            connection = await session.connection()
            await _require_unchanged(connection, known)
            await self._forgive(connection, attempt)
            await session.run_sync(store_password, caller.user_id, stored)
            who = _who(caller.user_id, caller.account_id, address)
            value = await begin(connection, self.settings, **who)
            await connection.execute(Event("password.change", "allowed", **who).insert())
            await session.commit()
        return value

    async def _admitted(self, username: str, address: str | None, *, action: str) -> Attempt:
        """Return the attempt, counted; LoginLimitedError when it is one too many."""
        candidate = await self._candidate(username)
        account = subject_of_user(candidate.user_id, username)
        place = subject_of_address(address)
        limits = {
            account: self.settings.account_attempts,
            place: self.settings.address_attempts,
        }
        longest = timedelta(seconds=self.settings.longest_wait_seconds)
        admission = await admit(self.engine, limits, longest_wait=longest)
        attempt = Attempt(candidate, address, account, place, admission.at)
        if admission.wait_seconds:
            if admission.begins_block:  # once, and not for each that is turned away
                await self._note_failure(attempt, action, code=LoginLimitedError.code)
            raise _limited(admission)
        return attempt

    async def _candidate(self, username: str) -> Candidate:
        async with self.engine.connect() as opened:
            connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
            row: Any = (await connection.execute(_found, {"username": username})).first()
        if row is None:
            return Candidate()
        is_active = row.deactivated_at is None
        return Candidate(row.id, row.username, row.account_id, row.password_hash, is_active)

    async def _forgive(self, connection: AsyncConnection, attempt: Attempt) -> None:
        await forgive(
            connection,
            account=attempt.account_subject,
            address=attempt.address_subject,
            at=attempt.at,
        )

    async def _note_failure(
        self, attempt: Attempt, action: str, code: str = LoginFailedError.code
    ) -> None:
        """Write to the audit that somebody failed; a name that nobody has is not written down."""
        known = attempt.candidate
        is_known = known.user_id is not None
        event = Event(
            action,
            "refused",
            code=code,
            object_type="User" if is_known else None,
            object_id=str(known.user_id) if is_known else None,
            account_id=known.account_id,
            address=attempt.address,
            details={"username": known.username} if is_known else {},
        )
        await record(self.engine, event)


async def _require_unchanged(connection: AsyncConnection, known: Candidate) -> None:
    """Make sure that the password that was checked is still the one, until the commit."""
    wanted = sa.select(UserPassword.id).where(
        UserPassword.user_id == known.user_id, UserPassword.password_hash == known.password_hash
    )
    if (await connection.execute(wanted.with_for_update())).first() is None:
        raise _failed()


def _who(user_id: int, account_id: int, address: str | None) -> dict[str, Any]:
    return {"user_id": user_id, "account_id": account_id, "address": address}


def _failed() -> LoginFailedError:
    return LoginFailedError("User name and password do not belong together, or may not log in.")


def _limited(admission: Admission) -> LoginLimitedError:
    seconds = admission.wait_seconds
    told = f"{seconds} seconds" if seconds <= 120 else f"{-(-seconds // 60)} minutes"
    return LoginLimitedError(
        f"Too many logins have failed for this user name or from your address: wait {told}, then "
        "try again. The right password is not taken earlier either.",
        retry_after_seconds=seconds,
    )
