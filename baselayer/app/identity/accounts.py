"""Account and UserProfile: the tenant, and a user's place in it."""

import re
import secrets
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from baselayer.app.controls.constant import restricted
from baselayer.app.controls.permitted import AccessibleIfPermitted
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_user
from baselayer.app.db.base import Base
from baselayer.app.db.dual import dual_function
from baselayer.app.identity.locators import locator_of

if TYPE_CHECKING:
    from baselayer.app.identity.users import User

R = TypeVar("R")

NUMBER = re.compile(r"\d{4}-\d{4}-\d{4}")


def new_number() -> str:
    """Return a random account number, `dddd-dddd-dddd`."""
    return "-".join(f"{secrets.randbelow(10_000):04}" for _ in range(3))


class Account(Base):
    """A tenant: nothing crosses from one to another unless it is shared."""

    __table_args__ = (
        sa.Index("accounts_one_default", "is_default", unique=True, postgresql_where="is_default"),
    )
    create = update = delete = restricted
    read = AccessibleIfUserMatches("user_profiles.user")

    number: Mapped[str] = mapped_column(unique=True, default=new_number)
    company_name: Mapped[str]
    is_default: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)

    user_profiles: Mapped[list["UserProfile"]] = relationship(
        back_populates="account", passive_deletes="all"
    )

    @validates("number")
    def _is_number(self, key: str, number: str) -> str:
        if not NUMBER.fullmatch(number):
            raise ValueError(f"an account number has the form dddd-dddd-dddd, not {number!r}")
        if sa.inspect(self).persistent and number != self.number:
            raise ValueError(f"the account number {self.number} is for ever: others refer to it")
        return number

    @property
    def masked_number(self) -> str:
        """Return the number as others may see it, `****-****-5359`."""
        return f"****-****-{self.number[-4:]}"

    @property
    def record_locator(self) -> str:
        """Return `account-…`, which names this account in one word."""
        return locator_of(self)


class UserProfile(Base):
    """A user in an account; a user may be in several."""

    __tablename__ = "user_profiles"
    __table_args__: Any = (
        sa.UniqueConstraint("user_id", "account_id"),
        sa.Index("user_profiles_account_id_user_id_ix", "account_id", "user_id"),
    )
    create = update = delete = restricted
    read = accessible_by_user | (
        AccessibleIfPermitted("Manage users")
        & AccessibleIfUserMatches("account.user_profiles.user")
    )

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id", ondelete="CASCADE"))

    user: Mapped["User"] = relationship(back_populates="user_profiles")
    account: Mapped[Account] = relationship(back_populates="user_profiles")

    @validates("user_id", "account_id")
    def _stays(self, key: str, ident: int) -> int:
        if sa.inspect(self).persistent and ident != getattr(self, key):
            raise ValueError("a profile stays with its user and account: make another one")
        return ident

    @property
    def record_locator(self) -> str:
        """Return `userprofile-…`, which names this profile in one word."""
        return locator_of(self)


@dual_function
def get_or_create_account(session: orm.Session, number: str, company_name: str) -> Account:
    """Return the account of this number, made now unless it exists; commit is the caller's."""
    made = Account(number=number, company_name=company_name)
    return _stored(session, made, sa.select(Account).where(Account.number == number))


@dual_function
def get_or_create_profile(session: orm.Session, user_id: int, account_id: int) -> UserProfile:
    """Return a user's place in an account, made now unless it exists; commit is the caller's."""
    wanted = sa.select(UserProfile).filter_by(user_id=user_id, account_id=account_id)
    return _stored(session, UserProfile(user_id=user_id, account_id=account_id), wanted)


def _stored(session: orm.Session, made: R, wanted: sa.Select[R]) -> R:
    """Return what there is, or `made`; of two that make it at once, both get the same."""
    found = session.scalar(wanted)
    if found is not None:
        return found
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        return session.scalars(wanted).one()
    return made
