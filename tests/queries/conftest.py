"""A metadata database with one user, one connection and one run."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.engine import Database
from baselayer.app.db.types import uuid7
from baselayer.app.identity.principals import Principal
from baselayer.app.models import Account, QueryRun, SqlConnection, User
from baselayer.app.queries.states import lease
from baselayer.migrations.upgrade import upgrade
from tests.factories.metadata import fresh_database, metadata_cluster

__all__ = ["metadata_cluster"]


@dataclass(frozen=True)
class Desk:
    """The database, and who and what is in it."""

    database: Database
    owner: Principal
    stranger: Principal
    connection: SqlConnection

    def run(self, state: str = "queued", lease_seconds: float = 60, **columns: Any) -> uuid.UUID:
        """Insert a run and return its id."""
        run = QueryRun(
            id=uuid7(),
            connection_id=self.connection.id,
            user_id=self.owner.user_id,
            text="select 1",
            limit_rows=1,
            state=state,
            lease_until=lease(lease_seconds),
            **columns,
        )
        with self.database.plain() as session:
            session.add(run)
            session.commit()
            ident: uuid.UUID = run.id
        return ident

    def find(self, ident: uuid.UUID) -> QueryRun:
        """Return the run as it is stored."""
        with self.database.plain() as session:
            return session.get_one(QueryRun, ident)


@pytest.fixture(scope="session")
def desk(metadata_cluster: Cluster) -> Iterator[Desk]:
    """A database for all tests of runs."""
    with fresh_database(metadata_cluster) as url:
        upgrade(url, app_role="baselayer_app")
        database = Database(url, role="baselayer_app", poolclass=sa.NullPool)
        with database.plain() as session:
            account = session.scalar(sa.select(Account.id))
            users = [User(username=name) for name in ("owner", "stranger")]
            session.add_all(users)
            session.flush()
            connection = SqlConnection(
                name="shop",
                owner_id=users[0].id,
                account_id=account,
                engine="postgresql",
                host="db.example",
                port=5432,
                database="shop",
            )
            session.add(connection)
            session.commit()
            rights = frozenset({"Run queries", "Write queries"})
            owner, stranger = (
                Principal(user.id, user.username, account or 0, None, rights) for user in users
            )
        yield Desk(database, owner, stranger, connection)
