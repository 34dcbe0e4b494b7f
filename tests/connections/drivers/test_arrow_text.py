"""Casts from text keep every value: typed where Arrow can say it, as text where it cannot."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from baselayer.app.connections.drivers import arrow_text
from baselayer.app.connections.drivers.arrow_text import Cast

US = pa.timestamp("us")
UTC = pa.timestamp("us", "UTC")


@pytest.mark.parametrize(
    ("cast", "wanted", "text", "value"),
    [
        (arrow_text.as_text, pa.string(), "", ""),
        (arrow_text.as_bool, pa.bool_(), "t", True),
        (arrow_text.as_bool, pa.bool_(), "f", False),
        (arrow_text.as_number, pa.int16(), "-32768", -32768),
        (arrow_text.as_number, pa.int64(), "9223372036854775807", 2**63 - 1),
        (arrow_text.as_number, pa.float64(), "1e-307", 1e-307),
        (arrow_text.as_number, pa.float64(), "Infinity", float("inf")),
        (arrow_text.as_number, pa.float64(), "-Infinity", float("-inf")),
        (arrow_text.as_number, pa.decimal128(38, 10), "0.0000000001", Decimal("0.0000000001")),
        (arrow_text.as_number, pa.decimal128(38, 0), "9" * 38, Decimal("9" * 38)),
        (arrow_text.as_date, pa.date32(), "0001-01-01", dt.date(1, 1, 1)),
        (arrow_text.as_date, pa.date32(), "9999-12-31", dt.date(9999, 12, 31)),
        (arrow_text.as_time, pa.time64("us"), "23:59:59.999999", dt.time(23, 59, 59, 999999)),
        (arrow_text.as_time, pa.time64("us"), "00:00:00", dt.time(0, 0)),
        (arrow_text.as_timestamp, US, "2024-02-29 12:00:00.5",
         dt.datetime(2024, 2, 29, 12, 0, 0, 500000)),
        (arrow_text.as_timestamp, UTC, "2024-01-01 01:30:00+05:30",
         dt.datetime(2023, 12, 31, 20, tzinfo=dt.UTC)),
        (arrow_text.as_bytes, pa.binary(), "\\x00ff", b"\x00\xff"),
        (arrow_text.as_bytes, pa.binary(), "\\x", b""),
    ],
)  # fmt: skip
def test_value_is_cast(cast: Cast, wanted: pa.DataType, text: str, value: Any) -> None:
    array, kept = cast(pa.array([None, text], pa.string()), wanted)
    assert array.type == wanted
    assert array.to_pylist() == [None, value]
    assert kept == {}


@pytest.mark.parametrize(
    ("cast", "wanted", "text"),
    [
        (arrow_text.as_number, pa.decimal128(10, 2), "NaN"),
        (arrow_text.as_number, pa.int32(), "12abc"),
        (arrow_text.as_date, pa.date32(), "infinity"),
        (arrow_text.as_date, pa.date32(), "-infinity"),
        (arrow_text.as_date, pa.date32(), "0044-03-15 BC"),
        (arrow_text.as_date, pa.date32(), "10000-01-01"),
        (arrow_text.as_date, pa.date32(), "31.12.2024"),
        (arrow_text.as_time, pa.time64("us"), "24:00:00"),
        (arrow_text.as_timestamp, US, "infinity"),
        (arrow_text.as_timestamp, US, "0001-01-01 00:00:00 BC"),
        (arrow_text.as_timestamp, US, "294276-12-31 23:59:59.999999"),
        (arrow_text.as_timestamp, UTC, "1883-11-18 12:00:00-05:50:36"),
        (arrow_text.as_bytes, pa.binary(), "abc\\\\def"),
    ],
)
def test_value_that_arrow_cannot_say_is_null_with_its_text_kept(
    cast: Cast, wanted: pa.DataType, text: str
) -> None:
    plain = {"decimal128(10, 2)": "1.50", "int32": "7", "binary": "\\x01"}.get(str(wanted))
    if plain is None:
        plain = "12:00:00" if pa.types.is_time(wanted) else "2024-01-01"
        plain += " 00:00:00" if pa.types.is_timestamp(wanted) else ""
        plain += "+00" if wanted == UTC else ""
    array, kept = cast(pa.array([plain, text, None, plain], pa.string()), wanted)
    assert array.type == wanted
    assert [value is None for value in array.to_pylist()] == [False, True, True, False]
    assert kept == {1: text}


def test_plain_looking_value_out_of_range_is_kept_too() -> None:
    array, kept = arrow_text.as_date(pa.array(["2024-02-30", "2024-02-29"]), pa.date32())
    assert array.to_pylist() == [None, dt.date(2024, 2, 29)]
    assert kept == {0: "2024-02-30"}
