"""Real clusters in directories that the server's account can reach, as root and as anybody."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from baselayer.app.db.embedded.cluster import Cluster

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 1_000_000_000  # a cluster is 40 MB, and a few exist at once


def make_place() -> Path:
    """Make a scratch directory. pytest's own is closed to the account that root drops to."""
    place = Path(tempfile.mkdtemp(prefix="embedded-", dir=scratch()))
    place.chmod(0o711)
    return place


def scratch() -> Path:
    """Memory, if it will do, since copying clusters is most of what these tests wait for."""
    if MEMORY.exists():
        found = os.statvfs(MEMORY)
        if found.f_bavail * found.f_frsize > ENOUGH_BYTES and not found.f_flag & os.ST_NOEXEC:
            return MEMORY
    return Path("/tmp")


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty directory; clusters in it are stopped at the end."""
    made = make_place()
    yield made
    for data in made.rglob("data/postmaster.pid"):
        Cluster(data.parent.parent).stop("immediate")
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def stopped() -> Iterator[Path]:
    """A cluster, and its secrets, that was made once and is never started again: copy it."""
    made = make_place()
    cluster = Cluster(made / "postgres", fsync=False)
    cluster.start()
    cluster.stop()
    yield made
    shutil.rmtree(made)


@pytest.fixture
def cluster(place: Path, stopped: Path) -> Cluster:
    """A private copy, owners and modes included, of a cluster that does not run."""
    subprocess.run(["cp", "-a", f"{stopped}/.", str(place)], check=True)
    return Cluster(place / "postgres", fsync=False)


@pytest.fixture
def as_root() -> None:
    """Leave out a test that only root can run; the gate runs all of them as root too."""
    if os.geteuid() != 0:
        pytest.skip("only root can do this")
