"""Which Arrow type each PostgreSQL type takes, and the cast of its text into it.

Text output is exact in PostgreSQL, so text is what we fetch. Where Arrow has no exact type
(intervals, unbounded numerics, arrays, ranges, money…) the text itself is the value.
"""

from dataclasses import dataclass

import pyarrow as pa

from baselayer.app.connections.drivers import arrow_text
from baselayer.app.connections.drivers.arrow_text import Cast

NUMERIC_OID = 1700
_DECIMAL128_DIGITS = 38


@dataclass(frozen=True)
class Lane:
    """How a column travels: its Arrow type and the cast that fills it. `cuttable` values have
    no bound of their own, so the cell limit applies to them."""

    type: pa.DataType
    cast: Cast
    cuttable: bool = False


TEXT_LANE = Lane(pa.string(), arrow_text.as_text, cuttable=True)

# OIDs are fixed for built-in types: src/include/catalog/pg_type.dat of PostgreSQL.
_LANES = {
    16: Lane(pa.bool_(), arrow_text.as_bool),
    21: Lane(pa.int16(), arrow_text.as_number),
    23: Lane(pa.int32(), arrow_text.as_number),
    20: Lane(pa.int64(), arrow_text.as_number),
    26: Lane(pa.int64(), arrow_text.as_number),  # oid: unsigned 32 bits
    700: Lane(pa.float32(), arrow_text.as_number),
    701: Lane(pa.float64(), arrow_text.as_number),
    1082: Lane(pa.date32(), arrow_text.as_date),
    1083: Lane(pa.time64("us"), arrow_text.as_time),
    1114: Lane(pa.timestamp("us"), arrow_text.as_timestamp),
    1184: Lane(pa.timestamp("us", "UTC"), arrow_text.as_timestamp),
    17: Lane(pa.binary(), arrow_text.as_bytes, cuttable=True),
}

# format_type() is asked only for what is not here: extension types, enums, rarer built-ins.
SOURCE_TYPES = {
    16: "boolean",
    17: "bytea",
    18: '"char"',
    19: "name",
    20: "bigint",
    21: "smallint",
    23: "integer",
    25: "text",
    26: "oid",
    114: "json",
    142: "xml",
    700: "real",
    701: "double precision",
    705: "unknown",
    790: "money",
    1042: "character",
    1043: "character varying",
    1082: "date",
    1083: "time without time zone",
    1114: "timestamp without time zone",
    1184: "timestamp with time zone",
    1186: "interval",
    1266: "time with time zone",
    1700: "numeric",
    2950: "uuid",
    3802: "jsonb",
    869: "inet",
    650: "cidr",
    1005: "smallint[]",
    1007: "integer[]",
    1009: "text[]",
    1016: "bigint[]",
    1022: "double precision[]",
    1231: "numeric[]",
}


def lane_for(oid: int, modifier: int) -> Lane:
    """Return the lane of a column; `modifier` is its type modifier, -1 for none."""
    if oid == NUMERIC_OID:
        return _numeric_lane(modifier)
    return _LANES.get(oid, TEXT_LANE)


def _numeric_lane(modifier: int) -> Lane:
    """Take decimal128 where precision and scale are declared and fit; else the exact text."""
    if modifier < 4:
        return Lane(pa.string(), arrow_text.as_text)
    # numeric.c: precision in the upper 16 bits, scale in the lower 11 as a signed number.
    precision = ((modifier - 4) >> 16) & 0xFFFF
    scale = (((modifier - 4) & 0x7FF) ^ 1024) - 1024
    if precision > _DECIMAL128_DIGITS or not 0 <= scale <= precision:
        return Lane(pa.string(), arrow_text.as_text)
    return Lane(pa.decimal128(precision, scale), arrow_text.as_number)
