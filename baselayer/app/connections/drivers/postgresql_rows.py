"""From libpq's chunks of rows to Arrow record batches: first few, then many at a time."""

import time
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from psycopg.adapt import Transformer
from psycopg.pq import Format
from psycopg.pq.abc import PGresult

from baselayer.app.connections.drivers.base import AnyArray, Column, Cut, Kept, attach
from baselayer.app.connections.drivers.postgresql_types import lane_for
from baselayer.app.errors import QueryFailedError

TEXT_OID = 25
FIRST_BATCH_ROWS = 512
# Rows that libpq hands over at once. They are in memory together, whatever their width.
CHUNK_ROWS = 128
# A batch is handed over at this size or age, whatever its rows: memory and patience are bounded.
BATCH_TEXT_CHARACTERS = 4_194_304
BATCH_AGE_SECONDS = 0.5


class Rows:
    """Collects the texts of a result column by column and casts them a batch at a time."""

    def __init__(
        self, described: PGresult, columns: list[Column], batch_rows: int, limit_cell_bytes: int
    ) -> None:
        fields = range(described.nfields)
        self._lanes = [lane_for(described.ftype(i), described.fmod(i)) for i in fields]
        self._wide = [i for i in fields if self._lanes[i].cuttable]
        self._schema = pa.schema([column.to_field() for column in columns])
        self._batch_rows = batch_rows
        self._wanted_rows = min(FIRST_BATCH_ROWS, batch_rows)
        self._limit_cell_bytes = limit_cell_bytes
        self._transformer = Transformer(None)
        self._transformer.set_loader_types([TEXT_OID] * len(self._lanes), Format.TEXT)
        self._reset()

    def add(self, result: PGresult) -> Iterator[pa.RecordBatch]:
        """Take a chunk; yield a batch when there is enough for one."""
        for texts, values in zip(self._texts, self._values(result), strict=True):
            texts.extend(values)
        self._rows += result.ntuples
        for index in self._wide:
            self._weigh(index, result.ntuples)
        if self._is_enough():
            yield self._batch()
            self._wanted_rows = self._batch_rows

    def rest(self) -> Iterator[pa.RecordBatch]:
        """Yield what is left, if anything."""
        if self._rows:
            yield self._batch()

    def _reset(self) -> None:
        self._texts: list[list[str | None]] = [[] for _ in self._lanes]
        self._rows = 0
        self._characters = 0
        self._cut: Cut = {}
        self._begun_at = time.monotonic()

    def _values(self, result: PGresult) -> Iterator[tuple[str | None, ...]]:
        self._transformer.set_pgresult(result, set_loaders=False)
        try:
            rows = self._transformer.load_rows(0, result.ntuples, tuple)
        except UnicodeDecodeError:
            raise QueryFailedError(
                "The result holds text that is not UTF-8: convert it or cast it to bytea."
            ) from None
        return zip(*rows, strict=True)

    def _weigh(self, index: int, count: int) -> None:
        """Add up a column's new texts, and cut those beyond the limit."""
        texts = self._texts[index]
        sizes = list(map(len, filter(None, texts[-count:] if count else [])))
        self._characters += sum(sizes)
        if sizes and max(sizes) * 4 > self._limit_cell_bytes:  # a character has up to 4 bytes
            self._cut_long(index, len(texts) - count)

    def _cut_long(self, index: int, start: int) -> None:
        texts = self._texts[index]
        is_hex = pa.types.is_binary(self._lanes[index].type)
        for row in range(start, len(texts)):
            text = texts[row]
            if text is None:
                continue
            size = (len(text) - 2) // 2 if is_hex else len(text.encode())
            if size > self._limit_cell_bytes:
                texts[row] = _shortened(text, self._limit_cell_bytes, is_hex)
                self._cut.setdefault(index, {})[row] = size

    def _is_enough(self) -> bool:
        return (
            self._rows + CHUNK_ROWS > self._wanted_rows  # another chunk would be too many
            or self._characters >= BATCH_TEXT_CHARACTERS
            or time.monotonic() - self._begun_at >= BATCH_AGE_SECONDS
        )

    def _batch(self) -> pa.RecordBatch:
        kept: Kept = {}
        arrays: list[AnyArray] = []
        for index, lane in enumerate(self._lanes):
            array, texts = lane.cast(pa.array(self._texts[index], pa.string()), lane.type)
            arrays.append(array)
            if texts:
                kept[index] = texts
        if arrays:
            batch = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        else:  # rows without columns are rows still
            nothing: Any = pa.array([{}] * self._rows, pa.struct([]))
            batch = pa.RecordBatch.from_struct_array(nothing)
        batch = attach(batch, kept, self._cut)
        self._reset()
        return batch


def _shortened(text: str, limit_bytes: int, is_hex: bool) -> str:
    if is_hex:
        return text[: 2 + 2 * limit_bytes]
    return text.encode()[:limit_bytes].decode("utf-8", "ignore")
