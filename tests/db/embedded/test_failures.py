"""Foreign failures become errors that say what to do."""

import errno
from pathlib import Path

import pytest

from baselayer.app.db.embedded.failures import failed_step, file_errors_told
from baselayer.app.errors import DatabaseStartError, DiskFullError

LOG = Path("/srv/postgres/server.log")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_is_told_as_such(code: int) -> None:
    with pytest.raises(DiskFullError, match="/srv/postgres"), file_errors_told(LOG.parent):
        raise OSError(code, "full")


def test_other_file_errors_name_the_file() -> None:
    with (
        pytest.raises(DatabaseStartError, match=r"server\.log: denied"),
        file_errors_told(LOG.parent),
    ):
        raise PermissionError(errno.EACCES, "denied", str(LOG))


def test_full_disk_is_recognised_in_the_servers_log() -> None:
    error = failed_step("It failed", 'FATAL: could not write "x": No space left on device', LOG)
    assert isinstance(error, DiskFullError)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ('could not bind IPv4 address "127.0.0.1": Address already in use', "another program"),
        ('FATAL: unrecognized configuration parameter "wrk_mem"', "unknown to it"),
        (
            'could not resize shared memory segment "/x": No space left on device',
            "/dev/shm",
        ),
        ("something that nobody foresaw", "see its log"),
    ],
)
def test_reason_is_told_without_the_servers_text(output: str, reason: str) -> None:
    error = failed_step("It failed", output, LOG)
    assert isinstance(error, DatabaseStartError)
    assert reason in error.message
    assert str(LOG) in error.message
    assert output not in error.message
