"""One running installation for all tests of the HTTP API."""

import itertools
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from baselayer.app.identity.accounts import Account
from baselayer.app.identity.people import make_user
from baselayer.app.identity.principals import permissions_of_user
from tests.server import Caller, Served, new_token, shared_house

_numbers = itertools.count()


@pytest.fixture(scope="session")
def house() -> Iterator[Served]:
    """The server, its people, and a connection that they share."""
    yield from shared_house()


@pytest.fixture
def shared(house: Served) -> str:
    """A connection that the editor may change and run."""
    ident = house.new_connection()
    house.share(ident, editors="run update", analysts="run")
    return ident


def new_person(house: Served, *roles: str, permissions: tuple[str, ...] | None = None) -> Caller:
    """Make a user with these roles, and a token with all that he may, or with `permissions`."""
    with house.database().plain() as session:
        account = session.scalars(sa.select(Account.id).where(Account.is_default)).one()
        user = make_user(session, account, f"person-{next(_numbers)}", roles=roles)
        owned = tuple(session.scalars(permissions_of_user(user.id)))
        value = new_token(session, user, owned if permissions is None else permissions)
        session.commit()
        return Caller(user.username, house.base, value, user.id)
