"""JSON Lines: one object per row, values as on a page, so nothing is rounded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute

from baselayer.app.connections.drivers.base import AnyArray
from baselayer.app.queries.export.columns import joined, spans, with_kept
from baselayer.app.queries.results.reader import StoredBatch, read_batches
from baselayer.app.queries.results.values import (
    SAFE_INTEGER,
    exceeds_safe_integers,
    is_said_as_text,
    texts,
)

_pc: Any = pyarrow.compute  # its stubs cannot say "an array of whatever type"
_CONTROL = r"[\x00-\x1f]"  # RFC 8259 section 7: these need more than a backslash


def jsonl_chunks(path: Path) -> Iterator[bytes]:
    """Yield the result at `path` as JSON Lines in UTF-8; a repeated column name gets a number."""
    schema, batches = read_batches(path)
    keys = [msgspec.json.encode(name).decode() + ":" for name in distinct_names(schema.names)]
    for batch in batches:
        for start, stop in spans(batch.data):
            yield _lines(batch, keys, start, stop)


def distinct_names(names: list[str]) -> list[str]:
    """Return the names with `_2`, `_3`… added where one was taken, as JSON objects need."""
    taken: set[str] = set()
    found: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate in taken or (candidate != name and candidate in names):
            number += 1
            candidate = f"{name}_{number}"
        taken.add(candidate)
        found.append(candidate)
    return found


def _lines(batch: StoredBatch, keys: list[str], start: int, stop: int) -> bytes:
    if not keys:
        return b"{}\n" * (stop - start)
    pieces: list[AnyArray | str] = []
    for index, (key, array) in enumerate(zip(keys, batch.data.columns, strict=True)):
        part = array.slice(start, stop - start)
        kept = {row: _quoted_one(text) for row, text in batch.kept.get(index, {}).items()}
        values = with_kept(_values(part), kept, start)
        pieces += ["," if index else "{", key, _pc.fill_null(values, "null")]
    return joined([*pieces, "}\n"])


def _values(array: AnyArray) -> AnyArray:
    """Return the column's values as JSON, null for null."""
    kind = array.type
    if pa.types.is_string(kind):
        return _quoted(array)
    if is_said_as_text(kind):
        return _quoted(texts(array)) if pa.types.is_binary(kind) else _in_quotes(texts(array))
    if pa.types.is_integer(kind):
        return _integers(array)
    if pa.types.is_floating(kind):
        found = texts(array)
        finite: AnyArray = _pc.if_else(_pc.is_finite(array), found, _in_quotes(found))
        return finite
    return texts(array)


def _integers(array: AnyArray) -> AnyArray:
    found = texts(array)
    if not exceeds_safe_integers(array):
        return found
    large = _pc.or_(_pc.greater(array, SAFE_INTEGER), _pc.less(array, -SAFE_INTEGER))
    mixed: AnyArray = _pc.if_else(large, _in_quotes(found), found)
    return mixed


def _quoted(cells: AnyArray) -> AnyArray:
    if _pc.any(_pc.match_substring_regex(cells, _CONTROL), min_count=0).as_py():
        escaped = [None if text is None else _quoted_one(text) for text in cells.to_pylist()]
        return pa.array(escaped, pa.string())
    for mark in ("\\", '"'):
        cells = _pc.replace_substring(cells, mark, "\\" + mark)
    return _in_quotes(cells)


def _in_quotes(cells: AnyArray) -> AnyArray:
    quoted: AnyArray = _pc.binary_join_element_wise('"', cells, '"', "")
    return quoted


def _quoted_one(text: str) -> str:
    return msgspec.json.encode(text).decode()
