"""Columns: hot reads, which make no record and begin no transaction."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from baselayer.app.controls.accessor import Accessor

Refine = Callable[[sa.Select[Any]], sa.Select[Any]]


async def accessible_rows(
    engine: AsyncEngine,
    cls: Any,
    columns: Sequence[Any],
    accessor: Accessor,
    refine: Refine,
    mode: str = "read",
) -> list[dict[str, Any]]:
    """Return `columns` of the records of `cls` that `accessor` may touch, as dictionaries.

    `refine` adds what else is wanted: an order, a limit, a WHERE. No session stands behind it, so
    it must select from `cls` alone: other tables that it brought in would be read ungated.
    """
    wanted = refine(cls.select(accessor, mode, columns=columns))
    async with engine.connect() as connection:
        result = await connection.execute(wanted)
        names = tuple(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result.all()]
