"""A throw-away PostgreSQL for the metadata: one cluster a run, one database a fixture."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from baselayer.app.db.embedded.cluster import Cluster
from tests.factories.places import Place, place


@pytest.fixture(scope="session")
def metadata_cluster() -> Iterator[Cluster]:
    """A private cluster that forgets everything: nothing is synced to disk."""
    place = Path(tempfile.mkdtemp(prefix="metadata-"))
    place.chmod(0o711)  # the server's account must get through, when root drops to it
    cluster = Cluster(place / "postgres", fsync=False)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop("immediate")
        shutil.rmtree(place)


@contextmanager
def fresh_database(cluster: Cluster) -> Iterator[str]:
    """Yield the URL of a new, empty database of the cluster, as its superuser."""
    name = f"test_{uuid.uuid4().hex}"
    with cluster.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield cluster.url(cluster.superuser, cluster.superuser_password, name)
    with cluster.connect() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def world_place(metadata_cluster: Cluster) -> Iterator[Place]:
    """The database of the small world, made once a run."""
    with fresh_database(metadata_cluster) as url, place(url) as made:
        yield made


@pytest.fixture
def here(world_place: Place) -> Place:
    """The small world, as new."""
    world_place.clear()
    return world_place


@pytest.fixture(params=["sync", "async"])
def world(request: pytest.FixtureRequest) -> str:
    """Blocking code, or coroutines."""
    return str(request.param)
