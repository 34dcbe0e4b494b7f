"""A seeded database with two accounts and the people in them, and principals that act for them."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.engine import Database
from baselayer.app.identity.people import make_user
from baselayer.app.identity.principals import Principal, permissions_of_user
from baselayer.app.models import Account, User
from baselayer.migrations.upgrade import upgrade
from tests.factories.metadata import fresh_database

R = TypeVar("R")

NUMBER = "3141-5926-5359"
PEOPLE = {
    "root": ("Super admin", "home"),
    "manager": ("Manager", "home"),
    "analyst": ("Analyst", "home"),
    "viewer": ("Viewer", "home"),
    "other-manager": ("Manager", "away"),
    "foreigner": ("Analyst", "away"),
}


@dataclass
class Town:
    """The database, and the ids of its accounts and people by name."""

    database: Database
    accounts: dict[str, int]
    people: dict[str, int]

    def __getattr__(self, name: str) -> int:
        known: dict[str, int] = {**self.__dict__["accounts"], **self.__dict__["people"]}
        return known[name]

    def principal(self, name: str, *, only: frozenset[str] | None = None) -> Principal:
        """Return who acts as this person; with `only`, a token of his with these permissions."""
        user_id = self.people[name]
        with self.database.plain() as session:
            rights = frozenset(session.scalars(permissions_of_user(user_id)))
        account_id = self.accounts[PEOPLE[name][1]]
        if only is None:
            return Principal(user_id, name, account_id, None, rights)
        return Principal(user_id, name, account_id, 1, rights & only)

    def run(
        self, world: str, body: Callable[[orm.Session], R], accessor: Principal | None = None
    ) -> R:
        """Run `body` in a session, verified with an accessor, of blocking code or a coroutine."""
        database = self.database
        if world == "sync":
            with database.verified(accessor) if accessor else database.plain() as session:
                return body(session)

        async def drive() -> R:
            opened = database.verified_async(accessor) if accessor else database.plain_async()
            async with opened as asynchronous:
                return await asynchronous.run_sync(body)

        return self.run_async(drive)

    def run_async(self, body: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """Run a coroutine in a loop of its own."""
        return asyncio.run(body())

    def asynchronous(self) -> AsyncSession:
        """Open a plain session for coroutines."""
        return self.database.plain_async()

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """Run SQL that no session of ours sees, committed."""
        with self.database.engine.begin() as connection:
            found = connection.execute(sa.text(sql), values)
            return list(found) if found.returns_rows else []


@contextmanager
def town(cluster: Cluster) -> Iterator[Town]:
    """Make the two accounts in a database of their own."""
    with fresh_database(cluster) as url:
        upgrade(url, app_role="baselayer_app")
        database = Database(url, poolclass=sa.NullPool)
        with database.plain() as session:
            home = session.scalars(sa.select(Account).where(Account.is_default)).one()
            away = Account(company_name="Away Ltd", number=NUMBER)
            session.add(away)
            session.flush()
            accounts = {"home": home.id, "away": away.id}
            for name, (role, account) in PEOPLE.items():
                make_user(session, accounts[account], name, roles=[role])
            session.commit()
            people: dict[str, int] = {u.username: u.id for u in session.scalars(sa.select(User))}
        yield Town(database, accounts, people)
