"""CSV keeps every value, and a NULL apart from an empty text."""

import csv
import datetime as dt
import io
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from baselayer.app.connections.drivers.base import attach
from baselayer.app.files.stores import LocalStore
from baselayer.app.queries.export.columns import CHUNK_BYTES, CHUNK_ROWS
from baselayer.app.queries.export.comma_separated import csv_chunks
from baselayer.app.queries.results.writer import ResultWriter


def exported(tmp_path: Path, *batches: pa.RecordBatch) -> str:
    with LocalStore(tmp_path / "results").create("run.arrow") as upload:
        schema = batches[0].schema.remove_metadata()
        writer = ResultWriter(upload, schema, limit_rows=10**9, limit_bytes=10**12)
        for batch in batches:
            writer.append(batch)
        writer.finish()
        return b"".join(csv_chunks(upload.finish())).decode()


def test_null_and_empty_text_are_told_apart(tmp_path: Path) -> None:
    batch = pa.record_batch({"a": [None, "", "x"], "b": ["y", None, ""]})
    assert exported(tmp_path, batch) == 'a,b\r\n,y\r\n"",\r\nx,""\r\n'


def test_quotes_are_where_they_are_needed(tmp_path: Path) -> None:
    nasty = ['a"b', "a,b", "a\nb", "a\rb", " a ", "日本", "'", "a;b"]
    text = exported(tmp_path, pa.record_batch({'the "name"': nasty, "n": nasty}))
    assert text.startswith('"the ""name""",n\r\n"a""b","a""b"\r\n"a,b","a,b"\r\n')
    assert " a , a \r\n日本,日本\r\n','\r\na;b,a;b\r\n" in text
    assert [row[0] for row in csv.reader(io.StringIO(text, newline=""))] == ['the "name"', *nasty]


def test_values_are_exact(tmp_path: Path) -> None:
    columns = {
        "i": pa.array([2**63 - 1, -1, None], pa.int64()),
        "f": pa.array([0.1, float("nan"), float("-inf")], pa.float64()),
        "g": pa.array([1e22, 5e-324, float("inf")], pa.float64()),
        "s": pa.array([0.1, 3.4e38, None], pa.float32()),
        "d": pa.array([Decimal("0.0000001"), Decimal("-5"), None], pa.decimal128(38, 7)),
        "t": pa.array([dt.datetime(2024, 1, 2, 3, 4, 5, 6), None, None], pa.timestamp("us")),
        "z": pa.array([dt.datetime(2024, 1, 2, tzinfo=dt.UTC), None, None],
                      pa.timestamp("us", "UTC")),
        "y": pa.array([dt.date(1, 2, 3), None, None], pa.date32()),
        "c": pa.array([dt.time(1, 2, 3, 4), None, None], pa.time64("us")),
        "x": pa.array([b"\x00\xff", b"", None], pa.binary()),
        "b": pa.array([True, False, None], pa.bool_()),
    }  # fmt: skip
    assert exported(tmp_path, pa.record_batch(columns)).split("\r\n")[1:-1] == [
        "9223372036854775807,0.1,1e+22,0.1,0.0000001,2024-01-02T03:04:05.000006,"
        "2024-01-02T00:00:00+00:00,0001-02-03,01:02:03.000004,\\x00ff,true",
        "-1,NaN,5e-324,3.4e+38,-5.0000000,,,,,\\x,false",
        ",-Infinity,Infinity,,,,,,,,",
    ]


def test_kept_texts_are_in_their_cells(tmp_path: Path) -> None:
    count = CHUNK_ROWS + 10
    dates = pa.record_batch({"d": pa.array([None] * count, pa.date32()), "i": range(count)})
    kept = attach(dates, {0: {0: "infinity", CHUNK_ROWS + 3: 'odd,"one"'}}, {})
    lines = exported(tmp_path, dates, kept).split("\r\n")
    assert lines[1] == ",0"
    assert lines[1 + count] == "infinity,0"
    assert lines[1 + count + CHUNK_ROWS + 3] == f'"odd,""one""",{CHUNK_ROWS + 3}'
    assert len(lines) == 1 + 2 * count + 1


def test_result_without_rows_has_a_header_only(tmp_path: Path) -> None:
    assert (
        exported(tmp_path, pa.record_batch({"a": pa.array([], pa.int32()), "": []})) == 'a,""\r\n'
    )


def test_chunks_are_bounded(tmp_path: Path) -> None:
    wide = pa.record_batch({"t": ["y" * 100_000] * 200})
    with LocalStore(tmp_path / "wide").create("run.arrow") as upload:
        writer = ResultWriter(upload, wide.schema, limit_rows=10**9, limit_bytes=10**12)
        writer.append(wide)
        writer.finish()
        sizes = [len(chunk) for chunk in csv_chunks(upload.finish())]
    assert max(sizes) < 2 * CHUNK_BYTES
    with LocalStore(tmp_path / "results").create("run.arrow") as upload:
        batch = pa.record_batch({"t": ["x" * 100] * 16_384})
        writer = ResultWriter(upload, batch.schema, limit_rows=10**9, limit_bytes=10**12)
        for _ in range(3):
            writer.append(batch)
        writer.finish()
        sizes = [len(chunk) for chunk in csv_chunks(upload.finish())]
    assert sum(sizes) == 3 + 3 * 16_384 * 102
    assert max(sizes) <= CHUNK_ROWS * 102


@pytest.mark.parametrize("seed", range(3))
def test_any_text_reads_back(tmp_path: Path, seed: int) -> None:
    alphabet = ['"', ",", "\r", "\n", "a", "é", "\t", "\0", ""]
    texts = [
        "".join(alphabet[(i * 7 + j * j + seed) % 9] for j in range(i % 8)) for i in range(500)
    ]
    found = exported(tmp_path, pa.record_batch({"t": texts, "u": texts}))
    rows = list(csv.reader(io.StringIO(found.replace("\0", "\1"), newline="")))[1:]
    assert [row[1].replace("\1", "\0") for row in rows] == texts
