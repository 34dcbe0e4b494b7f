"""Hot reads: columns of what one may read, and of nothing else."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from baselayer.app.controls.accessor import Narrowing
from baselayer.app.db.columns import accessible_rows
from tests.factories.gate import Caller, Note
from tests.factories.places import (
    ADMIN,
    EDITABLE,
    MEMBER,
    OPEN,
    OWN,
    OWNER,
    SHARED,
    STRANGE,
    STRANGER,
    TOKEN,
    Place,
)


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (OWNER, [OWN, SHARED, EDITABLE, OPEN]),
        (TOKEN, [OWN, SHARED, EDITABLE, OPEN]),
        (MEMBER, [SHARED, EDITABLE, OPEN]),
        (STRANGER, [OPEN, STRANGE]),
        (ADMIN, [OWN, SHARED, EDITABLE, OPEN, STRANGE]),
        (replace(ADMIN, narrowing=Narrowing(frozenset({("notes", OWN)}))), [OWN]),
    ],
)
def test_rows_are_those_that_one_may_read(here: Place, caller: Caller, expected: list[int]) -> None:
    async def read() -> list[dict[str, Any]]:
        engine = create_async_engine(
            here.url, poolclass=NullPool, isolation_level="AUTOCOMMIT", pool_reset_on_return=None
        )
        try:
            columns = (Note.id, Note.title.label("called"))
            return await accessible_rows(
                engine, Note, columns, caller, lambda wanted: wanted.order_by(Note.id)
            )
        finally:
            await engine.dispose()

    found = asyncio.run(read())
    assert [row["id"] for row in found] == expected
    assert all(row.keys() == {"id", "called"} for row in found)
