"""From SQLite's values, each of a type of its own, to columns that have one.

A column takes the type that it was declared with if its first rows have values of it, and else
the type of these rows. A value of another type is kept as text in its place, or in text columns
is that text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from baselayer.app.connections.drivers.base import AnyArray, Cut, Kept, attach

BATCH_BYTES = 4_194_304
# What a value costs as a Python object, about: numbers count too.
_VALUE_BYTES = 32
_FETCHED_ROWS = 64

Value = int | float | str | bytes | None


@dataclass(frozen=True)
class Lane:
    """How a column travels."""

    type: pa.DataType
    source_type: str


_INTEGER = Lane(pa.int64(), "integer")
_REAL = Lane(pa.float64(), "real")
_TEXT = Lane(pa.string(), "text")
_BLOB = Lane(pa.binary(), "blob")
_FULL = frozenset({int, float})


def lane_of(declared: str, values: Sequence[Value]) -> Lane:
    """Choose a column's type from its declaration and its first values."""
    kinds = set(map(type, values)) - {type(None)}
    wanted = _affinity(declared)
    fitting = {_INTEGER: int, _REAL: float, _TEXT: str, _BLOB: bytes}
    chosen = _natural(kinds)
    if wanted is not None and (not kinds or fitting[wanted] in kinds):
        chosen = wanted
    if wanted == _REAL and kinds <= _FULL:
        chosen = _REAL
    return Lane(chosen.type, declared.lower() or chosen.source_type)


def _natural(kinds: set[type]) -> Lane:
    if not kinds or str in kinds:
        return _TEXT
    if kinds == {int}:
        return _INTEGER
    if kinds <= _FULL:
        return _REAL
    return _BLOB if kinds == {bytes} else _TEXT


def _affinity(declared: str) -> Lane | None:
    """Follow SQLite's rules (its manual, "Datatypes", 3.1); NUMERIC says nothing of the type."""
    name = declared.upper()
    if "INT" in name:
        return _INTEGER
    if any(part in name for part in ("CHAR", "CLOB", "TEXT")):
        return _TEXT
    if "BLOB" in name:
        return _BLOB
    if any(part in name for part in ("REAL", "FLOA", "DOUB")):
        return _REAL
    return None


class Collector:
    """Rows for one batch, by columns."""

    def __init__(self, width: int, limit_cell_bytes: int) -> None:
        self.columns: list[list[Value]] = [[] for _ in range(width)]
        self.count = 0
        self._limit_cell_bytes = limit_cell_bytes
        self._bytes = 0
        self._cut: Cut = {}

    def take(self, cursor: Any, wanted_rows: int) -> bool:
        """Take rows until there are enough, or they are large; tell whether they were the last."""
        while self.count < wanted_rows and self._bytes < BATCH_BYTES:
            # One at a time where rows may be large: a row alone may have hundreds of megabytes.
            number = _FETCHED_ROWS if self._bytes < BATCH_BYTES // 2 and self._is_slim() else 1
            rows = cursor.fetchmany(min(number, wanted_rows - self.count))
            if not rows:
                return True
            for column, values in enumerate(zip(*rows, strict=True)):
                self._add(column, values)
            self.count += len(rows)
        return False

    def batch(self, lanes: Sequence[Lane], schema: pa.Schema) -> pa.RecordBatch:
        """Return the rows as a batch."""
        kept: Kept = {}
        arrays: list[AnyArray] = []
        for index, lane in enumerate(lanes):
            typed, texts = _fitted(self.columns[index], lane.type)
            arrays.append(pa.array(typed, lane.type))
            if texts:
                kept[index] = texts
        return attach(pa.RecordBatch.from_arrays(arrays, schema=schema), kept, self._cut)

    def _is_slim(self) -> bool:
        return self.count > 0 and self._bytes // self.count < 4_096

    def _add(self, index: int, values: Sequence[Value]) -> None:
        column = self.columns[index]
        self._bytes += _VALUE_BYTES * len(values)
        for value in values:
            if isinstance(value, str | bytes):
                self._bytes += len(value)
                if len(value) * 4 > self._limit_cell_bytes:
                    column.append(self._shortened(index, len(column), value))
                    continue
            column.append(value)

    def _shortened(self, index: int, row: int, value: str | bytes) -> str | bytes:
        data = value.encode() if isinstance(value, str) else value
        if len(data) <= self._limit_cell_bytes:
            return value
        self._cut.setdefault(index, {})[row] = len(data)
        part = data[: self._limit_cell_bytes]
        return part.decode("utf-8", "ignore") if isinstance(value, str) else part


def _fitted(values: list[Value], wanted: pa.DataType) -> tuple[list[Any], dict[int, str]]:
    """Return the column's values, None where one does not fit, and the texts of those."""
    fits = _FITS[wanted]
    if set(map(type, values)) <= {fits, type(None)}:
        return values, {}
    typed: list[Any] = []
    kept: dict[int, str] = {}
    for row, value in enumerate(values):
        if value is None or type(value) is fits:
            typed.append(value)
        elif fits is float and isinstance(value, int) and int(float(value)) == value:
            typed.append(float(value))
        elif fits is str and not isinstance(value, bytes):
            typed.append(_text(value))
        else:
            typed.append(None)
            kept[row] = _text(value)
    return typed, kept


def _text(value: Value) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


_FITS: dict[pa.DataType, type] = {
    pa.int64(): int,
    pa.float64(): float,
    pa.string(): str,
    pa.binary(): bytes,
}
