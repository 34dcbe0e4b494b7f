"""People of a running installation, each with a token, made for one test."""

import itertools
from dataclasses import dataclass

import sqlalchemy as sa

from baselayer.app.db.types import utcnow
from baselayer.app.identity.people import make_user
from baselayer.app.identity.principals import permissions_of_user
from baselayer.app.identity.tokens import hash_of, new_value
from baselayer.app.models import Account, Token, TokenACL
from tests.server import Caller, Served

_numbers = itertools.count()


@dataclass(frozen=True)
class Staff:
    """Makes people as an administrator would."""

    house: Served

    def account(self, name: str = "Away Ltd") -> int:
        """Make an account and return its id."""
        with self.house.database().plain() as session:
            made = Account(company_name=name)
            session.add(made)
            session.commit()
            return int(made.id)

    def person(self, role: str, account_id: int | None = None) -> Caller:
        """Make somebody with a role, whose token may all that he may."""
        name = f"{role.lower().replace(' ', '-')}-{next(_numbers)}"
        with self.house.database().plain() as session:
            home = session.scalars(sa.select(Account.id).where(Account.is_default)).one()
            user = make_user(session, account_id or home, name, roles=[role])
            ident = int(user.id)
            session.commit()
        return self.with_token(Caller(name, self.house.base, None, ident), account_id or home)

    def with_token(
        self, person: Caller, account_id: int | None = None, only: set[str] | None = None
    ) -> Caller:
        """Return the same person with a new token, of all his permissions or `only` some."""
        value = new_value()
        with self.house.database().plain() as session:
            home = session.scalars(sa.select(Account.id).where(Account.is_default)).one()
            token = Token(
                name=f"token {next(_numbers)}",
                created_by_id=person.user_id,
                account_id=account_id or home,
                value_hash=hash_of(value),
                last_used_at=utcnow(),
            )
            session.add(token)
            session.flush()
            owned = set(session.scalars(permissions_of_user(person.user_id)))
            acls = owned if only is None else only
            session.add_all(TokenACL(token_id=token.id, acl_id=acl) for acl in acls)
            session.commit()
        return Caller(person.name, self.house.base, value, person.user_id)
