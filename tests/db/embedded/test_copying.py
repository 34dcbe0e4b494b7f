"""Programs in a private place are copied to where the server's account can run them."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from baselayer.app.db.embedded.account import closed_part, service_account
from baselayer.app.db.embedded.binaries import Binaries, find_binaries
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.copying import _rename, reachable_binaries


@pytest.fixture
def private(as_root: None, place: Path) -> Binaries:
    """A whole installation in a directory that is closed to everybody but root."""
    binaries = find_binaries(None)
    package = binaries.directory.parent.parent
    closed = place / "private"
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, closed / part.name)
    closed.chmod(0o700)
    return replace(binaries, directory=closed / binaries.directory.relative_to(package.parent))


def test_reachable_programs_are_not_copied(place: Path) -> None:
    binaries = Binaries(Path("/bin"), 18, "18.0")
    assert reachable_binaries(binaries, service_account(place / "data"), place) is binaries


def test_server_runs_from_a_copy_when_its_programs_are_private(
    private: Binaries, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baselayer.app.db.embedded.starting.find_binaries", lambda _: private)
    cluster = Cluster(place / "postgres", fsync=False)
    cluster.start()
    with cluster.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    copy = place / f"postgresql-{private.version}"
    assert copy.stat().st_uid == 0
    assert (place / "private").stat().st_mode & 0o777 == 0o700
    assert not list(place.glob("*.partial-*"))


def test_copy_is_made_once(private: Binaries, place: Path) -> None:
    account = service_account(place / "data")
    first = reachable_binaries(private, account, place)
    made_at = first.directory.parent.stat().st_ctime_ns
    assert reachable_binaries(private, account, place) == first
    assert closed_part(first.directory / "postgres", account) is None
    assert first.directory.parent.stat().st_ctime_ns == made_at


def test_copy_of_a_faster_process_is_taken(place: Path) -> None:
    (place / "target" / "bin").mkdir(parents=True)
    (place / "partial" / "bin").mkdir(parents=True)
    _rename(place / "partial", place / "target")
    assert (place / "target").exists()
