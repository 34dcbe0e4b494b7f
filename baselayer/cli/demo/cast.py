"""Who plays in the demo: five users, two groups, and a token for each, in a file."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from baselayer.app.db.embedded.passwords import write_private
from baselayer.app.db.types import utcnow
from baselayer.app.errors import ConflictError
from baselayer.app.identity.groups import Group
from baselayer.app.identity.tokens import Token, hash_of
from baselayer.app.identity.users import User
from baselayer.cli.desk import Desk
from baselayer.cli.people import (
    add_member,
    create_group,
    create_token,
    create_user,
    delete_token,
    permissions_of,
)

OWNER = "olivia"
ANALYSTS, READERS = "analysts", "readers"
TOKEN = "demo"  # noqa: S105 (the token's name)
ONE_DAY = timedelta(days=1)
MARK = {"demo": True}
"""In the preferences of the demo's users: nobody else's user is taken for one of them."""


@dataclass(frozen=True)
class Person:
    """A user of the demo, and a line on who that is."""

    username: str
    role: str
    told: str
    group: str | None = None


CAST = (
    Person(OWNER, "Manager", "owns the connection `flights` and the queries"),
    Person("ana", "Analyst", "is in the group analysts, which may run queries on it", ANALYSTS),
    Person("max", "Analyst", "is in the group readers, which may see it, but not run", READERS),
    Person("stan", "Analyst", "is a stranger: for him there is no such connection"),
    Person("ada", "Super admin", "administers: may do everything, and leaves her traces"),
)


def token_file(place: Path, username: str) -> Path:
    """Return where the token of a user is kept."""
    return place / "tokens" / username


def prepare_cast(desk: Desk, place: Path) -> None:
    """Make the users, groups and tokens that are missing; `place` gets the tokens' files."""
    for person in CAST:
        _prepare_user(desk, person)
    for name in (ANALYSTS, READERS):
        _prepare_group(desk, name)
    (place / "tokens").mkdir(mode=0o700, exist_ok=True)
    for person in CAST:
        _prepare_token(desk, person.username, token_file(place, person.username))


def _prepare_user(desk: Desk, person: Person) -> None:
    user = desk.session.scalar(sa.select(User).where(User.username == person.username))
    if user is None:
        create_user(desk, person.username, roles=[person.role], preferences=dict(MARK))
    elif not user.preferences.get("demo"):
        raise ConflictError(
            f"This installation has a user {person.username!r} who is not the demo's. Give the "
            "demo a data directory of its own: baselayer demo --home DIRECTORY. Nothing was "
            "changed."
        )


def _prepare_group(desk: Desk, name: str) -> None:
    wanted = sa.select(Group.id).where(Group.account_id == desk.account_id, Group.name == name)
    if desk.session.scalar(wanted) is not None:
        return
    create_group(desk, name, admin=OWNER, description="of the demo")
    for person in CAST:
        if person.group == name:
            add_member(desk, name, person.username)


def _prepare_token(desk: Desk, username: str, file: Path) -> None:
    """Keep the token in the file if it is good for another day, or make a new one."""
    wanted = sa.select(Token).join(User).where(User.username == username, Token.name == TOKEN)
    token = desk.session.scalar(wanted)
    if token is not None:
        if file.exists() and _is_good(token, file.read_text().strip()):
            return
        delete_token(desk, username, TOKEN)
    user = desk.session.scalars(sa.select(User).where(User.username == username)).one()
    granted = sorted(permissions_of(desk, user))
    value = create_token(desk, username, TOKEN, permissions=granted)
    file.unlink(missing_ok=True)
    write_private(file, f"{value}\n")


def _is_good(token: Token, value: str) -> bool:
    is_fresh = token.expires_at is None or token.expires_at > utcnow() + ONE_DAY
    return is_fresh and token.value_hash == hash_of(value)
