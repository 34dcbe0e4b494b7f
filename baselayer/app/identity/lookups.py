"""Look-ups of accounts, users and profiles, remembered for a few seconds.

What is remembered are plain values, and only what is committed. A commit in this process forgets
them all at once, another process's is seen after `lookups.lifetime_seconds` at the latest. A
verified session asks the database each time, so that it is told only what its accessor may see.
Each function takes a `Session`, or awaited an `AsyncSession`.
"""

import re
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import SYSTEM_ADMIN
from baselayer.app.controls.hops import mark_gate
from baselayer.app.db.dual import dual_function
from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.db.types import slugify
from baselayer.app.errors import NotFoundError
from baselayer.app.identity.accounts import NUMBER, Account, UserProfile
from baselayer.app.identity.facts import AccountFacts, Facts, ProfileFacts, UserFacts
from baselayer.app.identity.forgetting import has_changed, remembered_of
from baselayer.app.identity.principals import has_permission
from baselayer.app.identity.remembering import Loaded, Question
from baselayer.app.identity.users import User
from baselayer.log import make_log

log = make_log("lookups")

F = TypeVar("F", bound=Facts)

# At these, a statement sees what was committed before it began, and nothing older.
FRESH_LEVELS = frozenset({"READ COMMITTED", "AUTOCOMMIT"})
NUMBER_IN_HOST = re.compile(rf"(?:^|\.)({NUMBER.pattern})(?=\.|$)")
HOST = re.compile(r"https?://(?:[^/?#@\s]*@)?([^/?#:@\s]+)(?::\d+)?(?:[/?#]\S*)?")

ACCOUNT = (
    Account.id,
    Account.number,
    Account.company_name,
    Account.is_default,
    Account.is_active,
)
USER = (
    User.id,
    User.username,
    User.first_name,
    User.last_name,
    User.is_bot,
    User.expiration_date,
    User.deactivated_at,
)
PROFILE = (UserProfile.id, UserProfile.user_id, UserProfile.account_id)


def account_number_from_url(url: str | None) -> str | None:
    """Return the account number that is a label of the host in `url`, None when there is none.

    `https://hr.3141-5926-5359.alpha.example.com/` has one; a number in path or query is none.
    """
    found = HOST.fullmatch(url) if isinstance(url, str) else None
    number = NUMBER_IN_HOST.search(found[1]) if found else None
    return number[1] if number else None


@dual_function
def get_cached_account(
    session: orm.Session, number: str, invalidate: bool = False
) -> AccountFacts | None:
    """Return the account with this number, or None."""
    if not NUMBER.fullmatch(number):
        return None
    wanted = sa.select(*ACCOUNT).where(Account.number == number)
    return _found(session, Question("account", number), AccountFacts, wanted, invalidate)


@dual_function
def get_cached_default_account(session: orm.Session, invalidate: bool = False) -> AccountFacts:
    """Return the default account; NotFoundError when there is none that may be seen."""
    wanted = sa.select(*ACCOUNT).where(Account.is_default)
    found = _found(session, Question("default account"), AccountFacts, wanted, invalidate)
    if found is None:
        raise NotFoundError("There is no default account: `baselayer account list` shows all.")
    return found


@dual_function
def get_cached_account_for_user(
    session: orm.Session, user: User | UserFacts | int | None, invalidate: bool = False
) -> AccountFacts | None:
    """Return a user's account, the default one if he is in several; None when he is in none."""
    if user is None:
        return None
    user_id = _id_of(user)
    wanted = (
        sa.select(*ACCOUNT)
        .join(UserProfile, UserProfile.account_id == Account.id)
        .where(UserProfile.user_id == user_id)
        .order_by(Account.is_default.desc(), UserProfile.id)
    )
    question = Question("account of user", user_id)
    found = _found(session, question, AccountFacts, wanted, invalidate)
    if found is None:
        log.warning(f"user {user_id} is in no account")
    return found


@dual_function
def get_cached_user_for_user_id(
    session: orm.Session, user_id: int, invalidate: bool = False
) -> UserFacts | None:
    """Return the user with this id, or None."""
    wanted = sa.select(*USER).where(User.id == _id_of(user_id))
    return _found(session, Question("user", user_id), UserFacts, wanted, invalidate)


@dual_function
def get_cached_user_for_username(
    session: orm.Session, username: str, invalidate: bool = False
) -> UserFacts | None:
    """Return the user of this name, or None."""
    name = slugify(username)
    wanted = sa.select(*USER).where(User.username == name)
    return _found(session, Question("user named", name), UserFacts, wanted, invalidate)


@dual_function
def get_cached_profile(
    session: orm.Session,
    user: User | UserFacts | int,
    account: Account | AccountFacts | int,
    invalidate: bool = False,
) -> ProfileFacts | None:
    """Return a user's place in an account, or None."""
    user_id, account_id = _id_of(user), _id_of(account)
    wanted = sa.select(*PROFILE).where(
        UserProfile.user_id == user_id, UserProfile.account_id == account_id
    )
    question = Question("profile", f"{user_id} in {account_id}")
    return _found(session, question, ProfileFacts, wanted, invalidate)


@dual_function
def get_cached_admin_user_for_account(
    session: orm.Session, account: Account | AccountFacts | int, invalidate: bool = False
) -> UserFacts:
    """Return the first administrator of an account: an active user who may manage users.

    NotFoundError when there is none: looking somebody up makes nobody an administrator.
    """
    account_id = _id_of(account)
    question = Question("admin of account", account_id)
    wanted = sa.select(*USER).join(UserProfile, UserProfile.user_id == User.id)
    wanted = wanted.where(UserProfile.account_id == account_id, *_administers())
    found = _found(session, question, UserFacts, wanted.order_by(User.id), invalidate)
    if found is None or not found.is_active():
        raise NotFoundError(
            f"Account {account_id} has no administrator: give a user of it the role Manager."
        )
    return found


@dual_function
def get_cached_admin_user_profile(
    session: orm.Session, invalidate: bool = False
) -> ProfileFacts | None:
    """Return the place of the default account's first administrator in it, None without one."""
    account = get_cached_default_account(session, invalidate)
    try:
        user = get_cached_admin_user_for_account(session, account, invalidate)
    except NotFoundError:
        return None
    return get_cached_profile(session, user, account, invalidate)


@dual_function
def get_users_for_account(
    session: orm.Session, account: Account | AccountFacts | int
) -> list[User]:
    """Return the users in an account by name, as records; not remembered."""
    wanted = sa.select(User).join(UserProfile, UserProfile.user_id == User.id)
    in_account = wanted.where(UserProfile.account_id == _id_of(account))
    return list(session.scalars(in_account.order_by(User.username)))


@dual_function
def get_user_profiles_for_account(
    session: orm.Session, account: Account | AccountFacts | int
) -> list[UserProfile]:
    """Return the profiles in an account, as records; not remembered."""
    wanted = sa.select(UserProfile).where(UserProfile.account_id == _id_of(account))
    return list(session.scalars(wanted.order_by(UserProfile.id)))


@dual_function
def valid_resource_owners_for_user(
    session: orm.Session, user_profile: UserProfile | ProfileFacts
) -> list[UserProfile]:
    """Return the profiles in the same account, his own among them: those who may own for him."""
    return get_user_profiles_for_account(session, user_profile.account_id)


def _administers() -> tuple[Any, ...]:
    may_manage = sa.or_(*(has_permission(User.id, acl) for acl in (SYSTEM_ADMIN, "Manage users")))
    lasts = sa.or_(User.expiration_date.is_(None), User.expiration_date > sa.func.now())
    return User.deactivated_at.is_(None), lasts, mark_gate(may_manage)


def _id_of(record: Any) -> int:
    """Return the id of a record, or the id that was given; ValueError for anything else.

    True and 1.0 are as good as 1 for a dictionary, but they are no ids.
    """
    found = record if isinstance(record, (int, float, str)) else getattr(record, "id", None)
    if type(found) is not int:
        raise ValueError(f"a stored record or its id is looked up, not {record!r}")
    return found


def _found(
    session: orm.Session, question: Question, kind: type[F], wanted: Any, invalidate: bool
) -> F | None:
    bind = session.get_bind(sa.inspect(User))
    # A connection that somebody else began may hold what was never committed.
    is_own = isinstance(bind, sa.Engine) and not has_changed(session)
    if isinstance(session, VerifiedSession) or not is_own:
        return _loaded(session, kind, wanted)
    remembered = remembered_of(bind.engine)
    if invalidate:
        remembered.forget_one(question)

    def load() -> Loaded[F]:
        answer = _loaded(session, kind, wanted)
        return Loaded(answer, session.connection().get_isolation_level() in FRESH_LEVELS)

    return remembered.answer(question, kind, load)


def _loaded(session: orm.Session, kind: type[F], wanted: Any) -> F | None:
    row = session.execute(wanted.limit(1)).first()
    return None if row is None else kind(**row._mapping)
