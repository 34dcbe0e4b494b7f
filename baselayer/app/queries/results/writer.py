"""Write a result: record batches into one Arrow IPC file, each announced with its place."""

from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from baselayer.app.connections.drivers.base import attach, cut_in, kept_in
from baselayer.app.files.stores import Upload

COMPRESSION: Literal["zstd"] = "zstd"
# "ARROW1" and two bytes of padding open the file; the schema's message follows.
MAGIC_BYTES = 8


@dataclass(frozen=True)
class Place:
    """Where a stored batch is in the file: enough to read it before the file is finished."""

    offset: int
    length: int
    rows: int


class ResultWriter:
    """Appends batches to an upload until one of the limits is reached.

    `limit_bytes` bounds the data as Arrow holds it in memory, before compression, so that the same
    rows are kept whatever the compression makes of them. What a limit cut off is in `truncated`.
    """

    def __init__(
        self, upload: Upload, schema: pa.Schema, *, limit_rows: int, limit_bytes: int
    ) -> None:
        self._upload = upload
        self._limit_rows = limit_rows
        self._limit_bytes = limit_bytes
        self._schema = schema
        self._data_bytes = 0
        # pyarrow writes magic and schema with the first batch; we must know their length before.
        self._next_offset = MAGIC_BYTES + len(schema.serialize())
        options = pa.ipc.IpcWriteOptions(compression=COMPRESSION)
        sink: Any = upload  # a file object as far as pyarrow asks, not one that io.IOBase knows
        self._writer = pa.ipc.new_file(sink, schema, options=options)
        self.places: list[Place] = []
        self.rows = 0
        self.truncated: str | None = None

    def append(self, batch: pa.RecordBatch) -> Place | None:
        """Store what the limits allow of `batch`; return its place, None when nothing fitted."""
        if cut_in(batch.schema.metadata):
            self.truncated = self.truncated or "cells"
        fitting = self._fitting_rows(batch)
        if fitting == 0:
            return None
        part = _first(batch, fitting)
        # A batch's own metadata travels beside it: the schema of the file has none of it.
        self._writer.write_batch(part, custom_metadata=part.schema.metadata or None)
        place = Place(self._next_offset, self._upload.tell() - self._next_offset, fitting)
        self._next_offset = self._upload.tell()
        self._data_bytes += part.nbytes
        self.rows += fitting
        self.places.append(place)
        return place

    @property
    def is_full(self) -> bool:
        """Tell whether a limit cut rows off, so that no more are wanted."""
        return self.truncated in ("rows", "bytes")

    def finish(self) -> None:
        """Write the end of the Arrow file; the upload is still to be finished."""
        self._writer.close()

    def _fitting_rows(self, batch: pa.RecordBatch) -> int:
        rows = min(batch.num_rows, self._limit_rows - self.rows)
        left = self._limit_bytes - self._data_bytes
        if batch.slice(0, rows).nbytes > left:
            self.truncated = "bytes"
            return _largest(batch, rows, left)
        if rows < batch.num_rows:
            self.truncated = "rows"
        return rows


def _first(batch: pa.RecordBatch, rows: int) -> pa.RecordBatch:
    """Return the first `rows` rows with what the metadata says of them."""
    if rows == batch.num_rows:
        return batch
    kept, cut = kept_in(batch.schema.metadata), cut_in(batch.schema.metadata)
    part = batch.slice(0, rows).replace_schema_metadata(None)
    return attach(part, _below(kept, rows), _below(cut, rows))


def _below(indexed: dict[int, dict[int, Any]], rows: int) -> dict[int, dict[int, Any]]:
    found = {
        column: {row: value for row, value in cells.items() if row < rows}
        for column, cells in indexed.items()
    }
    return {column: cells for column, cells in found.items() if cells}


def _largest(batch: pa.RecordBatch, rows: int, limit_bytes: int) -> int:
    """Return how many of the first `rows` rows take at most `limit_bytes`."""
    low, high = 0, rows
    while low < high:
        middle = (low + high + 1) // 2
        if batch.slice(0, middle).nbytes <= limit_bytes:
            low = middle
        else:
            high = middle - 1
    return low
