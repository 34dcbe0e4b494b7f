"""A connection that leads elsewhere forgets its secrets, whichever way it was changed."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.models import Account, ConnectionBase, SqlConnection, User
from baselayer.migrations.upgrade import upgrade
from tests.factories.metadata import fresh_database, metadata_cluster

__all__ = ["metadata_cluster"]


@pytest.fixture(scope="module")
def engine(metadata_cluster: Cluster) -> Iterator[sa.Engine]:
    with fresh_database(metadata_cluster) as url:
        upgrade(url, app_role="baselayer_app")
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with orm.Session(engine) as session:
            session.add(User(username="owner"))
            session.commit()
        yield engine


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[orm.Session]:
    with orm.Session(engine) as found:
        yield found


@pytest.fixture
def record(session: orm.Session) -> SqlConnection:
    """A stored connection with both secrets."""
    made = SqlConnection(
        name="shop",
        owner_id=session.scalar(sa.select(User.id)),
        account_id=session.scalar(sa.select(Account.id)),
        engine="postgresql",
        host="db.example",
        port=5432,
        database="shop",
        sealed_password="sealed",
        sealed_tls_key="sealed too",
    )
    session.add(made)
    session.flush()
    return made


@pytest.mark.parametrize("name", ["engine", "host", "port", "tls_mode", "tls_ca"])
def test_change_of_where_it_leads_clears_both_secrets(
    session: orm.Session, record: SqlConnection, name: str
) -> None:
    setattr(record, name, 1 if name == "port" else "other")
    session.flush()
    assert (record.sealed_password, record.sealed_tls_key) == (None, None)


def test_secret_that_was_entered_again_stays_and_the_other_goes(
    session: orm.Session, record: SqlConnection
) -> None:
    record.host, record.sealed_password = "other.example", "sealed anew"
    session.flush()
    assert (record.sealed_password, record.sealed_tls_key) == ("sealed anew", None)


@pytest.mark.parametrize(
    "change", [{"name": "x"}, {"description": "x"}, {"read_only": False}, {"host": "db.example"}]
)
def test_other_changes_keep_them(
    session: orm.Session, record: SqlConnection, change: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(record, name, value)
    session.flush()
    assert (record.sealed_password, record.sealed_tls_key) == ("sealed", "sealed too")


def test_change_of_a_record_that_was_loaded_as_any_connection_counts(
    session: orm.Session, record: SqlConnection
) -> None:
    session.expire_all()
    found = session.get_one(ConnectionBase, record.id)
    assert isinstance(found, SqlConnection)
    found.port = 1
    session.flush()
    assert found.sealed_password is None
