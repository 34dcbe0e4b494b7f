"""How DuckDB's types become Arrow's, exactly.

A type that Arrow or its readers cannot say in full is cast to text by the database; a date or
time beyond what Python can read (infinity, before the year 1) is kept as text in its place.
"""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from baselayer.app.connections.drivers import arrow_text
from baselayer.app.connections.drivers.base import AnyArray, Cut, Kept, attach

pc: Any = pyarrow.compute  # its stubs cannot say "an array of whatever type"

_PLAIN: dict[str, pa.DataType] = {
    "BOOLEAN": pa.bool_(),
    "TINYINT": pa.int8(),
    "SMALLINT": pa.int16(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "UTINYINT": pa.uint8(),
    "USMALLINT": pa.uint16(),
    "UINTEGER": pa.uint32(),
    "UBIGINT": pa.uint64(),
    "FLOAT": pa.float32(),
    "DOUBLE": pa.float64(),
    "VARCHAR": pa.string(),
    "BLOB": pa.binary(),
    "TIME": pa.time64("us"),
}
_MOMENTS: dict[str, tuple[pa.DataType, str]] = {
    "DATE": (pa.date32(), "DATE"),
    "TIMESTAMP": (pa.timestamp("us"), "TIMESTAMP"),
    "TIMESTAMP_S": (pa.timestamp("us"), "TIMESTAMP"),
    "TIMESTAMP_MS": (pa.timestamp("us"), "TIMESTAMP"),
    "TIMESTAMP WITH TIME ZONE": (pa.timestamp("us", "UTC"), "TIMESTAMPTZ"),
}
_WHOLE = frozenset({"HUGEINT", "UHUGEINT"})
_WHOLE_DIGITS = 39  # of 2^128 - 1
_CUTTABLE = (pa.string(), pa.binary())


@dataclass(frozen=True)
class Lane:
    """How a column travels: what is asked for it, and what it is made into."""

    type: pa.DataType
    source_type: str
    parts: tuple[str, ...]
    is_number_text: bool = False


def lane_of(kind: Any, position: int) -> Lane:
    """Return the lane of a column of type `kind`; columns are asked for by their position."""
    name = str(kind)
    source, column = name.lower(), f"#{position}"
    if name in _PLAIN:
        return Lane(_PLAIN[name], source, (f"{column} AS c{position}",))
    if name in _MOMENTS:
        return _moment(name, position)
    if name.startswith("DECIMAL("):
        precision, scale = name.removeprefix("DECIMAL(").rstrip(")").split(",")
        decimal = pa.decimal128(int(precision), int(scale))
        return Lane(decimal, source, (f"{column} AS c{position}",))
    text = (f"CAST({column} AS VARCHAR) AS c{position}",)
    if name in _WHOLE:
        return Lane(pa.decimal256(_WHOLE_DIGITS, 0), source, text, is_number_text=True)
    return Lane(pa.string(), source, text)


def _moment(name: str, position: int) -> Lane:
    """Ask for the value, and for its text where Python could not read it."""
    wanted, cast = _MOMENTS[name]
    column = f"CAST(#{position} AS {cast})"
    first, end = f"{cast} '0001-01-01'", f"{cast} '9999-12-31'"
    if cast != "DATE":
        end = f"{cast} '9999-12-31 23:59:59.999999'"
    is_plain = f"{column} BETWEEN {first} AND {end}"
    return Lane(
        wanted,
        name.lower(),
        (
            f"CASE WHEN {is_plain} THEN {column} END AS c{position}",
            f"CASE WHEN NOT ({is_plain}) THEN CAST(#{position} AS VARCHAR) END AS k{position}",
        ),
    )


def fitted(
    batch: pa.RecordBatch, lanes: list[Lane], schema: pa.Schema, limit_cell_bytes: int
) -> pa.RecordBatch:
    """Return the batch that the result wants of the one that was asked for."""
    kept: Kept = {}
    cut: Cut = {}
    arrays: list[AnyArray] = []
    given = iter(batch.columns)
    for index, lane in enumerate(lanes):
        array = next(given)
        texts: dict[int, str] = {}
        if lane.is_number_text:
            digits: Any = array.cast(pa.string())
            array, texts = arrow_text.as_number(digits, lane.type)
        elif len(lane.parts) == 2:
            texts = _present(next(given))
        array = array.cast(lane.type)
        if lane.type in _CUTTABLE:
            array, sizes = _cut(array, limit_cell_bytes)
            if sizes:
                cut[index] = sizes
        if texts:
            kept[index] = texts
        arrays.append(array)
    return attach(pa.RecordBatch.from_arrays(arrays, schema=schema), kept, cut)


def _present(texts: AnyArray) -> dict[int, str]:
    rows = pc.indices_nonzero(texts.is_valid()).to_pylist()
    return {row: str(texts[row].as_py()) for row in rows}


def _cut(array: AnyArray, limit_bytes: int) -> tuple[AnyArray, dict[int, int]]:
    lengths = pc.binary_length(array)
    longest = pc.max(lengths).as_py()
    if longest is None or longest <= limit_bytes:
        return array, {}
    sizes = {
        row: size for row, size in enumerate(lengths.to_pylist()) if size and size > limit_bytes
    }
    values: list[Any] = array.to_pylist()
    for row in sizes:
        values[row] = _shortened(values[row], limit_bytes)
    return pa.array(values, array.type), sizes


def _shortened(value: str | bytes, limit_bytes: int) -> str | bytes:
    if isinstance(value, bytes):
        return value[:limit_bytes]
    return value.encode()[:limit_bytes].decode("utf-8", "ignore")
