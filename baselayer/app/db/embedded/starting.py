"""Bringing a server up: clear what a dead one left, make the data if new, launch, await."""

import os
import time
from dataclasses import dataclass
from typing import IO

import psycopg

from baselayer.app.db.embedded.account import Account
from baselayer.app.db.embedded.binaries import Binaries, find_binaries
from baselayer.app.db.embedded.commands import end, start_in_background
from baselayer.app.db.embedded.copying import reachable_binaries
from baselayer.app.db.embedded.failures import failed_step, file_errors_told
from baselayer.app.db.embedded.initialise import initialise
from baselayer.app.db.embedded.passwords import ensure_passwords
from baselayer.app.db.embedded.places import private_directory
from baselayer.app.db.embedded.postmaster import read_postmaster, remove_leftovers, socket_file
from baselayer.app.db.embedded.processes import is_alive
from baselayer.app.db.embedded.server import Server
from baselayer.app.db.embedded.settings import server_options
from baselayer.app.errors import DatabaseStartError
from baselayer.log import make_log

log = make_log("database")

POLL_SECONDS = 0.01
ORPHAN_TIMEOUT_SECONDS = 5.0
LOG_LIMIT_BYTES = 10_000_000  # the log is set aside, once, when it is longer than this at a start


@dataclass(frozen=True)
class Deadline:
    """A point in time by which something must have happened."""

    at: float
    seconds: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the deadline `seconds` from now."""
        return cls(time.monotonic() + seconds, seconds)

    def has_passed(self) -> bool:
        return time.monotonic() > self.at


def bring_up(server: Server, account: Account, deadline: Deadline) -> None:
    """Start a server that does not run. The caller holds the start lock."""
    places = server.places
    binaries = find_binaries(places.data)
    binaries = reachable_binaries(binaries, account, places.directory.parent)
    if places.data.exists():
        _clear_leftovers(server)
    else:
        _make_data(server, binaries, account)
    log(f"starting PostgreSQL {binaries.version} in {places.directory}")
    log_length = _prepare_log(server)
    pid = _launch(server, binaries, account)
    try:
        is_ready = becomes_ready(server, pid, deadline)
    except (KeyboardInterrupt, SystemExit):
        # Until it has written its pid file nobody could find it, and it would be left behind.
        end(pid)
        raise
    if not is_ready:
        step = f"PostgreSQL {binaries.version} did not start in {places.directory}"
        raise failed_step(step, _log_after(server, log_length), places.log)


def becomes_ready(server: Server, pid: int | None, deadline: Deadline) -> bool:
    """Wait until a server that was started serves queries; false when it ends instead."""
    while not _serves(server):
        if not (is_alive(pid) if pid else server.socket_answers()):
            return False
        if deadline.has_passed():
            raise DatabaseStartError(
                f"The server of {server.directory} does not answer after {deadline.seconds:.0f} s. "
                f"After a crash it may still be recovering: its log, {server.places.log}, tells."
            )
        time.sleep(POLL_SECONDS)
    return True


def _serves(server: Server) -> bool:
    recorded = read_postmaster(server.places.data)
    if recorded is None or not recorded.is_ready:
        return False
    try:
        server.connect().close()
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise _wrong_password(server) from error
        return False
    return True


def _wrong_password(server: Server) -> DatabaseStartError:
    return DatabaseStartError(
        f"The server of {server.directory} runs but refuses the password that is stored in "
        f"{server.places.superuser_file}. Restore this file from the backup of the same time."
    )


def _clear_leftovers(server: Server) -> None:
    if read_postmaster(server.places.data) is None:
        return
    log.warning(f"the server of {server.directory} was not stopped properly; it will recover")
    server.identity().end_orphans(ORPHAN_TIMEOUT_SECONDS)
    with file_errors_told(server.directory):
        remove_leftovers(server.places.data, socket_file(server.socket_directory, server.port))


def _make_data(server: Server, binaries: Binaries, account: Account) -> None:
    log(f"making a new PostgreSQL {binaries.version} cluster in {server.directory}")
    passwords = ensure_passwords(server.places.superuser_file, [server.superuser])
    _prepare_log(server)
    initialise(
        server.places,
        binaries,
        account,
        superuser=server.superuser,
        password=passwords[server.superuser],
        fsync=server.fsync,
    )


def _launch(server: Server, binaries: Binaries, account: Account) -> int:
    port, places = server.port, server.places
    sockets = places.socket_directory(port)
    private_directory(sockets, account)
    options = server_options(
        server.settings,
        socket_directory=sockets,
        port=port,
        tcp=server.tcp_port is not None,
        mark=places.mark,
        fsync=server.fsync,
    )
    command = [str(binaries.directory / "postgres"), "-D", str(places.data), *options]
    with _opened_log(server) as file:
        return start_in_background(command, account, directory=places.directory, log=file)


def _prepare_log(server: Server) -> int:
    """Make the log, closed to others, and return its length."""
    path = server.places.log
    with _opened_log(server) as file:
        length = file.tell()
    if length < LOG_LIMIT_BYTES:
        return length
    with file_errors_told(server.directory):
        path.replace(path.with_name(f"{path.name}.old"))
    return 0


def _opened_log(server: Server) -> IO[bytes]:
    with file_errors_told(server.directory):
        return open(server.places.log, "ab", opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _log_after(server: Server, start: int) -> str:
    with file_errors_told(server.directory), server.places.log.open("rb") as file:
        file.seek(start)
        return file.read().decode("utf-8", "replace")
