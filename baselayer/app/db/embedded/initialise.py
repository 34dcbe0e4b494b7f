"""Making a new, empty cluster with initdb."""

import secrets
import shutil
import subprocess
from pathlib import Path

from baselayer.app.db.embedded.account import Account
from baselayer.app.db.embedded.binaries import Binaries
from baselayer.app.db.embedded.commands import run
from baselayer.app.db.embedded.failures import failed_step, file_errors_told
from baselayer.app.db.embedded.passwords import write_private
from baselayer.app.db.embedded.places import Places

INITDB_TIMEOUT_SECONDS = 180
BUILTIN_LOCALE_MAJOR = 17  # the first with a collation provider of its own


def initialise(
    places: Places,
    binaries: Binaries,
    account: Account,
    *,
    superuser: str,
    password: str,
    fsync: bool,
) -> None:
    """Make `places.data`, whole or not at all. The caller holds the start lock."""
    _remove_leftovers(places)
    token = secrets.token_hex(4)
    partial = places.directory / f"data.partial-{token}"
    password_file = places.directory / f"password-{token}"
    try:
        with file_errors_told(places.directory):
            partial.mkdir(mode=0o700)
            account.give(partial)
            write_private(password_file, password + "\n")
            account.give(password_file)
        options = [f"--username={superuser}", f"--pwfile={password_file}"]
        _initdb(places, binaries, account, data=partial, options=[*options, *_sync(fsync)])
        with file_errors_told(places.directory):
            partial.rename(places.data)
    finally:
        password_file.unlink(missing_ok=True)
        shutil.rmtree(partial, ignore_errors=True)


def _remove_leftovers(places: Places) -> None:
    """Clear what a killed process left. Names are never reused: its initdb may still be writing."""
    for leftover in places.directory.glob("data.partial-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    for leftover in places.directory.glob("password-*"):
        leftover.unlink(missing_ok=True)


def _initdb(
    places: Places, binaries: Binaries, account: Account, *, data: Path, options: list[str]
) -> None:
    command = [
        str(binaries.directory / "initdb"),
        f"--pgdata={data}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-instructions",
        *_locale(binaries),
        *options,
    ]
    step = f"PostgreSQL {binaries.version} could not make a new cluster in {places.directory}"
    try:
        output = run(
            command, account, directory=places.directory, timeout_seconds=INITDB_TIMEOUT_SECONDS
        )
    except subprocess.CalledProcessError as error:
        _note(places.log, error.output)
        raise failed_step(step, error.output, places.log) from error
    except subprocess.TimeoutExpired as error:
        raise failed_step(f"{step} in {INITDB_TIMEOUT_SECONDS} s", "", places.log) from error
    _note(places.log, output)


def _sync(fsync: bool) -> list[str]:
    return [] if fsync else ["--no-sync"]


def _locale(binaries: Binaries) -> list[str]:
    """Unicode rules that no upgrade of the system's C library can change under an index."""
    if binaries.major >= BUILTIN_LOCALE_MAJOR:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8" if _system_has_c_utf8() else "--locale=C"]


def _system_has_c_utf8() -> bool:
    try:
        known = subprocess.run(
            ["locale", "-a"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return "c.utf8" in known.stdout.lower().replace("-", "").split()


def _note(log_file: Path, output: str) -> None:
    """Append to the log if there is room: on a full disk the error itself matters more."""
    try:
        with log_file.open("a", encoding="utf-8", errors="replace") as file:
            file.write(output)
    except OSError:
        return
