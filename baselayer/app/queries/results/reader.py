"""Read a page of a stored result, touching only the batches that it needs."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from baselayer.app.connections.drivers.base import Cut, Kept, cut_in, kept_in
from baselayer.app.errors import ResultGoneError
from baselayer.app.queries.results.values import json_column
from baselayer.app.queries.results.writer import MAGIC_BYTES, Place


class PageColumn(msgspec.Struct, frozen=True):
    """A column of a page: Arrow's name of its type, and the database's."""

    name: str
    type: str
    source_type: str


class Page(msgspec.Struct, frozen=True):
    """Some rows of a result, ready for `msgspec.json.encode`; values as `json_column` says.

    `cut` lists the cells of these rows that were longer than the run's cell limit, as
    [row of the page, column, full size in bytes].
    """

    columns: list[PageColumn]
    rows: list[list[Any]]
    cut: list[tuple[int, int, int]]


class StoredBatch(msgspec.Struct, frozen=True):
    """A batch with the texts that its types cannot say."""

    data: pa.RecordBatch
    kept: Kept
    cut: Cut


def read_page(path: Path, batch_rows: Sequence[int], offset: int, limit: int) -> Page:
    """Return rows `offset` to `offset + limit` of a finished result.

    `batch_rows` has the rows of each stored batch, as the run reported them.
    """
    with _opened(path) as source:
        reader = pa.ipc.open_file(source)
        parts = [
            (_batch_of_file(reader, index), start, stop)
            for index, start, stop in _wanted(batch_rows, offset, limit)
        ]
        return _page(reader.schema, parts)


def read_page_at(path: Path, places: Sequence[Place], offset: int, limit: int) -> Page:
    """Return rows of a result that may still be written: `places` are the batches announced."""
    with _opened(path) as source:
        header = _header(source, places)
        parts = [
            (_batch_at(source, header, places[index]), start, stop)
            for index, start, stop in _wanted([place.rows for place in places], offset, limit)
        ]
        schema = pa.ipc.open_stream(header).schema
        return _page(schema, parts)


def read_batches(path: Path) -> tuple[pa.Schema, Iterator[StoredBatch]]:
    """Return the schema of a finished result and its batches, one in memory at a time."""
    source = _opened(path)
    reader = pa.ipc.open_file(source)
    return reader.schema, _all_batches(source, reader)


def columns_of(schema: pa.Schema) -> list[PageColumn]:
    """Describe the columns of a stored result."""
    return [
        PageColumn(field.name, str(field.type), _source_type(field.metadata)) for field in schema
    ]


def _source_type(metadata: dict[bytes, bytes] | None) -> str:
    return (metadata or {}).get(b"source_type", b"").decode()


def _all_batches(source: pa.NativeFile, reader: Any) -> Iterator[StoredBatch]:
    with source:
        for index in range(reader.num_record_batches):
            yield _batch_of_file(reader, index)


def _opened(path: Path) -> pa.NativeFile:
    try:
        return pa.memory_map(str(path), "r")
    except FileNotFoundError:
        raise ResultGoneError(
            "The stored result is no longer there: run the query again."
        ) from None


def _wanted(rows: Sequence[int], offset: int, limit: int) -> Iterable[tuple[int, int, int]]:
    """Yield (batch, first row, end row) of each batch that holds rows of the page."""
    stop = offset + limit
    for index, (end, count) in enumerate(zip(accumulate(rows), rows, strict=True)):
        begin = end - count
        if begin < stop and end > offset:
            yield index, max(offset - begin, 0), min(stop - begin, count)


def _batch_of_file(reader: Any, index: int) -> StoredBatch:
    found = reader.get_batch_with_custom_metadata(index)
    return _stored(found)


def _batch_at(source: pa.NativeFile, header: pa.Buffer, place: Place) -> StoredBatch:
    """Read one batch as a stream of its own: the file's footer may not exist yet."""
    source.seek(place.offset)
    stream = header.to_pybytes() + source.read(place.length)
    return _stored(pa.ipc.open_stream(stream).read_next_batch_with_custom_metadata())


def _stored(found: Any) -> StoredBatch:
    metadata = dict(found.custom_metadata or {})
    return StoredBatch(found.batch, kept_in(metadata), cut_in(metadata))


def _header(source: pa.NativeFile, places: Sequence[Place]) -> pa.Buffer:
    if not places:
        source.seek(MAGIC_BYTES)
        message = pa.ipc.read_message(source)
        return pa.ipc.read_schema(message).serialize()
    source.seek(MAGIC_BYTES)
    return source.read_buffer(places[0].offset - MAGIC_BYTES)


def _page(schema: pa.Schema, parts: list[tuple[StoredBatch, int, int]]) -> Page:
    rows: list[list[Any]] = []
    cut: list[tuple[int, int, int]] = []
    for batch, start, stop in parts:
        for column, sizes in batch.cut.items():
            cut += [
                (len(rows) + row - start, column, size)
                for row, size in sizes.items()
                if start <= row < stop
            ]
        rows += json_rows(batch, start, stop)
    return Page(columns_of(schema), rows, cut)


def json_rows(batch: StoredBatch, start: int, stop: int) -> list[list[Any]]:
    """Return rows of a batch as JSON-ready values, kept texts in their places."""
    part = batch.data.slice(start, stop - start)
    if part.num_columns == 0:
        return [[] for _ in range(stop - start)]
    columns = [json_column(array) for array in part.columns]
    for column, texts in batch.kept.items():
        for row, text in texts.items():
            if start <= row < stop:
                columns[column][row - start] = text
    return [list(row) for row in zip(*columns, strict=True)]
