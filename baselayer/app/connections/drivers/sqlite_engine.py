"""SQLite in the child: a connection that can read and nothing else, and its rows as batches.

`mode=ro` alone lets a statement ATTACH any file and write to it, so an authorizer decides about
every action of a statement while it is compiled; what it does not know is denied.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa

from baselayer.app.connections.drivers.file_child import serve
from baselayer.app.connections.drivers.file_failures import EngineError
from baselayer.app.connections.drivers.file_frames import (
    BY_FILE,
    BY_INTERRUPT,
    BY_MEMORY,
    BY_QUERY,
)
from baselayer.app.connections.drivers.sqlite_values import Collector, lane_of

FIRST_BATCH_ROWS = 512
LIMIT_VALUE_BYTES = 16_777_216
LIMIT_HEAP_BYTES = 805_306_368
STEPS_BETWEEN_LOOKS = 20_000

_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_DESCRIBING = _READING | {sqlite3.SQLITE_CREATE_TEMP_VIEW}
_NEVER_CALLED = frozenset({"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"})
_OWN_TABLES = ("sqlite_temp_master", "sqlite_temp_schema")
# "The Database File Format", 1.3: the versions needed to write and to read, 2 for WAL.
_HEADER_BYTES = 100
_VERSIONS = slice(18, 20)
_WAL = b"\x02\x02"
_TABLE_FUNCTIONS = ("json_each('[]')", "json_tree('[]')")
_VIEW = "baselayer_described"
_PRAGMAS = (
    "temp_store = MEMORY",
    "mmap_size = 0",
    "trusted_schema = OFF",
    "cell_size_check = ON",
    f"hard_heap_limit = {LIMIT_HEAP_BYTES}",
)


class SqliteEngine:
    """Two connections to one file: the second only says how columns were declared."""

    def __init__(self, name: str) -> None:
        self._rows = _connect(name)
        self._describing = _connect(name)
        self._rows.execute("PRAGMA query_only = ON")
        self._rows.set_authorizer(_allow_reading)
        self._describing.set_authorizer(_allow_describing)
        self._stopped = threading.Event()

    def run(
        self, sql: str, *, batch_rows: int, limit_cell_bytes: int, timeout_seconds: float
    ) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Start one statement: its first rows decide what its columns are."""
        self._stopped.clear()
        deadline = time.monotonic() + timeout_seconds

        def look() -> bool:
            return self._stopped.is_set() or time.monotonic() > deadline

        for connection in (self._rows, self._describing):
            connection.set_progress_handler(look, STEPS_BETWEEN_LOOKS)
        try:
            return self._started(sql, batch_rows, limit_cell_bytes)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise _failure(error) from None

    def interrupt(self) -> None:
        """Stop what runs, from another thread."""
        self._stopped.set()
        with suppress(sqlite3.Error):
            self._rows.interrupt()

    def _started(
        self, sql: str, batch_rows: int, limit_cell_bytes: int
    ) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        cursor = self._rows.execute(sql)
        names = [description[0] for description in cursor.description or ()]
        first = Collector(len(names), limit_cell_bytes)
        is_over = first.take(cursor, min(FIRST_BATCH_ROWS, batch_rows))
        declared = self._declared(sql, len(names))
        lanes = [
            lane_of(kind, values) for kind, values in zip(declared, first.columns, strict=True)
        ]
        schema = pa.schema(
            [
                pa.field(name, lane.type, metadata={"source_type": lane.source_type})
                for name, lane in zip(names, lanes, strict=True)
            ]
        )

        def batches() -> Iterator[pa.RecordBatch]:
            collector, over = first, is_over
            try:
                while True:
                    if collector.count:
                        yield collector.batch(lanes, schema)
                    if over:
                        return
                    collector = Collector(len(names), limit_cell_bytes)
                    over = collector.take(cursor, batch_rows)
            except (sqlite3.Error, sqlite3.Warning) as error:
                raise _failure(error) from None
            finally:
                cursor.close()

        return schema, batches()

    def _declared(self, sql: str, count: int) -> list[str]:
        """Return how the columns' tables declare them, "" for expressions.

        The names of a view's columns come with their types, so the statement is made one, in
        memory: the driver takes only one statement, and the authorizer only this one's doing.
        """
        try:
            self._describing.execute(f"CREATE TEMP VIEW {_VIEW} AS {sql}")
            found = self._describing.execute(f"PRAGMA table_info({_VIEW})").fetchall()
        except (sqlite3.Error, sqlite3.Warning):
            return [""] * count  # EXPLAIN is no view
        finally:
            self._describing.set_authorizer(None)
            with suppress(sqlite3.Error):
                self._describing.execute(f"DROP VIEW IF EXISTS temp.{_VIEW}")
            self._describing.set_authorizer(_allow_describing)
        return [str(row[2]) for row in found] if len(found) == count else [""] * count


def open_file(name: str) -> SqliteEngine:
    """Open a file of the current directory; EngineError when it is no database, or locked."""
    try:
        return SqliteEngine(name)
    except (sqlite3.Error, sqlite3.Warning, OSError) as error:
        raise EngineError(BY_FILE, str(error)) from None


def _connect(name: str) -> sqlite3.Connection:
    """Open the file so that nothing is made beside it.

    To read a WAL database that nobody has open, SQLite would make an index, and a log. Where there
    is no log, the file is all there is. Else it keeps the index in memory, if it need not share it.
    """
    uri = f"file:{quote(name)}?mode=ro"
    if not _is_wal(name) or Path(f"{name}-shm").exists():
        return _ready(uri)
    log = Path(f"{name}-wal")
    if not log.exists() or log.stat().st_size == 0:
        return _ready(f"{uri}&immutable=1")
    return _ready(f"{uri}&vfs=unix-none", "locking_mode = EXCLUSIVE")


def _is_wal(name: str) -> bool:
    with Path(name).open("rb") as file:
        return file.read(_HEADER_BYTES)[_VERSIONS] == _WAL


def _ready(uri: str, *pragmas: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=0
    )
    try:
        for what, limit in (
            (sqlite3.SQLITE_LIMIT_LENGTH, LIMIT_VALUE_BYTES),
            (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
            (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
        ):
            connection.setlimit(what, limit)
        for pragma in (*pragmas, *_PRAGMAS):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        _meet_virtual_tables(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _meet_virtual_tables(connection: sqlite3.Connection) -> None:
    """Have virtual tables set up now: they do it with statements that the authorizer denies."""
    found = connection.execute(
        "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"
    ).fetchall()
    names = [str(name).replace('"', '""') for (name,) in found]
    for source in (*(f'"{name}"' for name in names), *_TABLE_FUNCTIONS):
        with suppress(sqlite3.Error):  # of a module that is not here; it fails again when asked
            connection.execute(f"SELECT 1 FROM {source} LIMIT 0").fetchall()  # noqa: S608


def _allow_reading(
    action: int, first: str | None, second: str | None, database: str | None, source: str | None
) -> int:
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if str(second).lower() in _NEVER_CALLED else sqlite3.SQLITE_OK
    is_search = action == sqlite3.SQLITE_PRAGMA and first == "data_version"  # FTS5 asks it
    return sqlite3.SQLITE_OK if action in _READING or is_search else sqlite3.SQLITE_DENY


def _allow_describing(
    action: int, first: str | None, second: str | None, database: str | None, source: str | None
) -> int:
    is_catalogue = action in (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE)
    is_question = action == sqlite3.SQLITE_PRAGMA and first == "table_info"
    if (is_catalogue and first in _OWN_TABLES) or is_question or action in _DESCRIBING:
        return sqlite3.SQLITE_OK
    return _allow_reading(action, first, second, database, source)


def _failure(error: Exception) -> EngineError:
    text = str(error)
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
        return EngineError(BY_INTERRUPT, text)
    if "out of memory" in text:
        return EngineError(BY_MEMORY, text)
    return EngineError(BY_QUERY, text)


if __name__ == "__main__":
    serve(open_file)
