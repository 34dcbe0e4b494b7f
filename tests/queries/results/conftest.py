"""A store in a temporary directory, and results written into it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from baselayer.app.files.stores import LocalStore
from baselayer.app.queries.results.writer import ResultWriter

Write = Callable[..., tuple[Path, ResultWriter]]


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "results")


@pytest.fixture
def write(store: LocalStore) -> Write:
    """Write batches as one finished result; return its path and the writer."""

    def write_result(
        *batches: pa.RecordBatch, limit_rows: int = 10**9, limit_bytes: int = 10**12, **_: Any
    ) -> tuple[Path, ResultWriter]:
        with store.create("run.arrow") as upload:
            schema = batches[0].schema.remove_metadata()
            writer = ResultWriter(upload, schema, limit_rows=limit_rows, limit_bytes=limit_bytes)
            for batch in batches:
                writer.append(batch)
            writer.finish()
            return upload.finish(), writer

    return write_result


def numbers(start: int, count: int) -> pa.RecordBatch:
    return pa.record_batch({"i": pa.array(range(start, start + count), pa.int64())})
