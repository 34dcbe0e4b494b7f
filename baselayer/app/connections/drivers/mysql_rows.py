"""From the server's bytes to Arrow record batches: first few rows, then many at a time."""

import time
from collections.abc import Sequence

import pyarrow as pa

from baselayer.app.connections.drivers.base import AnyArray, Cut, Kept, attach
from baselayer.app.connections.drivers.mysql_types import Lane

FIRST_BATCH_ROWS = 512
# A batch is handed over at this size or age, whatever its rows: memory and patience are bounded.
BATCH_BYTES = 4_194_304
BATCH_AGE_SECONDS = 0.5
CHUNK_ROWS = 256


class Rows:
    """Collects values column by column; `columns` is what the wire appends to."""

    def __init__(self, lanes: Sequence[Lane], schema: pa.Schema, batch_rows: int) -> None:
        self._lanes = lanes
        self._schema = schema
        self._batch_rows = batch_rows
        self._wanted_rows = min(FIRST_BATCH_ROWS, batch_rows)
        self._wide = [index for index, lane in enumerate(lanes) if lane.cuttable]
        self._reset()

    def room(self) -> int:
        """Return how many rows may come at once."""
        return min(CHUNK_ROWS, self._wanted_rows - self.count)

    def took(self, number: int, limit_cell_bytes: int) -> None:
        """Weigh the `number` rows that were appended, and cut what is too long."""
        for index in self._wide:
            values = self.columns[index]
            for row in range(self.count, self.count + number):
                value = values[row]
                if value is None:
                    continue
                self._bytes += len(value)
                if len(value) > limit_cell_bytes:
                    values[row] = self._shortened(index, value[:limit_cell_bytes])
                    self._cut.setdefault(index, {})[row] = len(value)
        self.count += number

    def is_enough(self) -> bool:
        """Tell whether a batch should be handed over."""
        return (
            self.count >= self._wanted_rows
            or self._bytes >= BATCH_BYTES
            or (self.count > 0 and time.monotonic() - self._begun_at >= BATCH_AGE_SECONDS)
        )

    def batch(self) -> pa.RecordBatch:
        """Return what was collected, and begin anew."""
        kept: Kept = {}
        arrays: list[AnyArray] = []
        for index, lane in enumerate(self._lanes):
            array, texts = lane.make(self.columns[index], lane.type)
            arrays.append(array)
            if texts:
                kept[index] = texts
        batch = attach(pa.RecordBatch.from_arrays(arrays, schema=self._schema), kept, self._cut)
        self._wanted_rows = self._batch_rows
        self._reset()
        return batch

    def _reset(self) -> None:
        self.columns: list[list[bytes | None]] = [[] for _ in self._lanes]
        self.count = 0
        self._bytes = 0
        self._cut: Cut = {}
        self._begun_at = time.monotonic()

    def _shortened(self, index: int, value: bytes) -> bytes:
        """Leave no half character at the end of a text."""
        if pa.types.is_binary(self._lanes[index].type):
            return value
        return value.decode("utf-8", "ignore").encode()
