"""JSON values say what Arrow holds, to the last digit."""

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from baselayer.app.queries.results.values import SAFE_INTEGER, json_column


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (pa.int64(), SAFE_INTEGER, SAFE_INTEGER),
        (pa.int64(), SAFE_INTEGER + 1, "9007199254740992"),
        (pa.int64(), -SAFE_INTEGER - 1, "-9007199254740992"),
        (pa.uint64(), 2**64 - 1, "18446744073709551615"),
        (pa.int16(), -5, -5),
        (pa.bool_(), True, True),
        (pa.float64(), 0.1, 0.1),
        (pa.float64(), 5e-324, 5e-324),
        (pa.float64(), float("nan"), "NaN"),
        (pa.float64(), float("inf"), "Infinity"),
        (pa.float64(), float("-inf"), "-Infinity"),
        (pa.float32(), 0.1, 0.1),
        (pa.float32(), float("inf"), "Infinity"),
        (pa.decimal128(10, 7), Decimal("0.0000001"), "0.0000001"),
        (pa.decimal128(38, 2), Decimal("-12345678901234567890.10"), "-12345678901234567890.10"),
        (pa.decimal128(10, 7), Decimal("0"), "0.0000000"),
        (pa.string(), "", ""),
        (pa.string(), "日本", "日本"),
        (pa.binary(), b"\x00\xff", "\\x00ff"),
        (pa.binary(), b"", "\\x"),
        (pa.date32(), dt.date(1, 1, 1), "0001-01-01"),
        (pa.time64("us"), dt.time(1, 2, 3, 4), "01:02:03.000004"),
        (pa.timestamp("us"), dt.datetime(2024, 1, 2, 3, 4, 5), "2024-01-02T03:04:05"),
        (pa.timestamp("us", "UTC"), dt.datetime(2024, 1, 2, 3, 4, 5, 6, dt.UTC),
         "2024-01-02T03:04:05.000006+00:00"),
        (pa.null(), None, None),
    ],
)  # fmt: skip
def test_value_is_exact_in_json(kind: pa.DataType, value: Any, shown: Any) -> None:
    column = json_column(pa.array([None, value], kind))
    assert column == [None, shown]
    assert msgspec.json.decode(msgspec.json.encode(column)) == [None, shown]
