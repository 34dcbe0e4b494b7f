"""A page holds the rows asked for, from a finished file or one still written."""

from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import pyarrow as pa
import pytest

from baselayer.app.connections.drivers.base import attach
from baselayer.app.errors import ResultGoneError
from baselayer.app.files.stores import LocalStore
from baselayer.app.queries.results import reader
from baselayer.app.queries.results.reader import read_batches, read_page, read_page_at
from baselayer.app.queries.results.writer import ResultWriter
from tests.queries.results.conftest import Write, numbers


@pytest.mark.parametrize(
    ("offset", "limit", "wanted"),
    [
        (0, 3, [0, 1, 2]),
        (0, 100, list(range(12))),
        (4, 1, [4]),
        (3, 6, [3, 4, 5, 6, 7, 8]),
        (11, 5, [11]),
        (12, 5, []),
        (1000, 5, []),
        (0, 0, []),
    ],
)
def test_page_is_the_same_by_footer_and_by_places(
    write: Write, offset: int, limit: int, wanted: list[int]
) -> None:
    path, writer = write(numbers(0, 5), numbers(5, 1), numbers(6, 6))
    page = read_page(path, [place.rows for place in writer.places], offset, limit)
    assert page.rows == [[i] for i in wanted]
    assert read_page_at(path, writer.places, offset, limit) == page


def test_only_the_batches_needed_are_read(write: Write) -> None:
    path, _ = write(*(numbers(i * 10, 10) for i in range(20)))
    with mock.patch.object(reader, "_batch_of_file", wraps=reader._batch_of_file) as read:
        page = read_page(path, [10] * 20, 95, 10)
    assert [row[0] for row in page.rows] == list(range(95, 105))
    assert [call.args[1] for call in read.call_args_list] == [9, 10]


def test_running_result_is_readable_as_far_as_it_was_announced(store: LocalStore) -> None:
    with store.create("run.arrow") as upload:
        writer = ResultWriter(upload, numbers(0, 1).schema, limit_rows=99, limit_bytes=10**9)
        writer.append(attach(numbers(0, 3), {0: {1: "kept"}}, {}))
        path = store.partial_path("run.arrow")
        assert read_page_at(path, writer.places, 0, 10).rows == [[0], ["kept"], [2]]
        writer.append(numbers(3, 3))
        assert read_page_at(path, writer.places, 2, 3).rows == [[2], [3], [4]]


def test_columns_have_names_types_and_source_types(write: Write) -> None:
    fields: list[pa.Field[Any]] = [
        pa.field("a", pa.int32(), metadata={"source_type": "integer"}),
        pa.field("a", pa.decimal128(10, 2), metadata={"source_type": "numeric"}),
        pa.field("", pa.string()),
    ]
    arrays = [pa.array([], field.type) for field in fields]
    path, _ = write(pa.record_batch(arrays, schema=pa.schema(fields)))
    for page in (read_page(path, [], 0, 10), read_page_at(path, [], 0, 10)):
        assert page.rows == []
        assert [(c.name, c.type, c.source_type) for c in page.columns] == [
            ("a", "int32", "integer"),
            ("a", "decimal128(10, 2)", "numeric"),
            ("", "string", ""),
        ]


def test_kept_texts_come_back_in_their_cells(write: Write) -> None:
    dates = pa.record_batch({"d": pa.array([None, None, 1, None], pa.date32())})
    path, _ = write(
        numbers_like(dates), attach(dates, {0: {0: "infinity", 3: "0044-03-15 BC"}}, {})
    )
    page = read_page(path, [4, 4], 4, 4)
    assert page.rows == [["infinity"], [None], ["1970-01-02"], ["0044-03-15 BC"]]
    assert read_page(path, [4, 4], 5, 3).rows == page.rows[1:]


def numbers_like(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.record_batch({"d": pa.array([1, 2, 3, 4], batch.schema.field(0).type)})


def test_cut_cells_are_told_with_their_row_on_the_page(write: Write) -> None:
    path, _ = write(
        attach(numbers(0, 4), {}, {0: {0: 7, 2: 8}}), attach(numbers(4, 4), {}, {0: {1: 9}})
    )
    assert read_page(path, [4, 4], 1, 6).cut == [(1, 0, 8), (4, 0, 9)]


def test_rows_without_columns_are_counted(write: Write) -> None:
    empty = pa.RecordBatch.from_struct_array(pa.StructArray.from_arrays([], []))
    assert empty.num_rows == 0
    rows = pa.RecordBatch.from_struct_array(pa.array([{}] * 3, pa.struct([])))  # type: ignore[arg-type] # the stubs know no array of structs
    path, _ = write(rows)
    assert read_page(path, [3], 1, 5).rows == [[], []]


def test_page_is_encoded_by_msgspec(write: Write) -> None:
    path, _ = write(numbers(2**60, 1))
    assert msgspec.json.encode(read_page(path, [1], 0, 1).rows) == b'[["1152921504606846976"]]'


def test_missing_file_is_gone(tmp_path: Path) -> None:
    with pytest.raises(ResultGoneError):
        read_page(tmp_path / "nothing.arrow", [1], 0, 1)


def test_batches_come_one_by_one(write: Write) -> None:
    path, _ = write(numbers(0, 2), attach(numbers(2, 2), {0: {0: "x"}}, {}))
    schema, batches = read_batches(path)
    assert schema.names == ["i"]
    assert [(batch.data.num_rows, batch.kept) for batch in batches] == [(2, {}), (2, {0: {0: "x"}})]
