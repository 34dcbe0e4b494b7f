"""File locks between processes; the system drops them when their holder dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from baselayer.app.db.embedded.failures import file_errors_told
from baselayer.app.errors import DatabaseStartError

POLL_SECONDS = 0.02


@contextmanager
def exclusive_lock(path: Path, *, timeout_seconds: float) -> Iterator[None]:
    """Be the only holder of `path` for the block."""
    with _opened(path) as handle:
        _acquire(handle, fcntl.LOCK_EX, path, timeout_seconds)
        yield


@contextmanager
def shared_lock(path: Path, *, timeout_seconds: float) -> Iterator[int]:
    """Be one of many holders of `path` for the block; yields the handle for `is_last_holder`."""
    with _opened(path) as handle:
        _acquire(handle, fcntl.LOCK_SH, path, timeout_seconds)
        yield handle


def is_last_holder(handle: int) -> bool:
    """Let go of a shared lock and return whether nobody else holds it.

    When true, newcomers wait until the handle is closed. The release comes first: if two leave at
    once and each still held its share, both would see the other and neither would be the last.
    """
    fcntl.flock(handle, fcntl.LOCK_UN)
    return _try(handle, fcntl.LOCK_EX)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    with file_errors_told(path.parent):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def _acquire(handle: int, kind: int, path: Path, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not _try(handle, kind):
        if time.monotonic() > deadline:
            raise DatabaseStartError(
                f"Another process has held {path} for more than {timeout_seconds:.0f} s: it is "
                "starting or stopping the embedded database and does not get on. End it and retry."
            )
        time.sleep(POLL_SECONDS)


def _try(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
