"""Signals: what happens to connections, for whoever in this process wants to know.

    @sql_connection_failed.connect
    def page_somebody(sender, *, connection_id, user_id, run_id, error_code): ...

The sender is SqlConnection. Ids are told and never a secret, nor the text of a statement. Receivers
are called in a thread of their own, in order, soon after: what they raise is logged, and neither
that nor how long they take changes what they are told of.
"""

import queue
import threading
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from blinker import Signal

from baselayer.app.connections.models import SqlConnection
from baselayer.log import make_log

log = make_log("signals")

MOST_WAITING = 10_000

sql_connection_attempted = Signal("somebody wants to log in: for a run, or to test the connection")
sql_connection_success = Signal("the login succeeded")
sql_connection_failed = Signal("there was no login; `error_code` says why")
sql_connection_query_attempted = Signal("logged in, the statement is sent")
sql_connection_query_success = Signal("the statement's rows are stored")
sql_connection_query_failed = Signal("the statement failed or was cancelled; see `error_code`")


@dataclass(frozen=True)
class Use:
    """Who uses which connection; without a run it is tested."""

    connection_id: UUID
    user_id: int
    run_id: UUID | None = None


@dataclass
class Announcer:
    """Tells receivers without waiting for them; its thread begins with the first thing to tell."""

    _waiting: "queue.Queue[tuple[Signal, dict[str, Any]]]" = field(
        default_factory=lambda: queue.Queue(MOST_WAITING)
    )
    _thread: threading.Thread | None = None

    def say(self, signal: Signal, use: Use | None, error_code: str | None = None) -> None:
        """Have the receivers of `signal` told; nothing is kept when there are none."""
        if use is None or not signal.receivers:
            return
        told = {**vars(use), "error_code": error_code}
        try:
            self._waiting.put_nowait((signal, told))
        except queue.Full:
            log.error(f"receivers are {MOST_WAITING} signals behind: this one is not told")
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._tell, name="signals", daemon=True)
            self._thread.start()

    def _tell(self) -> None:
        while True:
            signal, told = self._waiting.get()
            for receiver in signal.receivers_for(SqlConnection):
                try:
                    receiver(SqlConnection, **told)
                except Exception:
                    log.exception(f"a receiver failed at {told}")
