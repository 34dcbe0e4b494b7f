"""Columns become lines in bounded parts."""

import pyarrow as pa

from baselayer.app.queries.export.columns import CHUNK_ROWS, joined, spans, with_kept


def test_rows_are_joined_in_order_with_constants() -> None:
    cells = pa.array(["a", "é", ""])
    assert joined(["<", cells, "|", cells, ">\n"]) == "<a|a>\n<é|é>\n<|>\n".encode()


def test_slices_are_joined_as_what_they_show() -> None:
    cells = pa.array(["a", "b", "c"]).slice(1, 1)
    assert joined([cells, ";"]) == b"b;"


def test_spans_cover_every_row_once() -> None:
    narrow = pa.record_batch({"a": range(10_000)})
    assert list(spans(narrow)) == [(0, CHUNK_ROWS), (CHUNK_ROWS, 8192), (8192, 10_000)]
    assert list(spans(narrow.slice(0, 0))) == []
    huge = pa.record_batch({"t": ["x" * 3_000_000] * 2})
    assert list(spans(huge)) == [(0, 1), (1, 2)]


def test_kept_texts_of_other_parts_are_left_out() -> None:
    cells = pa.array([None, "b"])
    assert with_kept(cells, {10: "ten", 12: "twelve"}, 10).to_pylist() == ["ten", "b"]
    assert with_kept(cells, {3: "three"}, 10) is cells
