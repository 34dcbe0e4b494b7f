"""A new cluster is whole or not there."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from baselayer.app.db.embedded import initialise as module
from baselayer.app.db.embedded.account import Account
from baselayer.app.db.embedded.binaries import Binaries, find_binaries
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.initialise import initialise
from baselayer.app.db.embedded.places import Places
from baselayer.app.errors import DatabaseStartError, DiskFullError

FULL = "echo 'initdb: error: could not write: No space left on device' >&2"


def fake_initdb(place: Path, script: str) -> Binaries:
    """A stand-in that begins its work before it does what `script` says."""
    program = place / "initdb"
    program.write_text(f'#!/bin/sh\ntouch "${{1#--pgdata=}}/PG_VERSION"\n{script}\n')
    program.chmod(0o755)
    return Binaries(place, 18, "18.0")


def run_initialise(place: Path, binaries: Binaries) -> Places:
    places = Places(place / "postgres")
    places.directory.mkdir(exist_ok=True)
    account = Account("me", os.geteuid(), os.getegid())
    initialise(places, binaries, account, superuser="postgres", password="secret", fsync=False)
    return places


def test_new_cluster_has_our_locale_and_no_trust(cluster: Cluster) -> None:
    cluster.start()
    with cluster.connect() as connection:
        query = "SELECT pg_encoding_to_char(encoding), datlocprovider FROM pg_database"
        assert set(connection.execute(query).fetchall()) == {("UTF8", "b")}
        rules = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
        assert rules == [("scram-sha-256",)]
        assert connection.execute("SELECT upper('é'), now()::text").fetchall()[0][0] == "É"


def test_password_file_does_not_stay(place: Path) -> None:
    seen = place / "seen"
    script = 'for word in "$@"; do case $word in --pwfile=*) f=${word#*=};; esac; done\n'
    script += f'stat -c %a "$f" > {seen}; cat "$f" >> {seen}'
    places = run_initialise(place, fake_initdb(place, script))
    assert seen.read_text() == "600\nsecret\n"
    assert sorted(path.name for path in places.directory.iterdir()) == ["data", "server.log"]


@pytest.mark.parametrize("script", [FULL + "; exit 1", "exit 1", "kill -9 $$"])
def test_failure_leaves_no_half_made_directory(place: Path, script: str) -> None:
    expected = DiskFullError if script.startswith(FULL) else DatabaseStartError
    with pytest.raises(expected):
        run_initialise(place, fake_initdb(place, script))
    assert [path.name for path in (place / "postgres").iterdir()] == ["server.log"]


def test_slow_initdb_is_ended(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INITDB_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(DatabaseStartError, match=r"in 0\.2 s"):
        run_initialise(place, fake_initdb(place, "sleep 60"))


def test_leftovers_of_a_killed_start_are_cleared(place: Path) -> None:
    for leftover in ("data.partial-0", "password-0"):
        path = place / "postgres" / leftover
        path.parent.mkdir(exist_ok=True)
        path.mkdir() if "data" in leftover else path.touch()
    places = run_initialise(place, fake_initdb(place, "true"))
    assert sorted(path.name for path in places.directory.iterdir()) == ["data", "server.log"]


def test_older_versions_take_the_systems_locale(place: Path) -> None:
    assert module._locale(Binaries(place, 16, "16.1"))[0] in ("--locale=C.UTF-8", "--locale=C")


def test_older_version_serves_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "PG_VERSION").write_text("16")
    older = find_binaries(place)
    monkeypatch.setattr("baselayer.app.db.embedded.starting.find_binaries", lambda _: older)
    cluster = Cluster(place / "postgres", fsync=False)
    cluster.start()
    with cluster.connect() as connection:
        row = connection.execute("SHOW server_version").fetchone()
    assert row and row[0].startswith("16.")


@pytest.fixture
def small_disk(as_root: None, place: Path) -> Iterator[Path]:
    """A disk of 30 MB: too small for a cluster."""
    disk = place / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=30m,mode=711", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_full_disk_is_told_and_nothing_half_made_stays(small_disk: Path) -> None:
    cluster = Cluster(small_disk / "postgres", fsync=False)
    with pytest.raises(DiskFullError, match="Free some space"):
        cluster.start()
    left = {path.name for path in cluster.directory.iterdir()}
    assert left == {"server.log", "start.lock"}
    subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
    cluster.start()
    cluster.stop("immediate")
