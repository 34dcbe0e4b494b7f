"""DuckDB in the child: locked before the statement comes, and its rows as batches.

Left to itself it reads and writes files, loads code, and finds Python's variables by name.
"""

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import duckdb
import pyarrow as pa

from baselayer.app.connections.drivers.duckdb_values import Lane, fitted, lane_of
from baselayer.app.connections.drivers.file_child import serve
from baselayer.app.connections.drivers.file_failures import EngineError
from baselayer.app.connections.drivers.file_frames import (
    BY_FILE,
    BY_INTERRUPT,
    BY_MEMORY,
    BY_QUERY,
)

FIRST_BATCH_ROWS = 512
LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "max_temp_directory_size": "0B",
    "temp_directory": "",
    "threads": "1",
    "memory_limit": "1GB",
}
READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


class DuckdbEngine:
    """One connection to one file."""

    def __init__(self, name: str) -> None:
        self._connection: Any = duckdb.connect(name, read_only=True, config=LOCKED)
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET lock_configuration = true")
        self._stopped = threading.Event()

    def run(
        self, sql: str, *, batch_rows: int, limit_cell_bytes: int, timeout_seconds: float
    ) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Start one statement; its types are known before its rows."""
        self._stopped.clear()
        try:
            relation = self._connection.sql(self._only(sql))
            if relation is None:
                raise EngineError(BY_QUERY, "The statement gives no rows.")
            names = relation.columns
            lanes = [lane_of(kind, position) for position, kind in enumerate(relation.types, 1)]
            projected = relation.project(", ".join(part for lane in lanes for part in lane.parts))
            schema = pa.schema(
                [
                    pa.field(name, lane.type, metadata={"source_type": lane.source_type})
                    for name, lane in zip(names, lanes, strict=True)
                ]
            )
            reader = projected.to_arrow_reader(min(FIRST_BATCH_ROWS, batch_rows))
        except (duckdb.Error, RuntimeError) as error:
            raise self._failure(error) from None
        return schema, self._batches(reader, lanes, schema, limit_cell_bytes)

    def interrupt(self) -> None:
        """Stop what runs, from another thread."""
        self._stopped.set()
        with suppress(duckdb.Error):
            self._connection.interrupt()

    def _only(self, sql: str) -> Any:
        statements = self._connection.extract_statements(sql)
        if len(statements) != 1:
            raise EngineError(BY_QUERY, "One statement is wanted, neither none nor several.")
        if statements[0].type not in READING:
            raise EngineError(BY_QUERY, "Only statements that read are run.")
        return statements[0]

    def _batches(
        self, reader: Any, lanes: list[Lane], schema: pa.Schema, limit_cell_bytes: int
    ) -> Iterator[pa.RecordBatch]:
        try:
            for batch in reader:
                if self._stopped.is_set():
                    raise EngineError(BY_INTERRUPT, "It was interrupted.")
                if batch.num_rows:
                    yield fitted(batch, lanes, schema, limit_cell_bytes)
        except (duckdb.Error, RuntimeError, OSError) as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> EngineError:
        text = str(error).strip()
        if isinstance(error, duckdb.InterruptException) or self._stopped.is_set():
            return EngineError(BY_INTERRUPT, text)
        if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in text:
            return EngineError(BY_MEMORY, text)
        return EngineError(BY_QUERY, text)


def open_file(name: str) -> DuckdbEngine:
    """Open a file of the current directory; EngineError when it is no database, or locked."""
    try:
        return DuckdbEngine(name)
    except (duckdb.Error, RuntimeError):
        raise EngineError(
            BY_FILE,
            "it is no DuckDB database, of another version, or open for writing elsewhere",
        ) from None


if __name__ == "__main__":
    serve(open_file)
