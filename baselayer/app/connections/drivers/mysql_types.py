"""Which Arrow type each MySQL type takes, and the cast of the server's text into it.

What Arrow cannot say (zero dates, a TIME beyond a day, the year 0) is kept as text. FLOAT is
exact only as far as the server's text is: it writes six digits; a cast to DOUBLE writes them all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute
from pymysql.constants import FIELD_TYPE as TYPE
from pymysql.constants import FLAG

from baselayer.app.connections.drivers import arrow_text
from baselayer.app.connections.drivers.arrow_text import Cast, Texts
from baselayer.app.connections.drivers.base import AnyArray, Column
from baselayer.app.errors import QueryFailedError

BINARY_CHARSET = 63
_DECIMAL128_DIGITS = 38

pc: Any = pyarrow.compute  # its stubs cannot say "an array of whatever type"

_INTEGERS = {
    TYPE.TINY: ("tinyint", pa.int8(), pa.uint8()),
    TYPE.SHORT: ("smallint", pa.int16(), pa.uint16()),
    TYPE.INT24: ("mediumint", pa.int32(), pa.uint32()),
    TYPE.LONG: ("int", pa.int32(), pa.uint32()),
    TYPE.LONGLONG: ("bigint", pa.int64(), pa.uint64()),
}
_TEXTS = {
    TYPE.VARCHAR: ("varchar", "varbinary"),
    TYPE.VAR_STRING: ("varchar", "varbinary"),
    TYPE.STRING: ("char", "binary"),
    # The protocol does not tell the lengths of texts apart, as a rule.
    TYPE.TINY_BLOB: ("text", "blob"),
    TYPE.BLOB: ("text", "blob"),
    TYPE.MEDIUM_BLOB: ("text", "blob"),
    TYPE.LONG_BLOB: ("text", "blob"),
}


@dataclass(frozen=True)
class Lane:
    """How a column travels: its types' names, and what makes an Arrow array of its bytes."""

    type: pa.DataType
    source_type: str
    make: Callable[[list[bytes | None], pa.DataType], tuple[AnyArray, Texts]]
    cuttable: bool = False

    def column(self, name: str) -> Column:
        """Return the column that is called `name`."""
        return Column(name, self.type, self.source_type)


def lane_for(field: Any) -> Lane:
    """Return the lane of a column as the server described it."""
    kind, flags = field.type_code, field.flags
    if kind in _INTEGERS:
        name, signed, unsigned = _INTEGERS[kind]
        is_unsigned = bool(flags & FLAG.UNSIGNED)
        text = f"{name} unsigned" if is_unsigned else name
        return Lane(unsigned if is_unsigned else signed, text, _NUMBERS)
    if kind in (TYPE.DECIMAL, TYPE.NEWDECIMAL):
        return _decimal_lane(field)
    if kind in _TEXTS:
        return _text_lane(field)
    return _LANES.get(kind) or Lane(pa.binary(), f"type {kind}", _bytes, cuttable=True)


def _decimal_lane(field: Any) -> Lane:
    """Take precision and scale from the width that the server prints at most."""
    is_signed = not field.flags & FLAG.UNSIGNED
    scale = field.scale
    digits = field.length - (1 if is_signed else 0) - (1 if scale else 0)
    name = f"decimal({digits},{scale})"
    if not 0 < digits <= 76 or not 0 <= scale <= digits:
        return Lane(pa.string(), "decimal", _texts)
    decimal = pa.decimal128 if digits <= _DECIMAL128_DIGITS else pa.decimal256
    return Lane(decimal(digits, scale), name, _NUMBERS)


def _text_lane(field: Any) -> Lane:
    text, binary = _TEXTS[field.type_code]
    if field.flags & FLAG.ENUM:
        return Lane(pa.string(), "enum", _texts)
    if field.flags & FLAG.SET:
        return Lane(pa.string(), "set", _texts)
    if field.charsetnr == BINARY_CHARSET:
        return Lane(pa.binary(), binary, _bytes, cuttable=True)
    return Lane(pa.string(), text, _texts, cuttable=True)


def _texts(values: list[bytes | None], _: pa.DataType) -> tuple[AnyArray, Texts]:
    try:
        return pa.array(values, pa.binary()).cast(pa.string()), {}
    except pa.ArrowInvalid:
        raise QueryFailedError(
            "The result holds text that is not UTF-8: convert it or cast it to binary."
        ) from None


def _bytes(values: list[bytes | None], _: pa.DataType) -> tuple[AnyArray, Texts]:
    return pa.array(values, pa.binary()), {}


def _bits(values: list[bytes | None], wanted: pa.DataType) -> tuple[AnyArray, Texts]:
    numbers = [None if value is None else int.from_bytes(value, "big") for value in values]
    return pa.array(numbers, wanted), {}


def _by(cast: Cast) -> Callable[[list[bytes | None], pa.DataType], tuple[AnyArray, Texts]]:
    def make(values: list[bytes | None], wanted: pa.DataType) -> tuple[AnyArray, Texts]:
        texts: Any = pa.array(values, pa.binary()).cast(pa.string())
        return cast(texts, wanted)

    return make


def _since_year_one(cast: Cast) -> Cast:
    """Keep the year 0 as text: Arrow would take it, and Python could not read it."""

    def careful(values: pa.StringArray, wanted: pa.DataType) -> tuple[AnyArray, Texts]:
        odd = pc.fill_null(pc.starts_with(values, "0000"), False)
        if not pc.any(odd, min_count=0).as_py():
            return cast(values, wanted)
        rows = pc.indices_nonzero(odd).to_pylist()
        none: Any = pa.scalar(None, pa.string())
        typed, kept = cast(pc.if_else(odd, none, values), wanted)
        return typed, kept | {row: str(values[row].as_py()) for row in rows}

    return careful


_NUMBERS = _by(arrow_text.as_number)
_DATES = _by(_since_year_one(arrow_text.as_date))
_MOMENTS = _by(_since_year_one(arrow_text.as_timestamp))
_LANES = {
    TYPE.FLOAT: Lane(pa.float32(), "float", _NUMBERS),
    TYPE.DOUBLE: Lane(pa.float64(), "double", _NUMBERS),
    TYPE.YEAR: Lane(pa.int16(), "year", _NUMBERS),
    TYPE.DATE: Lane(pa.date32(), "date", _DATES),
    TYPE.NEWDATE: Lane(pa.date32(), "date", _DATES),
    TYPE.TIME: Lane(pa.time64("us"), "time", _by(arrow_text.as_time)),
    TYPE.DATETIME: Lane(pa.timestamp("us"), "datetime", _MOMENTS),
    # The session's zone is pinned to UTC, so that this is what the text means.
    TYPE.TIMESTAMP: Lane(pa.timestamp("us", "UTC"), "timestamp", _MOMENTS),
    TYPE.BIT: Lane(pa.uint64(), "bit", _bits),
    TYPE.JSON: Lane(pa.string(), "json", _texts, cuttable=True),
    TYPE.ENUM: Lane(pa.string(), "enum", _texts),
    TYPE.SET: Lane(pa.string(), "set", _texts),
    TYPE.NULL: Lane(pa.string(), "null", _texts),
    TYPE.GEOMETRY: Lane(pa.binary(), "geometry", _bytes, cuttable=True),
}
