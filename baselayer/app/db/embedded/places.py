"""Where a cluster keeps what: one directory holds its data, socket, log and locks.

DIRECTORY/data          the data (PGDATA), closed to all but the server's account
DIRECTORY/socket        its Unix socket, likewise closed
DIRECTORY/server.log    what initdb and the server wrote
DIRECTORY/start.lock    held while one process starts or stops the server
DIRECTORY/use.lock      shared by all processes that use the server
DIRECTORY/keep          there while the server shall run without users
DIRECTORY/../secrets/NAME-superuser.json
DIRECTORY/../postgresql-VERSION     a copy of the programs, where one is needed
"""

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from baselayer.app.db.embedded.account import Account, closed_part
from baselayer.app.db.embedded.failures import file_errors_told
from baselayer.app.errors import DatabaseStartError

SOCKET_PATH_BYTES = 107  # sockaddr_un.sun_path is 108 bytes with its final NUL: unix(7)


@dataclass(frozen=True)
class Places:
    """The paths of one cluster."""

    directory: Path

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def log(self) -> Path:
        return self.directory / "server.log"

    @property
    def start_lock(self) -> Path:
        return self.directory / "start.lock"

    @property
    def use_lock(self) -> Path:
        return self.directory / "use.lock"

    @property
    def keep(self) -> Path:
        return self.directory / "keep"

    @property
    def superuser_file(self) -> Path:
        return self.directory.parent / "secrets" / f"{self.directory.name}-superuser.json"

    @property
    def mark(self) -> str:
        """A name for this directory that fits where its path would not."""
        return "baselayer-" + hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:16]

    def socket_directory(self, port: int) -> Path:
        """Return where the socket is, the same in every process that asks.

        /tmp, not TMPDIR, takes a socket whose own path would be too long: two processes may have
        different TMPDIRs. A comma would make the client read the path as two hosts.
        """
        beside = self.directory / "socket"
        length = len(os.fsencode(beside / f".s.PGSQL.{port}"))
        if length <= SOCKET_PATH_BYTES and "," not in str(beside):
            return beside
        return Path("/tmp") / self.mark  # noqa: S108 - made by `private_directory`, which checks it


def make_directory(places: Places, account: Account) -> None:
    """Make the cluster's directory if need be, and see that `account` can enter it."""
    with file_errors_told(places.directory):
        if not places.directory.exists():
            places.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if account.is_other:
                places.directory.chmod(0o711)  # whatever the umask; the rest inside is closed
        closed = closed_part(places.directory, account)
    if closed is not None:
        raise DatabaseStartError(
            f"PostgreSQL runs as the account {account.name}, which may not enter {closed}. Set "
            f"BASELAYER_HOME to a place that it can reach, such as /var/lib/baselayer, or let it "
            f"pass with: chmod o+x {closed}. Running baselayer as an ordinary user needs neither."
        )


def private_directory(path: Path, account: Account) -> None:
    """Make `path`, or check that it is a directory of `account`; none but it can enter.

    What is checked is what is changed: in /tmp the name could mean something else a moment later.
    """
    with file_errors_told(path.parent), suppress(FileExistsError):
        path.mkdir(mode=0o700)
    handle = _opened_directory(path)
    try:
        if os.fstat(handle).st_uid not in (account.uid, os.geteuid()):
            raise _foreign(path)
        if account.is_other:
            os.fchown(handle, account.uid, account.gid)
        os.fchmod(handle, 0o700)
    finally:
        os.close(handle)


def _opened_directory(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise _foreign(path) from error


def _foreign(path: Path) -> DatabaseStartError:
    return DatabaseStartError(
        f"{path} is to hold the database's socket, but it was made by somebody else. Remove it."
    )
