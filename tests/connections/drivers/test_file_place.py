"""A database file lies below its root: no name, link or special file leads elsewhere."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from baselayer.app.connections.drivers.file_place import placed
from baselayer.app.errors import FileNotAllowedError, TargetUnreachableError
from tests.connections.drivers.files import file_root


@pytest.fixture
def root() -> Iterator[Path]:
    with file_root() as home:
        (home / "in" / "deep").mkdir(parents=True)
        (home / "in" / "deep" / "a.db").write_text("a")
        (home / "out.db").write_text("b")
        yield home


def test_file_below_the_root_is_found(root: Path) -> None:
    with placed("deep/a.db", ["/nonexistent", str(root / "in")]) as place:
        assert place.name == "a.db"
        found = os.stat("a.db", dir_fd=place.directory)
        assert (found.st_dev, found.st_ino) == (place.device, place.inode)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(place.directory)


def test_first_root_that_has_it_counts(root: Path) -> None:
    (root / "in" / "out.db").write_text("other")
    with placed("out.db", [str(root / "in"), str(root)]) as place:
        assert place.inode == (root / "in" / "out.db").stat().st_ino


@pytest.mark.parametrize(
    "name",
    [
        "../out.db",
        "deep/../../out.db",
        "/etc/passwd",
        "",
        ".",
        "..",
        "deep//a.db",
        "deep/./a.db",
        "deep/",
        "a.db\0",
        "a\n.db",
        "x" * 2_000,
    ],
)
def test_name_that_leads_elsewhere_is_refused(root: Path, name: str) -> None:
    with pytest.raises(FileNotAllowedError), placed(name, [str(root / "in")]):
        pass


def test_without_a_root_nothing_is_a_database() -> None:
    with pytest.raises(FileNotAllowedError, match=r"files\.roots"), placed("a.db", []):
        pass


def test_links_are_not_followed(root: Path) -> None:
    (root / "in" / "link.db").symlink_to(root / "out.db")
    (root / "in" / "inner.db").symlink_to("deep/a.db")
    (root / "in" / "door").symlink_to(root)
    for name in ("link.db", "inner.db", "door/out.db", "door/in/deep/a.db"):
        with pytest.raises(TargetUnreachableError), placed(name, [str(root / "in")]):
            pass


def test_what_is_no_file_is_not_found(root: Path) -> None:
    os.mkfifo(root / "in" / "fifo")
    for name in ("deep", "fifo", "nosuch.db", "file:a.db?mode=rwc", "~/a.db"):
        with pytest.raises(TargetUnreachableError), placed(name, [str(root / "in")]):
            pass
