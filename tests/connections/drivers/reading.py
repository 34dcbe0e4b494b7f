"""Reading results in tests: rows with their kept texts in place."""

import time
from collections.abc import Callable
from typing import Any

from baselayer.app.connections.drivers.base import Session, kept_in


def rows(session: Session, sql: str, *, batch_rows: int = 16_384) -> list[tuple[Any, ...]]:
    """Run `sql` to its end; return its rows, kept texts where Arrow had no value."""
    _, batches = session.stream(sql, batch_rows)
    found: list[tuple[Any, ...]] = []
    for batch in batches:
        columns = [array.to_pylist() for array in batch.columns]
        for index, texts in kept_in(batch.schema.metadata).items():
            for row, text in texts.items():
                assert columns[index][row] is None
                columns[index][row] = text
        found += zip(*columns, strict=True)
    session.commit()
    return found


def types(session: Session, sql: str) -> list[tuple[str, str]]:
    """Return Arrow's and the database's names of the columns' types."""
    columns, batches = session.stream(sql, 10)
    for _ in batches:
        pass
    session.commit()
    return [(str(column.type), column.source_type) for column in columns]


def wait_until(is_true: Callable[[], bool], *, seconds: float = 10) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.02)
