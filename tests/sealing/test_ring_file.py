"""The ring's file is private, is never overwritten, and is refused when anything is wrong."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from baselayer.app.errors import KeyRingError
from baselayer.app.sealing.ring import KeyRing
from baselayer.app.sealing.ring_file import RingKeys, create_ring_file, read_ring_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "keys.json"


def test_new_ring_is_private(path: Path) -> None:
    KeyRing.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]


def test_second_start_reads_the_same_ring(path: Path) -> None:
    assert KeyRing.load_or_create(path).keys == KeyRing.load_or_create(path).keys


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    one, two = (KeyRing.load_or_create(tmp_path / name / "keys.json") for name in "ab")
    assert set(one.keys.values()).isdisjoint(two.keys.values())


def test_many_first_starts_agree_on_one_ring(path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        rings = list(pool.map(lambda _: KeyRing.load_or_create(path), range(32)))
    assert len({ring.active for ring in rings}) == 1


def test_existing_ring_is_never_overwritten(path: Path) -> None:
    KeyRing.load_or_create(path)
    before = path.read_bytes()
    create_ring_file(path, RingKeys("other", {"other": b"o" * 32}))
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o777])
def test_ring_that_others_can_read_is_refused(path: Path, mode: int) -> None:
    KeyRing.load_or_create(path)
    path.chmod(mode)
    with pytest.raises(KeyRingError, match="open to others"):
        KeyRing.load_or_create(path)


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o755])
def test_directory_that_others_can_enter_is_refused(path: Path, mode: int) -> None:
    KeyRing.load_or_create(path)
    path.parent.chmod(mode)
    with pytest.raises(KeyRingError, match="open to others"):
        KeyRing.load_or_create(path)


def test_missing_ring_is_not_made_by_load(path: Path) -> None:
    with pytest.raises(KeyRingError):
        KeyRing.load(path)
    assert not path.exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "null",
        '{"format": 1}',
        '{"format": 2, "active": "a", "keys": {}}',
        '{"format": 1, "active": "a", "keys": {}}',
        '{"format": 1, "active": "a", "keys": {"a": "c2hvcnQ="}}',
        '{"format": 1, "active": "a", "keys": {"a": "%%%"}}',
        '{"format": 1, "active": "a", "keys": {"a": 7}}',
        '{"format": 1, "active": ["a"], "keys": {"a": "c2hvcnQ="}}',
    ],
)
def test_damaged_ring_is_refused_and_left_as_it_is(path: Path, text: str) -> None:
    KeyRing.load_or_create(path)
    path.write_text(text)
    with pytest.raises(KeyRingError):
        KeyRing.load_or_create(path)
    assert path.read_text() == text


def test_damage_shows_nothing_of_the_keys(path: Path) -> None:
    KeyRing.load_or_create(path)
    document = json.loads(path.read_text())
    secret = next(iter(document["keys"].values()))
    path.write_text(json.dumps(document)[:-1])
    with pytest.raises(KeyRingError) as caught:
        KeyRing.load(path)
    assert secret not in str(caught.value)
    assert caught.value.__suppress_context__


def test_link_to_a_ring_is_refused(path: Path, tmp_path: Path) -> None:
    KeyRing.load_or_create(path)
    link = path.with_name("link.json")
    link.symlink_to(path)
    with pytest.raises(KeyRingError):
        KeyRing.load_or_create(link)


def test_something_else_than_a_file_is_refused(path: Path) -> None:
    path.mkdir(parents=True, mode=0o700)
    path.parent.chmod(0o700)
    with pytest.raises(KeyRingError):
        read_ring_file(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_ring_of_another_user_is_refused(path: Path) -> None:
    KeyRing.load_or_create(path)
    os.chown(path, 65534, -1)
    with pytest.raises(KeyRingError, match="another user"):
        KeyRing.load(path)
