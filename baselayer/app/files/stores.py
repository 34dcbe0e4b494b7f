"""A store on a local directory: files appear under their name whole, or not at all."""

import errno
import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from baselayer.app.errors import DiskFullError, InvalidRequestError, ResultGoneError

PARTIAL = ".partial"

# A name is an id of ours with an ending, never a path.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}(?:\.[A-Za-z0-9]{1,16})?")
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LocalStore:
    """Files by name in one directory of mode 0700."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def create(self, name: str) -> "Upload":
        """Begin a file that exists under `name` only once it is finished."""
        with _room(self.directory):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            return Upload(self._path(name))

    def path(self, name: str) -> Path:
        """Return where `name` is; ResultGoneError when it is not there."""
        path = self._path(name)
        if not path.is_file():
            raise ResultGoneError("The stored file is no longer there.")
        return path

    def partial_path(self, name: str) -> Path:
        """Return where `name` is being written until it is finished."""
        path = self._path(name)
        return path.with_name(path.name + PARTIAL)

    def delete(self, name: str) -> bool:
        """Remove `name`; tell whether it was there."""
        try:
            self._path(name).unlink()
        except FileNotFoundError:
            return False
        return True

    def sweep(self, *, older_than_seconds: float) -> int:
        """Remove what a process that died left unfinished; return how many files."""
        removed = 0
        limit = time.time() - older_than_seconds
        for path in self.directory.glob(f"*{PARTIAL}"):
            if path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise InvalidRequestError("The name of a stored file must be an id with an ending.")
        return self.directory / name


class Upload:
    """A file being written: hashed on the way, then synced and renamed by `finish`.

    It is a binary file object as far as pyarrow asks. Leaving the context without `finish`
    removes what was written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(path.name + PARTIAL)
        self._sha256 = hashlib.sha256()
        self._position = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._handle: int | None = os.open(self._partial, flags, 0o600)

    def write(self, data: bytes) -> int:
        """Append `data`; DiskFullError when there is no room."""
        view = memoryview(data)
        with _room(self._partial):
            while view:
                written = os.write(self._open_handle(), view)
                self._sha256.update(view[:written])
                self._position += written
                view = view[written:]
        return len(data)

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._position

    def flush(self) -> None:
        """Do nothing: every write goes to the kernel at once."""

    @property
    def closed(self) -> bool:
        """Tell whether the file was finished or given up."""
        return self._handle is None

    @property
    def sha256(self) -> str:
        """The hash, in hex, of what was written so far."""
        return self._sha256.hexdigest()

    def finish(self) -> Path:
        """Make the file durable and visible under its name; return its path."""
        with _room(self._partial):
            os.fsync(self._open_handle())
            os.close(self._open_handle())
            self._handle = None
            self._partial.replace(self._path)
            _sync_directory(self._path.parent)
        return self._path

    def discard(self) -> None:
        """Remove what was written, unless it was finished."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
            self._partial.unlink(missing_ok=True)

    def __enter__(self) -> "Upload":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.discard()

    def _open_handle(self) -> int:
        if self._handle is None:
            raise ValueError("the upload was finished or given up")
        return self._handle


@contextmanager
def _room(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFullError(f"There is no room left in {path.parent}: free some.") from None
        raise


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
