r"""CSV as RFC 4180 has it: CRLF, a header, quotes where needed, and exact values.

NULL is an empty field and the empty text is `""`, so that both survive. Numbers have all their
digits, times are ISO 8601, bytes are `\x` and hex, as on a page.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute

from baselayer.app.connections.drivers.base import AnyArray
from baselayer.app.queries.export.columns import joined, spans, with_kept
from baselayer.app.queries.results.reader import StoredBatch, read_batches
from baselayer.app.queries.results.values import texts

LINE_END = "\r\n"

_pc: Any = pyarrow.compute  # its stubs cannot say "an array of whatever type"


def csv_chunks(path: Path) -> Iterator[bytes]:
    """Yield the result at `path` as CSV in UTF-8, the header first."""
    schema, batches = read_batches(path)
    yield (",".join(_field(name) for name in schema.names) + LINE_END).encode()
    for batch in batches:
        for start, stop in spans(batch.data):
            yield _lines(batch, start, stop)


def neutralised(cells: AnyArray) -> AnyArray:
    """Return text cells as a spreadsheet may read them.

    The seam for `safe_csv`: cells that begin like a formula pass unchanged until then.
    """
    return cells


def _lines(batch: StoredBatch, start: int, stop: int) -> bytes:
    if batch.data.num_columns == 0:
        return LINE_END.encode() * (stop - start)
    pieces: list[AnyArray | str] = []
    for index, array in enumerate(batch.data.columns):
        part = array.slice(start, stop - start)
        pieces += [_fields(part, batch.kept.get(index, {}), start), ","]
    return joined([*pieces[:-1], LINE_END])


def _fields(array: AnyArray, kept: dict[int, str], start: int) -> AnyArray:
    """Return the column's fields, quoted where needed, NULL empty."""
    is_text = pa.types.is_string(array.type)
    cells = with_kept(neutralised(array) if is_text else texts(array), kept, start)
    if is_text or kept:  # numbers, times and hex never need quotes
        cells = _quoted(cells)
    fields: AnyArray = _pc.fill_null(cells, "")
    return fields


def _quoted(cells: AnyArray) -> AnyArray:
    needy = _pc.or_(_pc.match_substring_regex(cells, '[",\r\n]'), _pc.equal(cells, ""))
    if _pc.any(needy, min_count=0).as_py():
        doubled = _pc.replace_substring(cells, '"', '""')
        cells = _pc.if_else(needy, _pc.binary_join_element_wise('"', doubled, '"', ""), cells)
    return cells


def _field(text: str) -> str:
    if text == "" or any(mark in text for mark in '",\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
