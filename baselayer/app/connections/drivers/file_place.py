"""Where a database that is a file may lie: below a configured root, and reached without a link.

The way is walked part by part from the root's descriptor, never following a symbolic link, so
that nobody can turn a checked name into another file. What is handed on is the descriptor of the
file's directory, its name there, and which file it was.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from baselayer.app.errors import FileNotAllowedError, TargetUnreachableError

LIMIT_CHARACTERS = 1_000
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A FIFO or a device must not hold us up before we see that it is one.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class Place:
    """A file: its directory's descriptor (open while the place is), its name, its identity."""

    directory: int
    name: str
    device: int
    inode: int


@contextmanager
def placed(database: str, roots: Sequence[str]) -> Iterator[Place]:
    """Find the file that `database` names below one of `roots`; the first that has it counts."""
    parts = _parts(database)
    if not roots:
        raise FileNotAllowedError(
            "No directory is configured in which databases that are files may lie: "
            "an administrator sets `files.roots`."
        )
    for root in roots:
        with _walked(root, parts[:-1]) as directory:
            if directory is not None and (found := _look(directory, parts[-1])) is not None:
                yield Place(directory, parts[-1], found.st_dev, found.st_ino)
                return
    raise TargetUnreachableError(
        f"There is no database file {database!r} below the configured directories: check the path,"
        " which is relative to one of them and may hold no symbolic link."
    )


def _parts(database: str) -> list[str]:
    parts = database.split("/")
    is_plain = all(part not in ("", ".", "..") for part in parts)
    if not is_plain or not database.isprintable() or len(database) > LIMIT_CHARACTERS:
        raise FileNotAllowedError(
            "The database must be a path relative to a configured directory, such as "
            "`sales/flights.db`: not absolute, without `..`, `//` or unprintable characters."
        )
    return parts


@contextmanager
def _walked(root: str, parts: Sequence[str]) -> Iterator[int | None]:
    """Yield the descriptor of the directory that `parts` lead to; None when they lead nowhere."""
    opened: list[int] = []
    try:
        with suppress(OSError):
            opened.append(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
            for part in parts:
                opened.append(os.open(part, _DIRECTORY, dir_fd=opened[-1]))
        yield opened[-1] if len(opened) == len(parts) + 1 else None
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _look(directory: int, name: str) -> os.stat_result | None:
    try:
        descriptor = os.open(name, _FILE, dir_fd=directory)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(found.st_mode):
        return None
    return found
