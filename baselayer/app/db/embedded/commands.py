"""Running PostgreSQL's programs as the right account, with a clean environment and no terminal."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from baselayer.app.db.embedded.account import Account
from baselayer.app.db.embedded.processes import is_alive
from baselayer.app.errors import DatabaseStartError

END_SECONDS = 5.0
POLL_SECONDS = 0.01

# The shell leaves the server behind as nobody's child, and says its process id. All words arrive
# as arguments, so that no path is ever read as shell code (pg_ctl would).
IN_BACKGROUND = ("/bin/sh", "-c", 'exec 3>&1 >&2; "$@" </dev/null 3>&- & echo $! >&3', "sh")


def run(
    command: Sequence[str], account: Account, *, directory: Path, timeout_seconds: float
) -> str:
    """Run to the end and return all output; raises CalledProcessError, with it, on failure.

    An interrupt ends the program together with its children.
    """
    process = _spawn(command, account, directory=directory, log=subprocess.STDOUT)
    try:
        output, _ = process.communicate(timeout=timeout_seconds)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return output


def start_in_background(
    command: Sequence[str], account: Account, *, directory: Path, log: IO[bytes]
) -> int:
    """Start a server that outlives the caller and return its process id."""
    process = _spawn([*IN_BACKGROUND, *command], account, directory=directory, log=log)
    try:
        output, _ = process.communicate()
    except BaseException:
        output, _ = process.communicate()  # it takes milliseconds
        end(int(output))
        raise
    return int(output)


def end(pid: int) -> None:
    """End a server that was just begun and that nobody will use; it has nothing to lose yet."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + END_SECONDS
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        os.kill(pid, signal.SIGKILL)


def _spawn(
    command: Sequence[str], account: Account, *, directory: Path, log: IO[bytes] | int
) -> subprocess.Popen[str]:
    as_account: dict[str, Any] = {}
    if account.is_other:
        as_account = {"user": account.uid, "group": account.gid, "extra_groups": []}
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=directory,
            env=_environment(),
            start_new_session=True,  # the terminal's Ctrl-C is for us, not for the server
            umask=0o077,
            text=True,
            errors="replace",
            **as_account,
        )
    except PermissionError as error:
        raise DatabaseStartError(
            f"{command[0]} could not be run as {account.name} in {directory}: {error.strerror}. "
            "Check that this account may reach both, and that root may change to it here."
        ) from error
    except FileNotFoundError as error:
        raise DatabaseStartError(f"{error.filename} is missing: install it again.") from error


def _environment() -> dict[str, str]:
    """Nothing of the caller's, whose PG* variables and locale would bend the server."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
