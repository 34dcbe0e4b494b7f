"""Columns of text into lines of bytes, without a Python object per cell."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute

from baselayer.app.connections.drivers.base import AnyArray

CHUNK_ROWS = 4096
CHUNK_BYTES = 1_048_576

_pc: Any = pyarrow.compute  # its stubs cannot say "an array of whatever type"


def spans(batch: pa.RecordBatch) -> Iterator[tuple[int, int]]:
    """Yield the rows of a batch in parts that are small in rows and, on average, in bytes."""
    rows = batch.num_rows
    step = min(CHUNK_ROWS, max(1, CHUNK_BYTES * rows // max(batch.nbytes, 1)))
    for start in range(0, rows, step):
        yield start, min(start + step, rows)


def with_kept(cells: AnyArray, kept: dict[int, str], start: int) -> AnyArray:
    """Return `cells`, the rows of a batch from `start` on, with its kept texts in their places."""
    here = {row - start: text for row, text in kept.items() if 0 <= row - start < len(cells)}
    if not here:
        return cells
    listed = cells.to_pylist()
    for row, text in here.items():
        listed[row] = text
    return pa.array(listed, pa.string())


def joined(pieces: Sequence[AnyArray | str]) -> bytes:
    """Return all rows one after the other, each the texts and constants of `pieces` in order."""
    lines = _pc.binary_join_element_wise(*pieces, "")
    # The array is fresh, so that its data buffer is exactly its texts, end to end.
    data: bytes = lines.buffers()[2].to_pybytes()
    return data[: _pc.sum(_pc.binary_length(lines), min_count=0).as_py()]
