"""What went wrong, told so that one can mend it: from file errors and from the server's log."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from baselayer.app.errors import BaselayerError, DatabaseStartError, DiskFullError

# What the server writes with LC_ALL=C, and what it means for a reader. The first match counts.
REASONS = (
    ("could not resize shared memory", "the shared memory of this machine (/dev/shm) is too small"),
    ("Address already in use", "another program listens on its port or socket"),
    ("unrecognized configuration parameter", "a setting that it was given is unknown to it"),
    ("invalid value for parameter", "a setting that it was given has a wrong value"),
    ("pre-existing shared memory block", "processes of an earlier run are still there"),
    ("File size limit exceeded", "a limit on the size of its files (ulimit -f) is in force"),
    ("File too large", "a limit on the size of its files (ulimit -f) is in force"),
    ("could not create shared memory", "it got no shared memory from the system"),
    ("could not load", "a library that it needs is missing"),
    ("error while loading shared libraries", "a library that it needs is missing"),
    ("Permission denied", "its account may not use one of its files or directories"),
    ("could not locate a valid checkpoint", "its data are damaged; restore them from a backup"),
)
DISK_FULL = ("No space left on device", "Disk quota exceeded")
DISK_FULL_ERRNO = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def file_errors_told(directory: Path) -> Iterator[None]:
    """Turn what the file system refuses into our errors about `directory`."""
    try:
        yield
    except OSError as error:
        raise _from_file_error(error, directory) from error


def failed_step(step: str, output: str, log_file: Path) -> BaselayerError:
    """Return the error for a `step` (a past-tense clause) whose program wrote `output`."""
    shared_memory = REASONS[0][0] in output
    if not shared_memory and any(sign in output for sign in DISK_FULL):
        return _disk_full(log_file.parent)
    reason = next((meaning for sign, meaning in REASONS if sign in output), "see its log")
    return DatabaseStartError(f"{step}: {reason}. The log is {log_file}.", log=str(log_file))


def _from_file_error(error: OSError, directory: Path) -> BaselayerError:
    if error.errno in DISK_FULL_ERRNO:
        return _disk_full(directory)
    place = error.filename or directory
    return DatabaseStartError(
        f"The embedded database in {directory} could not be used: {place}: {error.strerror}. "
        "Check that the account that runs baselayer owns this directory."
    )


def _disk_full(directory: Path) -> DiskFullError:
    return DiskFullError(
        f"There is no room left on the disk that holds {directory}: the embedded database needs "
        "about 100 MB to begin with. Free some space and start again; stored data are unharmed."
    )
