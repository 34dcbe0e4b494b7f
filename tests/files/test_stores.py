"""A stored file appears whole under its name, or not at all."""

import errno
import hashlib
import os
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from baselayer.app.errors import DiskFullError, InvalidRequestError, ResultGoneError
from baselayer.app.files.stores import LocalStore


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "results")


@pytest.fixture
def little_room() -> Iterator[int]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield 100_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(store: LocalStore) -> list[str]:
    return sorted(path.name for path in store.directory.iterdir())


def test_finished_upload_is_there_private_and_hashed(store: LocalStore) -> None:
    with store.create("run-1.arrow") as upload:
        upload.write(b"hello ")
        upload.write(b"world")
        assert names(store) == ["run-1.arrow.partial"]
        assert store.partial_path("run-1.arrow").read_bytes() == b"hello world"
        upload.finish()
    path = store.path("run-1.arrow")
    assert path.read_bytes() == b"hello world"
    assert upload.sha256 == hashlib.sha256(b"hello world").hexdigest()
    assert upload.tell() == 11
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700
    assert names(store) == ["run-1.arrow"]


def test_upload_that_was_not_finished_leaves_nothing(store: LocalStore) -> None:
    with pytest.raises(RuntimeError), store.create("run-1.arrow") as upload:
        upload.write(b"half")
        raise RuntimeError
    assert names(store) == []
    assert upload.closed


def test_two_uploads_of_one_name_do_not_mix(store: LocalStore) -> None:
    with store.create("run-1.arrow"), pytest.raises(FileExistsError):
        store.create("run-1.arrow")


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/etc/passwd",
        "a\0b",
        ".hidden",
        "a.b.c",
        "x" * 200,
        "a b",
        "é",
    ],
)
def test_name_that_is_a_path_is_refused(store: LocalStore, name: str) -> None:
    with pytest.raises(InvalidRequestError):
        store.create(name)
    with pytest.raises(InvalidRequestError):
        store.path(name)


def test_missing_file_is_gone(store: LocalStore) -> None:
    with pytest.raises(ResultGoneError):
        store.path("nothing.arrow")


def test_delete_tells_whether_there_was_something(store: LocalStore) -> None:
    with store.create("a.arrow") as upload:
        upload.finish()
    assert store.delete("a.arrow")
    assert not store.delete("a.arrow")


def test_file_that_grows_too_large_is_a_full_disk_and_removed(
    store: LocalStore, little_room: int
) -> None:
    with pytest.raises(DiskFullError), store.create("a.arrow") as upload:
        for _ in range(20):
            upload.write(b"x" * 10_000)
    assert names(store) == []


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_no_space_left_is_a_full_disk(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DiskFullError), store.create("a.arrow") as upload:
        monkeypatch.setattr(os, call, refuse)
        upload.write(b"x")
        upload.finish()
    monkeypatch.undo()
    assert names(store) == []


def test_other_errors_of_the_disk_are_not_called_full(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output"), store.create("a.arrow") as upload:
        monkeypatch.setattr(os, "write", refuse)
        upload.write(b"x")


def test_sweep_removes_old_partials_only(store: LocalStore) -> None:
    with store.create("done.arrow") as upload:
        upload.finish()
    old, new = store.create("old.arrow"), store.create("new.arrow")
    os.utime(store.partial_path("old.arrow"), (0, 0))
    assert store.sweep(older_than_seconds=3600) == 1
    assert names(store) == ["done.arrow", "new.arrow.partial"]
    old.discard()
    new.discard()
