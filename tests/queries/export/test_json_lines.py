"""JSON Lines hold one object per row with a page's values."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from baselayer.app.connections.drivers.base import attach
from baselayer.app.files.stores import LocalStore
from baselayer.app.queries.export.columns import CHUNK_ROWS
from baselayer.app.queries.export.json_lines import distinct_names, jsonl_chunks
from baselayer.app.queries.results.reader import read_page
from baselayer.app.queries.results.writer import ResultWriter


def test_rows_are_objects_with_exact_values(tmp_path: Path) -> None:
    fields: list[pa.Field[Any]] = [
        pa.field("i", pa.int64()),
        pa.field("i", pa.date32()),
        pa.field('q"', pa.string()),
    ]
    count = CHUNK_ROWS + 5
    arrays = [
        pa.array([2**60] * count, pa.int64()),
        pa.array([None] * count, pa.date32()),
        pa.array(['a"\n'] * count),
    ]
    batch = attach(
        pa.record_batch(arrays, schema=pa.schema(fields)), {1: {CHUNK_ROWS + 1: "infinity"}}, {}
    )
    with LocalStore(tmp_path).create("run.arrow") as upload:
        writer = ResultWriter(upload, pa.schema(fields), limit_rows=10**9, limit_bytes=10**12)
        writer.append(batch)
        writer.finish()
        lines = b"".join(jsonl_chunks(upload.finish())).decode().splitlines()
    assert len(lines) == count
    assert json.loads(lines[0]) == {"i": "1152921504606846976", "i_2": None, 'q"': 'a"\n'}
    assert json.loads(lines[CHUNK_ROWS + 1])["i_2"] == "infinity"


@pytest.mark.parametrize(
    ("names", "distinct"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a_2", "a_3"]),
        (["a", "a_2", "a"], ["a", "a_2", "a_3"]),
        (["a", "a", "a_2"], ["a", "a_3", "a_2"]),
        (["", ""], ["", "_2"]),
    ],
)
def test_repeated_names_get_numbers_that_are_free(names: list[str], distinct: list[str]) -> None:
    assert distinct_names(names) == distinct


def test_lines_say_the_same_as_a_page(tmp_path: Path) -> None:
    columns: dict[str, Any] = {
        "i": pa.array([2**63 - 1, -1, None, 2**53], pa.int64()),
        "s": pa.array([1, -2, None, 3], pa.int16()),
        "f": pa.array([0.1, float("nan"), None, float("-inf")], pa.float64()),
        "g": pa.array([1e22, 5e-324, -0.0, 1e300], pa.float64()),
        "h": pa.array([0.1, float("inf"), None, 16777216.0], pa.float32()),
        "d": pa.array(
            [Decimal("0.0000001"), Decimal("-5"), None, Decimal(0)], pa.decimal128(38, 7)
        ),
        "e": pa.array([Decimal("0.10"), Decimal("-5"), None, Decimal(0)], pa.decimal128(38, 2)),
        "t": pa.array([0, 1, None, -1_000_000], pa.timestamp("us")),
        "z": pa.array([0, 1, None, 10**15], pa.timestamp("us", "UTC")),
        "y": pa.array([0, -700_000, None, 9], pa.date32()),
        "c": pa.array([0, 1, None, 3_600_000_000], pa.time64("us")),
        "x": pa.array([b"\x00\xff", b"", None, b'"'], pa.binary()),
        "b": pa.array([True, False, None, True], pa.bool_()),
        "n": pa.array([None] * 4, pa.null()),
        "q": pa.array(['"\\\b\x1f', "\u2028 日本 🔑", None, ""], pa.string()),
    }
    batch = pa.record_batch(columns)
    with LocalStore(tmp_path).create("run.arrow") as upload:
        writer = ResultWriter(upload, batch.schema, limit_rows=10**9, limit_bytes=10**12)
        writer.append(batch)
        writer.finish()
        path = upload.finish()
    lines = b"".join(jsonl_chunks(path)).decode().split("\n")
    page = read_page(path, [4], 0, 4)
    assert [list(json.loads(line).values()) for line in lines[:-1]] == page.rows
    assert [list(json.loads(line)) for line in lines[:-1]] == [list(columns)] * 4
