"""Casts from a database's text to Arrow, column by column, that lose nothing.

Each cast returns the typed array and the kept texts: row -> the text of a value that the type
cannot say, whose cell is null. The casts of whole columns are Arrow's own; only a batch that
holds such a value is looked at more closely.
"""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute

from baselayer.app.connections.drivers.base import AnyArray

Texts = dict[int, str]
Cast = Callable[[pa.StringArray, pa.DataType], tuple[AnyArray, Texts]]

pc: Any = pyarrow.compute  # its stubs cannot say "an array of whatever type"

_DATE = r"^\d{4}-\d{2}-\d{2}$"
_TIME = r"^\d{2}:\d{2}:\d{2}(\.\d{1,6})?$"
_TIMESTAMP = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?([+-]\d{2}(:\d{2})?)?$"
_NUMBER = r"^[+-]?[0-9.]+([eE][+-]?\d+)?$|^(NaN|-?Infinity)$"


def as_text(values: pa.StringArray, _: pa.DataType) -> tuple[AnyArray, Texts]:
    """Keep the text: it is the value."""
    return values, {}


def as_bool(values: pa.StringArray, _: pa.DataType) -> tuple[AnyArray, Texts]:
    """Read PostgreSQL's `t` and `f`."""
    return pc.equal(values, "t"), {}


def as_number(values: pa.StringArray, wanted: pa.DataType) -> tuple[AnyArray, Texts]:
    """Cast to an integer, a float or a decimal; `NaN` of a decimal is kept as text."""
    return _cast(values, wanted, _NUMBER)


def as_date(values: pa.StringArray, wanted: pa.DataType) -> tuple[AnyArray, Texts]:
    """Cast ISO dates of the years 1 to 9999; `infinity`, BC and later years are kept as text."""
    return _cast(values, wanted, _DATE)


def as_timestamp(values: pa.StringArray, wanted: pa.DataType) -> tuple[AnyArray, Texts]:
    """Cast ISO timestamps with microseconds, zoned ones into UTC."""
    return _cast(values, wanted, _TIMESTAMP)


def as_time(values: pa.StringArray, wanted: pa.DataType) -> tuple[AnyArray, Texts]:
    """Cast times of day through a timestamp (Arrow has no cast of its own); 24:00 is kept."""
    dated = pc.binary_join_element_wise("1970-01-01", values, " ")
    moments, kept = _cast(dated, pa.timestamp("us"), _TIMESTAMP)
    return moments.cast(wanted), {row: text.partition(" ")[2] for row, text in kept.items()}


def as_bytes(values: pa.StringArray, wanted: pa.DataType) -> tuple[AnyArray, Texts]:
    r"""Read PostgreSQL's hex form, `\x…`; any other form is kept as text."""
    found: list[bytes | None] = []
    kept: Texts = {}
    for row, text in enumerate(values.to_pylist()):
        if text is None:
            found.append(None)
        elif text.startswith("\\x"):
            found.append(bytes.fromhex(text[2:]))
        else:
            found.append(None)
            kept[row] = text
    return pa.array(found, wanted), kept


def _cast(values: pa.StringArray, wanted: pa.DataType, plain: str) -> tuple[AnyArray, Texts]:
    """Cast the column at once, or without what does not look plain, or value by value."""
    try:
        return values.cast(wanted), {}
    except pa.ArrowInvalid:
        pass
    sayable = pc.fill_null(pc.match_substring_regex(values, plain), False)
    if pa.types.is_decimal(wanted):
        sayable = pc.and_(sayable, pc.invert(pc.equal(pc.fill_null(values, ""), "NaN")))
    some = pc.if_else(sayable, values, pa.scalar(None, pa.string()))
    try:
        typed = some.cast(wanted)
    except pa.ArrowInvalid:
        typed = pa.array([_one(text, wanted) for text in some.to_pylist()], wanted)
    return typed, _lost(values, typed)


def _one(text: str | None, wanted: pa.DataType) -> object:
    try:
        return None if text is None else pa.scalar(text).cast(wanted).as_py()
    except pa.ArrowInvalid:
        return None


def _lost(values: pa.StringArray, typed: AnyArray) -> Texts:
    missing = pc.and_(typed.is_null(), values.is_valid())
    rows = pc.indices_nonzero(missing).to_pylist()
    return {row: values[row].as_py() for row in rows}
