"""Formats are found by name."""

from pathlib import Path

import pyarrow as pa
import pytest

from baselayer.app.errors import InvalidRequestError
from baselayer.app.queries.export.formats import FORMATS, export, format_named


def test_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(InvalidRequestError, match="csv, jsonl"):
        format_named("exe")


def test_every_format_exports_and_has_a_media_type(tmp_path: Path) -> None:
    path = tmp_path / "run.arrow"
    batch = pa.record_batch({"a": [1]})
    with pa.ipc.new_file(str(path), batch.schema) as writer:
        writer.write_batch(batch)
    found = {name: b"".join(export(path, name)) for name in FORMATS}
    assert found == {"csv": b"a\r\n1\r\n", "jsonl": b'{"a":1}\n'}
    assert all("/" in kind.media_type for kind in FORMATS.values())
