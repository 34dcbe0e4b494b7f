"""The metadata database is brought to this version's schema: once, whoever asks how often."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.engine import Database
from baselayer.app.errors import DatabaseStartError, MigrationError
from baselayer.app.models import ACL, Account, Base, Role, RoleACL
from baselayer.migrations.upgrade import History, upgrade
from tests.factories.metadata import fresh_database, metadata_cluster

ROLE = "baselayer_app"
__all__ = ["metadata_cluster"]


@pytest.fixture
def url(metadata_cluster: Cluster) -> Iterator[str]:
    """An empty database, as a superuser."""
    with fresh_database(metadata_cluster) as found:
        yield found


def test_models_and_migrations_do_not_differ(url: str) -> None:
    upgrade(url, app_role=ROLE)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(url: str) -> None:
    upgrade(url, app_role=ROLE)
    before = _content(url)
    upgrade(url, app_role=ROLE)
    assert _content(url) == before
    assert before[ACL.__tablename__] == 9


def test_two_that_start_at_once_take_turns(url: str) -> None:
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(upgrade, url, app_role=ROLE) for _ in range(4)]:
            done.result()
    assert _content(url)[Account.__tablename__] == 1


def test_what_administrators_changed_stays(url: str) -> None:
    upgrade(url, app_role=ROLE)
    with Database(url, poolclass=sa.NullPool).plain() as session:
        session.execute(sa.delete(RoleACL).where(RoleACL.role_id == "Analyst"))
        session.execute(sa.delete(Role).where(Role.id == "Viewer"))
        session.commit()
    upgrade(url, app_role=ROLE)
    with Database(url, poolclass=sa.NullPool).plain() as session:
        granted = sa.select(RoleACL).where(RoleACL.role_id == "Analyst")
        assert session.scalars(granted).all() == []
        assert session.get(Role, "Viewer") is not None


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_events set action = 'x'",
        "delete from audit_events",
        "truncate audit_events",
        "update alembic_version set version_num = 'x'",
        "create table mine (id int)",
        "create schema mine",
        "alter table users add column mine int",
        "drop table users",
        "create function f() returns int language sql as 'select 1'",
    ],
)
def test_role_of_the_process_owns_nothing_and_only_adds_to_the_audit(
    url: str, statement: str
) -> None:
    upgrade(url, app_role=ROLE)
    database = Database(url, role=ROLE, poolclass=sa.NullPool)
    with database.engine.connect() as connection:
        assert connection.scalar(sa.text("select current_user")) == ROLE
        owned = "select count(*) from pg_class where relowner = to_regrole(:role)"
        assert connection.scalar(sa.text(owned), {"role": ROLE}) == 0
        with pytest.raises(sa.exc.ProgrammingError) as refused:
            connection.execute(sa.text(statement))
        assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


def test_role_is_taken_before_any_statement_though_the_url_names_another(url: str) -> None:
    upgrade(url, app_role=ROLE)
    with Database(url, role=ROLE, poolclass=sa.NullPool).plain() as session:
        assert session.scalar(sa.text("select current_user")) == ROLE
        assert session.scalar(sa.text("select session_user")) != ROLE


def test_server_that_does_not_answer_is_told_without_its_password() -> None:
    url = "postgresql+psycopg://someone:canary-pw@127.0.0.1:1/none"
    with pytest.raises(DatabaseStartError) as refused:
        upgrade(url, app_role=ROLE)
    assert "127.0.0.1" in refused.value.message
    assert "canary-pw" not in refused.value.message


def test_role_that_cannot_be_made_is_told_with_what_to_do(metadata_cluster: Cluster) -> None:
    with fresh_database(metadata_cluster) as url, metadata_cluster.connect() as connection:
        name = sa.make_url(url).database
        connection.execute("create role modest login password 'modest'")
        try:
            connection.execute(f"alter database {name} owner to modest".encode())
            modest = metadata_cluster.url("modest", "modest", str(name))
            with pytest.raises(MigrationError, match=r'CREATE ROLE "?no_such_role'):
                upgrade(modest, app_role="no_such_role")
            with sa.create_engine(url, poolclass=sa.NullPool).connect() as plain:
                assert sa.inspect(plain).get_table_names() == []
        finally:
            connection.execute(f"alter database {name} owner to current_user".encode())
            connection.execute("drop role modest")


def _content(url: str) -> dict[str, int]:
    """Return how many rows each table has."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


FIRST = """
import sqlalchemy as sa
from alembic import op
revision = "0001"
down_revision = None


def upgrade():
    op.create_table("own_things", sa.Column("id", sa.Integer, primary_key=True))
"""


def test_history_of_an_application_stands_beside_ours(url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_first.py").write_text(FIRST)
    own = History("own", tmp_path)
    for histories in ([], [own], [own], []):  # with and without it, as the command line does
        upgrade(url, app_role=ROLE, histories=histories)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        said = connection.exec_driver_sql("SELECT version_num FROM alembic_version_own").scalar()
        assert said == "0001"
        asked = "SELECT has_table_privilege(%s, %s, %s)"
        rights = [("own_things", "INSERT"), ("alembic_version_own", "UPDATE")]
        found = [connection.exec_driver_sql(asked, (ROLE, *right)).scalar() for right in rights]
        assert found == [True, False]
