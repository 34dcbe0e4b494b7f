"""One login to MySQL or MariaDB: a statement in a transaction of its own, and ways to stop it."""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress

import pyarrow as pa

from baselayer.app.connections.drivers import mysql_wire as wire
from baselayer.app.connections.drivers.base import Column, Target
from baselayer.app.connections.drivers.mysql_errors import (
    INTERRUPTED,
    TIMED_OUT,
    connection_lost,
    plain,
    query_error,
)
from baselayer.app.connections.drivers.mysql_rows import Rows
from baselayer.app.connections.drivers.mysql_settings import settings, timeouts
from baselayer.app.connections.drivers.mysql_types import lane_for
from baselayer.app.errors import (
    BaselayerError,
    InvalidRequestError,
    QueryFailedError,
    QueryTimeoutError,
    RunCancelledError,
    TargetError,
)

# What a statement may take beyond its own timeout before it is cancelled from outside, and what
# one that was cancelled may take to say so before its connection is cut.
OVERTIME_SECONDS = 0.5
GRACE_SECONDS = 5.0
END_SECONDS = 30.0

Kill = Callable[[], None]


class MysqlSession:
    """A `Session` on one connection; `kill` stops its statement by way of a second one."""

    def __init__(
        self, connected: wire.Wire, target: Target, cancelled: threading.Event, kill: Kill
    ) -> None:
        self._wire = connected
        self._target = target
        self._cancelled = cancelled
        self._kill = kill
        self._running = False
        self._expired = False
        self._is_cut_planned = False
        self._timers: list[threading.Timer] = []
        self._rowcount: int | None = None
        self._closed = False

    @property
    def backend_id(self) -> int | None:
        """The server's number of the session."""
        return self._wire.session_id

    @property
    def rowcount(self) -> int | None:
        """How many rows the statement changed; None for one that only reads."""
        return self._rowcount

    def prepare(self) -> None:
        """Pin what statements and the text of values depend on, and set the options."""
        with self._watched(self._target.connect_timeout_seconds):
            try:
                for statement in settings(self._target):
                    self._wire.run(statement)
            except wire.ServerError as error:
                reason = query_error(error, self._target).message
                raise InvalidRequestError(
                    f"An option of the connection was not taken. {reason}",
                    fields={"options": reason},
                ) from None
            with suppress(wire.ServerError):  # older servers have none: we watch the time as well
                self._wire.run(timeouts(self._target, is_mariadb=self._wire.is_mariadb))

    def ask(self, sql: str) -> list[tuple[bytes | None, ...]]:
        """Run one of our own statements outside of a transaction; return its rows."""
        with self._watched(self._target.connect_timeout_seconds):
            return self._wire.run(sql)

    def stream(
        self, sql: str, batch_rows: int
    ) -> tuple[list[Column], Generator[pa.RecordBatch, None, None]]:
        """Run one statement in a transaction of its own, as `Session.stream` says."""
        text = _encoded(sql)
        self._rowcount = None
        self._expired = False
        self._begin()
        self._running = True  # before the look at the flag: a cancel sees one or the other
        self._watch(self._target.timeout_seconds + OVERTIME_SECONDS)
        try:
            with self._translated():
                self._refuse_if_cancelled()
                answer = self._wire.start(text)
                lanes = [lane_for(field) for field in answer.fields]
                columns = [
                    lane.column(field.name)
                    for lane, field in zip(lanes, answer.fields, strict=True)
                ]
        except BaseException:
            self._rest()
            raise
        if not lanes:
            self._rest()
            self._still_inside()
            self._rowcount = answer.affected_rows if not self._target.read_only else None
        schema = pa.schema([column.to_field() for column in columns])
        return columns, self._batches(Rows(lanes, schema, batch_rows))

    def cancel(self) -> None:
        """Have the server stop what runs; cut the connection if it does not."""
        self._cancelled.set()
        if not self._running:
            return
        if not self._is_cut_planned:
            self._is_cut_planned = True
            self._after(GRACE_SECONDS, self._wire.cut)
        self._send_kill()

    def commit(self) -> None:
        """End the transaction: COMMIT where the target may write, ROLLBACK where it may not."""
        if self._target.read_only:
            with suppress(BaselayerError, wire.ServerError), self._watched(END_SECONDS):
                self._wire.run("ROLLBACK")  # nothing was written: leaving does as well
            return
        self._refuse_if_cancelled()
        try:
            with self._watched(END_SECONDS):
                self._wire.run("COMMIT")
        except wire.ServerError as error:
            raise query_error(error, self._target) from None

    def close(self) -> None:
        """Leave; the server rolls back what was not committed."""
        if self._closed:
            return
        self._closed = True
        if self._running:
            self._send_kill()
        self._rest()
        self._wire.cut()  # what a server says to a farewell may never come
        self._wire.leave()

    def _begin(self) -> None:
        mode = "READ ONLY" if self._target.read_only else "READ WRITE"
        snapshot = "WITH CONSISTENT SNAPSHOT, " if self._target.read_only else ""
        try:
            with self._watched(self._target.connect_timeout_seconds):
                self._wire.run(f"START TRANSACTION {snapshot}{mode}")
        except wire.ServerError as error:
            raise query_error(error, self._target) from None
        self._still_inside()

    def _still_inside(self) -> None:
        """A read-only target stays in the transaction that it was put into."""
        wanted = wire.IN_TRANSACTION | wire.IN_READ_ONLY_TRANSACTION
        if self._target.read_only and self._wire.server_status & wanted != wanted:
            raise TargetError(
                "The statement ended the read-only transaction that it ran in, or the database "
                "did not enter one."
            )

    def _batches(self, rows: Rows) -> Generator[pa.RecordBatch, None, None]:
        try:
            with self._translated():
                while not self._wire.has_ended:
                    number = self._wire.fetch(rows.columns, rows.room())
                    rows.took(number, self._target.limit_cell_bytes)
                    if rows.is_enough():
                        yield rows.batch()
            if rows.count:
                yield rows.batch()
            self._still_inside()
        except GeneratorExit:
            self._leave_rest(rows)
            raise
        finally:
            self._rest()

    def _leave_rest(self, rows: Rows) -> None:
        """Nobody wants more rows: stop a read, and let a write come to its end."""
        if self._wire.has_ended:
            return
        if self._target.read_only:
            self._send_kill()
            self._wire.cut()
            return
        with self._translated():
            while not self._wire.has_ended:
                for column in rows.columns:
                    column.clear()
                self._wire.fetch(rows.columns, 1_024)

    def _send_kill(self) -> None:
        with suppress(BaselayerError):
            self._kill()

    def _watch(self, seconds: float) -> None:
        """Stop the statement once `seconds` have passed, whatever the server thinks of time."""

        def expire() -> None:
            self._expired = True
            self._after(GRACE_SECONDS, self._wire.cut)
            self._send_kill()

        self._after(seconds, expire)

    def _after(self, seconds: float, act: Kill) -> None:
        timer = threading.Timer(seconds, act)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def _rest(self) -> None:
        self._running = False
        timers, self._timers = self._timers, []
        for timer in timers:
            timer.cancel()

    @contextmanager
    def _watched(self, seconds: float) -> Iterator[None]:
        """Give a short statement of ours so long, then cut the connection."""
        begun = time.monotonic()
        self._after(seconds, self._wire.cut)
        try:
            with plain(self._target):
                yield
        except TargetError:
            self._refuse_if_cancelled()
            if time.monotonic() - begun >= seconds:
                raise connection_lost(self._target) from None
            raise
        finally:
            self._rest()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the end of a statement that failed into our errors."""
        try:
            with plain(self._target):
                yield
        except wire.ServerError as error:
            self._refuse_if_cancelled()
            is_stopped = self._expired and error.number == INTERRUPTED
            if is_stopped or error.number in TIMED_OUT:
                raise self._timeout() from None
            raise query_error(error, self._target) from None
        except TargetError:
            self._refuse_if_cancelled()
            if self._expired:
                raise self._timeout() from None
            raise

    def _refuse_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise RunCancelledError("The run was cancelled.")

    def _timeout(self) -> QueryTimeoutError:
        return QueryTimeoutError(
            f"The statement ran longer than {self._target.timeout_seconds:g} s and was cancelled."
        )


def _encoded(sql: str) -> bytes:
    """Return the statement's bytes; a NUL ends a statement for some servers."""
    if "\0" in sql:
        raise QueryFailedError("The statement holds a NUL character: remove it.")
    try:
        return sql.encode()
    except UnicodeEncodeError:
        raise QueryFailedError("The statement holds half a character: it is not Unicode.") from None
