"""Talk to libpq without blocking: every wait has a deadline and notices a cancellation.

psycopg's cursors are not used for the user's text: they interpolate `%` and fall back to the
simple protocol, which runs several statements. Here everything goes by PQsendQueryParams or a
prepared statement, the extended protocol, where the server itself refuses a second one.
"""

import select
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from psycopg import OperationalError, generators, pq
from psycopg.pq import ConnStatus, ExecStatus, PollingStatus
from psycopg.pq.abc import PGcancelConn, PGconn, PGresult
from psycopg.waiting import Ready, Wait

T = TypeVar("T")

# How long a wait goes without looking at the flag: far below the 2 s that a cancel may take.
SLICE_SECONDS = 0.25
# How long a cancelled statement may take to say so, before the connection is given up.
CANCEL_GRACE_SECONDS = 5.0


class WaitExpiredError(Exception):
    """The deadline passed and the server did not answer."""


class WaitCancelledError(Exception):
    """Somebody cancelled, and the server did not answer within the grace period."""


class ConnectError(Exception):
    """The connection could not be made; `text` is libpq's, to be judged and never shown."""

    def __init__(self, text: str, *, needs_password: bool = False) -> None:
        super().__init__("the connection could not be made")
        self.text = text
        self.needs_password = needs_password


@dataclass
class Patience:
    """How long to wait: until `deadline` (monotonic seconds), less when `cancelled` is set."""

    deadline: float
    cancelled: threading.Event
    grace_seconds: float = CANCEL_GRACE_SECONDS

    def __post_init__(self) -> None:
        self._give_up_at: float | None = None

    def slice_seconds(self) -> float:
        """Return how long the next wait may last; raise when there is no time left."""
        now = time.monotonic()
        if self.cancelled.is_set() and self._give_up_at is None:
            self._give_up_at = now + self.grace_seconds
        if self._give_up_at is not None and now >= self._give_up_at:
            raise WaitCancelledError
        if now >= self.deadline:
            raise WaitExpiredError
        return min(SLICE_SECONDS, self.deadline - now)


def connect(conninfo: str, patience: Patience) -> PGconn:
    """Make one connection; ConnectError when libpq gives up."""
    pgconn: PGconn = pq.PGconn.connect_start(conninfo.encode())
    try:
        while True:
            if pgconn.status == ConnStatus.BAD:
                raise _connect_error(pgconn)
            state = pgconn.connect_poll()
            if state == PollingStatus.OK:
                pgconn.nonblocking = 1
                return pgconn
            if state == PollingStatus.FAILED:
                raise _connect_error(pgconn)
            wait = Wait.R if state == PollingStatus.READING else Wait.W
            while not _ready(pgconn.socket, wait, patience):
                pass
    except BaseException:
        pgconn.finish()
        raise


def send_cancel(request: PGcancelConn, timeout_seconds: float) -> None:
    """Ask the server, on a connection of its own as safe as the first, to stop what runs."""
    patience = Patience(time.monotonic() + timeout_seconds, threading.Event())
    try:
        request.start()
        _drive_moving(generators.cancel(request), patience)
    finally:
        request.finish()


class Wire:
    """One connection's statements, each awaited with patience."""

    def __init__(self, pgconn: PGconn, patience: Patience) -> None:
        self.pgconn = pgconn
        self.patience = patience

    def run(self, sql: str, values: Sequence[str] = ()) -> PGresult:
        """Run one of our own statements with bound values; return its last result."""
        self.pgconn.send_query_params(sql.encode(), [value.encode() for value in values] or None)
        return self._results()[-1]

    def prepare(self, name: bytes, sql: bytes) -> PGresult:
        """Have the server parse `sql` under `name`: it refuses more than one statement."""
        self.pgconn.send_prepare(name, sql)
        return self._results()[-1]

    def describe(self, name: bytes) -> PGresult:
        """Return a result without rows that has the columns of a prepared statement."""
        self.pgconn.send_describe_prepared(name)
        return self._results()[-1]

    def forget(self, name: bytes) -> PGresult:
        """Drop a prepared statement."""
        self.pgconn.send_close_prepared(name)
        return self._results()[-1]

    def start(self, name: bytes, chunk_rows: int) -> None:
        """Execute a prepared statement; `fetch` gives its rows, `chunk_rows` at a time."""
        self.pgconn.send_query_prepared(name, None)
        self.pgconn.set_chunked_rows_mode(chunk_rows)
        self._drive(generators.send(self.pgconn))

    def fetch(self) -> PGresult | None:
        """Return the next result of what was started; None after the last."""
        result: PGresult | None = self._drive(generators.fetch(self.pgconn))
        return result

    def _results(self) -> list[PGresult]:
        results: list[PGresult] = self._drive(generators.execute(self.pgconn))
        return results

    def _drive(self, steps: Generator[Wait, Ready | int, T]) -> T:
        try:
            wait = next(steps)
            while True:
                wait = steps.send(_ready(self.pgconn.socket, wait, self.patience))
        except StopIteration as stop:
            value: T = stop.value
            return value


def is_error(result: PGresult) -> bool:
    """Tell whether the server refused."""
    return result.status == ExecStatus.FATAL_ERROR


def _connect_error(pgconn: PGconn) -> ConnectError:
    text = pgconn.get_error_message("utf-8")
    return ConnectError(text, needs_password=pgconn.needs_password)


def _drive_moving(
    steps: Generator[tuple[int, Wait], Ready | int, None], patience: Patience
) -> None:
    """Drive a generator whose socket may change between two steps."""
    try:
        fileno, wait = next(steps)
        while True:
            fileno, wait = steps.send(_ready(fileno, wait, patience))
    except StopIteration:
        return


def _ready(fileno: int, wait: Wait, patience: Patience) -> int:
    """Wait a slice of time for the socket; return what it is ready for, 0 for nothing yet."""
    if fileno < 0:
        raise OperationalError("the connection is closed")
    poll = select.poll()
    events = (select.POLLIN if wait & Wait.R else 0) | (select.POLLOUT if wait & Wait.W else 0)
    poll.register(fileno, events)
    found = poll.poll(patience.slice_seconds() * 1000)
    if not found:
        return 0
    event = found[0][1]
    if event & ~(select.POLLIN | select.POLLOUT):  # an error or a hang-up: let libpq read it
        return int(wait)
    ready = Ready.R if event & select.POLLIN else 0
    return int(ready | (Ready.W if event & select.POLLOUT else 0))
