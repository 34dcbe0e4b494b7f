"""What the operator does with accounts, and with the rights and belongings of users."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.errors import NotFoundError
from baselayer.app.identity.accounts import Account, UserProfile
from baselayer.app.identity.acls import ACL
from baselayer.app.identity.leaving import delete_user, hand_over
from baselayer.app.identity.rights import keeping_an_admin
from baselayer.app.identity.roles import Role
from baselayer.app.identity.standing import join_account, leave_account
from baselayer.app.identity.users import UserACL
from baselayer.app.schemas.accounts import AccountCreate, AccountUpdate
from baselayer.app.schemas.users import ProfileUpdate
from baselayer.cli.desk import Desk, checked
from baselayer.cli.people import find_user


def find_account(desk: Desk, number: str) -> Account:
    """Return the account of that number."""
    found = desk.session.scalar(sa.select(Account).where(Account.number == number))
    if found is None:
        raise NotFoundError(f"There is no account {number!r}; `baselayer account list` shows all.")
    return found


def create_account(desk: Desk, company_name: str, *, number: str | None = None) -> Account:
    """Make an account."""
    asked = checked(AccountCreate, company_name=company_name, number=number)
    account = Account(**asked.model_dump(exclude_none=True))
    desk.add(account)
    desk.note("account.create", account, number=account.number)
    return account


def rename_account(desk: Desk, number: str, company_name: str) -> None:
    """Give an account another name."""
    account = find_account(desk, number)
    asked = checked(AccountUpdate, company_name=company_name)
    account.company_name = asked.company_name or account.company_name
    desk.note("account.update", account, company_name=account.company_name)


def list_accounts(desk: Desk) -> list[Account]:
    """Return all accounts by name, their profiles loaded."""
    wanted = sa.select(Account).options(orm.selectinload(Account.user_profiles))
    return list(desk.session.scalars(wanted.order_by(Account.company_name, Account.id)))


def put_in_account(desk: Desk, number: str, username: str) -> None:
    """Put a user in an account."""
    account, user = find_account(desk, number), find_user(desk, username)
    join_account(desk.session, user, account)
    desk.note("account.join", account, user_id=user.id)


def take_out_of_account(desk: Desk, number: str, username: str) -> None:
    """Take a user out of an account."""
    account, user = find_account(desk, number), find_user(desk, username)
    leave_account(desk.session, user, account)
    desk.note("account.leave", account, user_id=user.id)


def list_roles(desk: Desk) -> list[Role]:
    """Return all roles by name, their permissions loaded."""
    wanted = sa.select(Role).options(orm.selectinload(Role.acls)).order_by(Role.id)
    return list(desk.session.scalars(wanted))


def list_acls(desk: Desk) -> list[str]:
    """Return the names of all permissions."""
    return list(desk.session.scalars(sa.select(ACL.id).order_by(ACL.id)))


def give_acl(desk: Desk, username: str, acl: str) -> None:
    """Give a user a permission of his own, which he may have already."""
    user = find_user(desk, username)
    _require_acl(desk, acl)
    if _own_acl(desk, user.id, acl) is None:
        desk.add(UserACL(user_id=user.id, acl_id=acl))
        desk.note("user.acl_add", user, username=username, acl=acl)


def take_acl(desk: Desk, username: str, acl: str) -> None:
    """Take a permission of his own from a user."""
    user = find_user(desk, username)
    _require_acl(desk, acl)
    link = _own_acl(desk, user.id, acl)
    if link is None:
        raise NotFoundError(f"{username} does not have the permission {acl!r} of his own.")
    with keeping_an_admin(desk.session):
        desk.session.delete(link)
    desk.note("user.acl_remove", user, username=username, acl=acl)


def describe_user(desk: Desk, username: str) -> list[tuple[str, Any]]:
    """Return what is known of a user, line by line."""
    user = find_user(desk, username)
    numbers = sa.select(Account.number).join(UserProfile).where(UserProfile.user_id == user.id)
    return [
        ("user name", user.username),
        ("name", " ".join(filter(None, (user.first_name, user.last_name)))),
        ("email", user.contact_email),
        ("phone", user.contact_phone),
        ("bio", user.bio),
        ("picture", user.gravatar_url),
        ("accounts", ", ".join(sorted(desk.session.scalars(numbers)))),
        ("roles", ", ".join(sorted(role.id for role in user.roles))),
        ("own permissions", ", ".join(sorted(acl.id for acl in user.acls))),
        ("may", ", ".join(user.permissions)),
        ("bot", user.is_bot),
        ("expires (UTC)", user.expiration_date and f"{user.expiration_date:%Y-%m-%d %H:%M}"),
        ("active", user.deactivated_at is None),
    ]


def change_user(desk: Desk, username: str, said: Mapping[str, Any]) -> None:
    """Change what is said of a user."""
    user = find_user(desk, username)
    asked = checked(ProfileUpdate, **said)
    for name, value in asked.model_dump(exclude_unset=True).items():
        setattr(user, name, value)
    desk.note("user.update", user, username=username, fields=sorted(asked.model_fields_set))


def transfer_all(desk: Desk, username: str, to: str) -> dict[str, int]:
    """Make another user the owner of what a user owns; return how many of what."""
    user, heir = find_user(desk, username), find_user(desk, to)
    moved = hand_over(desk.session, user, heir)
    desk.note("user.transfer", user, username=username, to=to, moved=moved)
    return moved


def remove_user(desk: Desk, username: str) -> None:
    """Delete a user who owns nothing."""
    user = find_user(desk, username)
    desk.note("user.delete", user, username=username)
    delete_user(desk.session, user)


def _require_acl(desk: Desk, acl: str) -> None:
    known = list_acls(desk)
    if acl not in known:
        raise NotFoundError(f"There is no permission {acl!r}. There are: {', '.join(known)}.")


def _own_acl(desk: Desk, user_id: int, acl: str) -> Any:
    return desk.session.scalar(sa.select(UserACL).filter_by(user_id=user_id, acl_id=acl))
