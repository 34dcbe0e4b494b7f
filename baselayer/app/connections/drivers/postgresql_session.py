"""One login to PostgreSQL: a statement in a transaction that it cannot leave."""

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress

import psycopg
import pyarrow as pa
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from baselayer.app.connections.drivers import postgresql_wire as wire
from baselayer.app.connections.drivers.base import Column, Target
from baselayer.app.connections.drivers.postgresql_errors import (
    CANCELLED_STATE,
    Complaint,
    connection_lost,
    unreachable,
)
from baselayer.app.connections.drivers.postgresql_rows import CHUNK_ROWS, Rows
from baselayer.app.connections.drivers.postgresql_types import SOURCE_TYPES, lane_for
from baselayer.app.errors import (
    BaselayerError,
    InvalidRequestError,
    QueryFailedError,
    QueryTimeoutError,
    RunCancelledError,
    TargetError,
)

STATEMENT = b"baselayer_run"
# What the client allows a statement beyond its own timeout, should the server not keep it.
OVERTIME_SECONDS = 5.0
CANCEL_TIMEOUT_SECONDS = 2.0
COMMIT_TIMEOUT_SECONDS = 30.0

_PINNED_SETTINGS = {
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "standard_conforming_strings": "on",
    "timezone": "UTC",
    "idle_in_transaction_session_timeout": "60s",
}
# Has the server stop working for a client that died (measured: 0.8 s instead of the end).
_CHECK_CLIENT = {"client_connection_check_interval": "1s"}
_BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BEGIN_WRITE = "BEGIN READ WRITE"
_SET_BY_LIBPQ = "application_name"
_TRANSACTION_TAGS = {b"BEGIN", b"START", b"COMMIT", b"ROLLBACK", b"PREPARE"}
_LEFT = "The statement ended the transaction that it ran in, which no statement may do."
_COUNTED_TAGS = {b"INSERT", b"UPDATE", b"DELETE", b"MERGE"}


class PostgresqlSession:
    """A `Session` on one libpq connection; the statement goes by the extended protocol only."""

    def __init__(
        self,
        pgconn: PGconn,
        target: Target,
        cancelled: threading.Event,
        held: ExitStack,
    ) -> None:
        """Take over a connection, and what is `held` until it is closed."""
        self._held = held
        self._pgconn = pgconn
        self._backend_pid = pgconn.backend_pid
        self._target = target
        self._cancelled = cancelled
        self._closing = threading.Lock()  # held while libpq's connection is copied or freed
        self._closed = False
        self._running = False
        self._has_statement = False
        self._rowcount: int | None = None
        self._sql = ""
        self._started_at = time.monotonic()
        self._wire = self._new_wire(target.connect_timeout_seconds)

    @property
    def backend_id(self) -> int | None:
        """The process id of the server's backend."""
        return self._backend_pid

    @property
    def rowcount(self) -> int | None:
        """How many rows the statement changed; None for one that only reads."""
        return self._rowcount

    def prepare(self) -> None:
        """Pin what the text of values depends on, and set the connection's options."""
        options = {k: v for k, v in self._target.options.items() if k != _SET_BY_LIBPQ}
        settings = {**_PINNED_SETTINGS, **options}
        with self._translated(expired=unreachable(self._target)):
            # Servers before 14 have no such check, and those of some systems refuse it.
            result = self._set({**settings, **_CHECK_CLIENT})
            if wire.is_error(result):
                result = self._set(settings)
            if wire.is_error(result):
                complaint = Complaint.read(result, self._target)
                raise InvalidRequestError(
                    f"The database refused an option of the connection: {complaint.message}.",
                    fields={"options": complaint.message},
                )

    def stream(
        self, sql: str, batch_rows: int
    ) -> tuple[list[Column], Generator[pa.RecordBatch, None, None]]:
        """Run one statement in a transaction of its own, as `Session.stream` says."""
        text = _encoded(sql)
        self._sql = sql
        self._rowcount = None
        self._started_at = time.monotonic()
        self._wire = self._new_wire(self._target.timeout_seconds + OVERTIME_SECONDS)
        with self._translated():
            self._begin()
            self._prepare_statement(text)
            described = self._checked(self._wire.describe(STATEMENT))
            columns = self._columns(described)
            self._running = True  # before the look at the flag: a cancel sees one or the other
            self._refuse_if_cancelled()
            self._wire.start(STATEMENT, min(CHUNK_ROWS, batch_rows))
        rows = Rows(described, columns, batch_rows, self._target.limit_cell_bytes)
        return columns, self._batches(rows)

    def cancel(self) -> None:
        """Ask the server to stop; harmless when nothing runs."""
        self._cancelled.set()
        if self._running:
            self._send_cancel()

    def commit(self) -> None:
        """End the transaction: COMMIT where the target may write, ROLLBACK where it may not."""
        if self._target.read_only and self._running:
            return  # the rest of the rows is still under way: closing ends it
        if not self._target.read_only:
            self._refuse_if_cancelled()
        patience = wire.Patience(time.monotonic() + COMMIT_TIMEOUT_SECONDS, threading.Event())
        self._wire = wire.Wire(self._pgconn, patience)
        wanted = "ROLLBACK" if self._target.read_only else "COMMIT"
        with self._translated():
            result = self._checked(self._wire.run(wanted))
        if result.command_status != wanted.encode():
            raise QueryFailedError("The database did not keep the changes: it rolled back.")

    def close(self) -> None:
        """Close the connection; the server rolls back what was not committed."""
        if self._running:
            self._send_cancel()
        with self._closing:
            self._closed = True
            with suppress(psycopg.Error):
                self._pgconn.finish()
        self._held.close()

    def _begin(self) -> None:
        self._checked(self._wire.run(_BEGIN_READ if self._target.read_only else _BEGIN_WRITE))
        # A query, so that the mode is frozen: from here on SET TRANSACTION READ WRITE is refused.
        result = self._checked(
            self._wire.run(
                "SELECT current_setting('transaction_read_only'),"
                " set_config('statement_timeout', $1, true)",
                [str(max(1, round(self._target.timeout_seconds * 1000)))],
            )
        )
        if self._target.read_only and result.get_value(0, 0) != b"on":
            raise TargetError(
                "The database did not enter a read-only transaction: nothing was run."
            )

    def _prepare_statement(self, text: bytes) -> None:
        """Have the server parse the statement: here it refuses a second one behind it."""
        if self._has_statement:
            self._checked(self._wire.forget(STATEMENT))
            self._has_statement = False
        self._checked(self._wire.prepare(STATEMENT, text))
        self._has_statement = True

    def _columns(self, described: PGresult) -> list[Column]:
        fields = range(described.nfields)
        oids = [described.ftype(i) for i in fields]
        names = {**SOURCE_TYPES, **self._type_names(set(oids) - set(SOURCE_TYPES))}
        return [
            Column(
                name=(described.fname(i) or b"").decode(),
                type=lane_for(oids[i], described.fmod(i)).type,
                source_type=names.get(oids[i], "unknown"),
            )
            for i in fields
        ]

    def _type_names(self, oids: set[int]) -> dict[int, str]:
        """Ask what types are called that are not built in: enums, domains' bases, extensions'."""
        if not oids:
            return {}
        listed = "{" + ",".join(str(oid) for oid in sorted(oids)) + "}"
        result = self._checked(
            self._wire.run(
                "SELECT t, format_type(t, NULL) FROM unnest($1::pg_catalog.oid[]) AS t", [listed]
            )
        )
        pairs = [(result.get_value(i, 0), result.get_value(i, 1)) for i in range(result.ntuples)]
        return {int(oid): name.decode() for oid, name in pairs if oid and name}

    def _batches(self, rows: Rows) -> Generator[pa.RecordBatch, None, None]:
        try:
            with self._translated():
                while (result := self._wire.fetch()) is not None:
                    self._judge(result)
                    if result.status == ExecStatus.TUPLES_CHUNK:
                        yield from rows.add(result)
            self._running = False
            self._refuse_if_outside()
            yield from rows.rest()
        except GeneratorExit:
            self._leave_rest()
            raise

    def _judge(self, result: PGresult) -> None:
        """Refuse a result that is no rows, or that does not leave us in our own transaction."""
        if result.status in (ExecStatus.COPY_IN, ExecStatus.COPY_OUT, ExecStatus.COPY_BOTH):
            raise QueryFailedError("COPY from or to the client is not offered: select the rows.")
        if result.status == ExecStatus.EMPTY_QUERY:
            raise QueryFailedError("The statement is empty.")
        self._checked(result)
        # libpq puts the tag on the last chunk of rows, or on the empty result that ends them.
        tag = (result.command_status or b"").split(b" ")[0]
        if tag in _TRANSACTION_TAGS:
            raise QueryFailedError(_LEFT)
        if tag in _COUNTED_TAGS:
            self._rowcount = result.command_tuples

    def _leave_rest(self) -> None:
        """Nobody wants more rows: cancel a read, and let a write come to its end."""
        if not self._running:
            return
        if self._target.read_only:
            self._send_cancel()
            with suppress(BaselayerError), self._translated():
                self._wire = self._new_wire(wire.CANCEL_GRACE_SECONDS)
                while self._wire.fetch() is not None:
                    pass
                self._running = False
            return
        with self._translated():
            while (result := self._wire.fetch()) is not None:
                self._judge(result)
        self._running = False
        self._refuse_if_outside()

    def _set(self, settings: dict[str, str]) -> PGresult:
        calls = [f"set_config(${2 * i + 1}, ${2 * i + 2}, false)" for i in range(len(settings))]
        values = [text for pair in settings.items() for text in pair]
        return self._wire.run(f"SELECT {', '.join(calls)}", values)

    def _checked(self, result: PGresult) -> PGresult:
        """Return `result`, or raise what the server's refusal means."""
        if not wire.is_error(result):
            return result
        self._running = False
        complaint = Complaint.read(result, self._target)
        if complaint.state == CANCELLED_STATE:
            self._refuse_if_cancelled()
            if time.monotonic() - self._started_at >= self._target.timeout_seconds * 0.9:
                raise self._timeout()
        raise complaint.to_error(self._sql)

    def _refuse_if_outside(self) -> None:
        if self._pgconn.transaction_status != TransactionStatus.INTRANS:
            raise QueryFailedError(_LEFT)

    def _refuse_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise RunCancelledError("The run was cancelled.")

    def _timeout(self) -> QueryTimeoutError:
        return QueryTimeoutError(
            f"The statement ran longer than {self._target.timeout_seconds:g} s and was cancelled."
        )

    def _new_wire(self, seconds: float) -> wire.Wire:
        return wire.Wire(self._pgconn, wire.Patience(time.monotonic() + seconds, self._cancelled))

    def _send_cancel(self) -> None:
        with suppress(psycopg.Error, wire.WaitExpiredError):
            with self._closing:
                if self._closed:
                    return
                request = self._pgconn.cancel_conn()
            wire.send_cancel(request, CANCEL_TIMEOUT_SECONDS)

    @contextmanager
    def _translated(self, expired: TargetError | None = None) -> Iterator[None]:
        """Turn what libpq and the clock raise into our errors, without their text."""
        try:
            yield
        except wire.WaitExpiredError:
            raise expired or self._timeout() from None
        except wire.WaitCancelledError:
            raise RunCancelledError("The run was cancelled.") from None
        except psycopg.Error:
            self._running = False
            self._refuse_if_cancelled()
            raise connection_lost(self._target) from None


def _encoded(sql: str) -> bytes:
    """Return the statement's bytes; a NUL would hide what follows it from the server."""
    if "\0" in sql:
        raise QueryFailedError("The statement holds a NUL character: remove it.")
    try:
        return sql.encode()
    except UnicodeEncodeError:
        raise QueryFailedError("The statement holds half a character: it is not Unicode.") from None
