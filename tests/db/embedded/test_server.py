"""The way in: a URL that says what it means, and a door that is closed to the wrong password."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.errors import DatabaseStartError


def test_url_survives_odd_characters() -> None:
    cluster = Cluster(Path("/srv/a b & c?"))
    url = make_url(cluster.url("o'wn:er", "p@ss/w:rd?#%", "base"))
    assert (url.drivername, url.username, url.password) == (
        "postgresql+psycopg",
        "o'wn:er",
        "p@ss/w:rd?#%",
    )
    assert url.database == "base"
    assert dict(url.query) == {"host": "/srv/a b & c?/socket", "port": "5432"}


def test_url_leads_to_the_server(cluster: Cluster) -> None:
    cluster.start()
    engine = create_engine(cluster.url(cluster.superuser, cluster.superuser_password, "postgres"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_user")).scalar() == "postgres"
    engine.dispose()


@pytest.mark.parametrize("password", ["wrong", ""])
def test_wrong_password_is_refused(cluster: Cluster, password: str) -> None:
    cluster.start()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host=str(cluster.socket_directory),
            port=cluster.port,
            user="postgres",
            password=password,
            dbname="postgres",
        )


def test_password_is_not_shown_and_its_file_is_private(cluster: Cluster) -> None:
    assert cluster.superuser_password not in repr(cluster)
    path = cluster.places.superuser_file
    assert path == cluster.directory.parent / "secrets" / "postgres-superuser.json"
    assert path.stat().st_mode & 0o777 == 0o600


def test_lost_password_is_told(cluster: Cluster) -> None:
    cluster.places.superuser_file.unlink()
    with pytest.raises(DatabaseStartError, match="Restore it from a backup"):
        cluster.superuser_password  # noqa: B018 - reading it is the test


def test_link_and_directory_are_the_same_cluster(place: Path) -> None:
    (place / "real").mkdir()
    (place / "link").symlink_to(place / "real")
    assert Cluster(place / "link").places == Cluster(place / "real").places
