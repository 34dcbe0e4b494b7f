"""Results are written batch by batch, each findable at once, and never beyond their limits."""

import hashlib
import resource

import pyarrow as pa
import pytest

from baselayer.app.connections.drivers.base import attach, cut_in, kept_in
from baselayer.app.errors import DiskFullError
from baselayer.app.files.stores import LocalStore
from baselayer.app.queries.results.writer import ResultWriter
from tests.queries.results.conftest import Write, numbers


def test_finished_file_is_an_arrow_file_with_all_batches(write: Write) -> None:
    path, writer = write(numbers(0, 3), numbers(3, 2))
    with pa.ipc.open_file(str(path)) as reader:
        assert reader.num_record_batches == 2
        assert reader.read_all().column("i").to_pylist() == [0, 1, 2, 3, 4]
    assert (writer.rows, writer.truncated, writer.is_full) == (5, None, False)
    assert [place.rows for place in writer.places] == [3, 2]


def test_source_types_are_in_the_fields(write: Write) -> None:
    schema = pa.schema([pa.field("a", pa.int32(), metadata={"source_type": "integer"})])
    path, _ = write(pa.record_batch([pa.array([1], pa.int32())], schema=schema))
    with pa.ipc.open_file(str(path)) as reader:
        assert reader.schema.field(0).metadata == {b"source_type": b"integer"}


def test_each_place_holds_exactly_one_message(write: Write) -> None:
    path, writer = write(numbers(0, 3), numbers(3, 20_000), numbers(9, 1))
    raw = path.read_bytes()
    end = writer.places[0].offset
    for place in writer.places:
        assert place.offset == end
        end = place.offset + place.length
        message = pa.ipc.read_message(pa.py_buffer(raw[place.offset : end]))
        assert message.type == "record batch"


def test_hash_is_that_of_the_file(store: LocalStore) -> None:
    with store.create("a.arrow") as upload:
        writer = ResultWriter(upload, numbers(0, 1).schema, limit_rows=9, limit_bytes=10**9)
        writer.append(numbers(0, 9))
        writer.finish()
        path = upload.finish()
    assert upload.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert upload.tell() == path.stat().st_size


@pytest.mark.parametrize(
    ("limit", "kept", "truncated"),
    [
        (0, 0, "rows"),
        (4, 4, "rows"),
        (5, 5, "rows"),
        (9, 9, "rows"),
        (10, 10, None),
        (11, 10, None),
    ],
)
def test_row_limit_is_exact(write: Write, limit: int, kept: int, truncated: str | None) -> None:
    path, writer = write(numbers(0, 5), numbers(5, 5), limit_rows=limit)
    with pa.ipc.open_file(str(path)) as reader:
        assert reader.read_all().column("i").to_pylist() == list(range(kept))
    assert (writer.rows, writer.truncated) == (kept, truncated)


def test_byte_limit_keeps_the_rows_that_fit(write: Write) -> None:
    _, writer = write(numbers(0, 100), numbers(100, 100), limit_bytes=8 * 150)
    assert (writer.rows, writer.truncated, writer.is_full) == (150, "bytes", True)
    _, writer = write(numbers(0, 100), limit_bytes=800)
    assert (writer.rows, writer.truncated) == (100, None)
    _, writer = write(pa.record_batch({"t": ["x" * 1000] * 50}), limit_bytes=10_000)
    assert writer.rows == 9


def test_texts_of_rows_beyond_the_limit_are_left_out(write: Write) -> None:
    batch = attach(numbers(0, 5), {0: {1: "one", 4: "four"}}, {0: {0: 99, 3: 7}})
    path, writer = write(batch, limit_rows=3)
    with pa.ipc.open_file(str(path)) as reader:
        metadata = dict(reader.get_batch_with_custom_metadata(0).custom_metadata or {})
    assert kept_in(metadata) == {0: {1: "one"}}
    assert cut_in(metadata) == {0: {0: 99}}
    assert writer.truncated == "rows"


def test_cut_cells_are_a_truncation_that_does_not_stop_the_run(write: Write) -> None:
    _, writer = write(attach(numbers(0, 5), {}, {0: {0: 99}}), numbers(5, 5))
    assert (writer.truncated, writer.is_full, writer.rows) == ("cells", False, 10)


def test_result_without_rows_or_columns_is_a_file_too(write: Write, store: LocalStore) -> None:
    path, writer = write(numbers(0, 0))
    assert writer.places == []
    with pa.ipc.open_file(str(path)) as reader:
        assert reader.read_all().num_rows == 0
    with store.create("empty.arrow") as upload:
        ResultWriter(upload, pa.schema([]), limit_rows=1, limit_bytes=1).finish()
        upload.finish()
    with pa.ipc.open_file(str(store.path("empty.arrow"))) as reader:
        assert reader.schema.names == []


def test_full_disk_is_told_and_leaves_nothing(store: LocalStore) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    noise = pa.record_batch({"b": [hashlib.sha512(str(i).encode()).digest() for i in range(9999)]})
    try:
        with pytest.raises(DiskFullError), store.create("a.arrow") as upload:
            writer = ResultWriter(upload, noise.schema, limit_rows=10**9, limit_bytes=10**9)
            for _ in range(10):
                writer.append(noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(store.directory.iterdir()) == []
