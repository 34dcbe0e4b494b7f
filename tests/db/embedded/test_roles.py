"""Two roles: one owns everything, the other owns nothing."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.roles import MetadataUrls, ensure_roles
from baselayer.app.errors import DatabaseStartError


@pytest.fixture
def running(cluster: Cluster) -> Cluster:
    cluster.start()
    return cluster


@pytest.fixture
def urls(running: Cluster, place: Path) -> MetadataUrls:
    return ensure_roles(running, secrets_directory=place / "secrets")


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    engine: Engine = create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


def test_owner_makes_tables_that_app_uses_when_granted(urls: MetadataUrls) -> None:
    execute(urls.owner_url, "CREATE TABLE things (id int)")
    with pytest.raises(ProgrammingError, match="permission denied"):
        execute(urls.app_url, "SELECT * FROM things")
    execute(urls.owner_url, "GRANT SELECT ON things TO baselayer_app")
    assert execute(urls.app_url, "SELECT * FROM things") == []


def test_app_owns_nothing_and_cannot_change_that(urls: MetadataUrls) -> None:
    owned = "SELECT count(*) FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid "
    owned += "WHERE r.rolname = 'baselayer_app' AND d.deptype = 'o'"
    assert execute(urls.owner_url, owned) == [(0,)]
    for statement in (
        "CREATE TABLE mine (id int)",
        "CREATE TEMP TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "ALTER ROLE baselayer_owner PASSWORD 'x'",
        "SET ROLE baselayer_owner",
    ):
        with pytest.raises(ProgrammingError):
            execute(urls.app_url, statement)


@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_roles_reach_only_their_own_database(urls: MetadataUrls, database: str) -> None:
    other = make_url(urls.app_url).set(database=database).render_as_string(hide_password=False)
    with pytest.raises(OperationalError, match="permission denied"):
        execute(other, "SELECT 1")


def test_other_roles_cannot_connect(urls: MetadataUrls, running: Cluster) -> None:
    with running.connect() as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    with pytest.raises(OperationalError, match="permission denied"):
        execute(running.url("guest", "guest", "baselayer"), "SELECT 1")


def test_again_is_harmless_and_heals(urls: MetadataUrls, running: Cluster, place: Path) -> None:
    execute(urls.owner_url, "CREATE TABLE kept (id int)")
    with running.connect() as connection:
        connection.execute("ALTER ROLE baselayer_app CREATEDB PASSWORD 'changed'")
        connection.execute("GRANT CONNECT, TEMP ON DATABASE baselayer TO PUBLIC")
    assert ensure_roles(running, secrets_directory=place / "secrets") == urls
    assert execute(urls.owner_url, "SELECT * FROM kept") == []
    with pytest.raises(ProgrammingError):
        execute(urls.app_url, "CREATE TEMP TABLE mine (id int)")


def test_passwords_are_private_and_not_shown(urls: MetadataUrls, place: Path) -> None:
    assert (place / "secrets" / "postgres-roles.json").stat().st_mode & 0o777 == 0o600
    password = make_url(urls.app_url).password
    assert password and password not in repr(urls)


def test_passwords_do_not_reach_the_servers_log(cluster: Cluster, place: Path) -> None:
    cluster = Cluster(cluster.directory, fsync=False, settings={"log_statement": "all"})
    cluster.start()
    urls = ensure_roles(cluster, secrets_directory=place / "secrets")
    log = cluster.places.log.read_text()
    assert "ALTER ROLE" in log
    assert str(make_url(urls.app_url).password) not in log


def test_names_are_the_callers(running: Cluster, place: Path) -> None:
    urls = ensure_roles(
        running,
        secrets_directory=place / "secrets",
        owner='odd "owner"',
        app="odd app",
        database="odd base",
    )
    row = execute(urls.app_url, "SELECT current_user, current_database()")
    assert row == [("odd app", "odd base")]


def test_stopped_server_is_told(cluster: Cluster, place: Path) -> None:
    with pytest.raises(DatabaseStartError, match="no connection") as caught:
        ensure_roles(cluster, secrets_directory=place / "secrets")
    assert isinstance(caught.value.__cause__, psycopg.OperationalError)
