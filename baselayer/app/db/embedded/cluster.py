"""One private PostgreSQL server, started and stopped."""

import signal
from dataclasses import dataclass
from typing import Literal

from baselayer.app.db.embedded.account import service_account
from baselayer.app.db.embedded.locks import exclusive_lock
from baselayer.app.db.embedded.places import make_directory
from baselayer.app.db.embedded.processes import send, wait_until_gone
from baselayer.app.db.embedded.server import Server
from baselayer.app.db.embedded.starting import Deadline, becomes_ready, bring_up
from baselayer.app.errors import DatabaseStartError

LOCK_TIMEOUT_SECONDS = 300.0  # longer than the slowest start that another process may be doing

StopMode = Literal["smart", "fast", "immediate"]
STOP_SIGNALS: dict[StopMode, signal.Signals] = {  # PostgreSQL manual, "Shutting Down the Server"
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}


@dataclass
class Cluster(Server):
    """A PostgreSQL server of our own in `directory`; several processes may use the same one.

    It listens on a Unix socket, and on 127.0.0.1 only if `tcp_port` is given. With `fsync=False`,
    for tests, a crash of the machine may damage the data. Programs go through `launcher.using`.
    """

    def start(self, *, timeout_seconds: float = 60.0) -> None:
        """Make the cluster if it is new, start it if it does not run, and wait until it serves.

        Raises DatabaseStartError, DatabaseVersionError or DiskFullError.
        """
        account = service_account(self.places.data)
        make_directory(self.places, account)
        with exclusive_lock(self.places.start_lock, timeout_seconds=LOCK_TIMEOUT_SECONDS):
            deadline = Deadline.after(timeout_seconds)
            if not (self.is_running() and becomes_ready(self, self.pid(), deadline)):
                bring_up(self, account, deadline)

    def stop(self, mode: StopMode = "fast", *, timeout_seconds: float = 60.0) -> None:
        """Stop the server and wait until it has gone; nothing happens if none runs."""
        if not self.places.data.exists():
            return
        with exclusive_lock(self.places.start_lock, timeout_seconds=LOCK_TIMEOUT_SECONDS):
            pid = self.pid() or self.identity().postmaster()
            if pid is not None:
                self._stop_process(pid, mode, timeout_seconds)
            elif self.socket_answers():
                raise DatabaseStartError(
                    f"The server of {self.directory} was not started on this system (from another "
                    "container, perhaps) and cannot be stopped from here. Stop it there."
                )

    def _stop_process(self, pid: int, mode: StopMode, timeout_seconds: float) -> None:
        send(pid, STOP_SIGNALS[mode])
        if not wait_until_gone([pid], timeout_seconds):
            raise DatabaseStartError(
                f"The server of {self.directory} (process {pid}) was told to stop and still runs "
                f"after {timeout_seconds:.0f} s. Its log is {self.places.log}."
            )
