"""Sums and distinct values over the records that a session may see."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm


@dataclass(frozen=True)
class GroupSumRow:
    """One group: its key, how many records it has, and their totals by column."""

    key: Any
    count: int
    totals: dict[str, Decimal]


def distinct_values(
    session: orm.Session, column: Any, condition: Any = None, limit: int | None = None
) -> list[Any]:
    """Return the different values of `column`, in their order."""
    statement = sa.select(column).distinct().order_by(column).limit(limit)
    return list(session.scalars(statement if condition is None else statement.where(condition)))


def grouped_sums(
    session: orm.Session,
    sum_columns: Collection[Any],
    *,
    group_by: Any,
    condition: Any = None,
    order_by: Any = None,
) -> list[GroupSumRow]:
    """Return the totals of `sum_columns` in each group; a group of nulls only has 0."""
    if not sum_columns:
        raise ValueError("say which columns to sum")
    sums = [sa.func.coalesce(sa.func.sum(column), 0) for column in sum_columns]
    statement = sa.select(group_by, sa.func.count(), *sums).group_by(group_by)
    if condition is not None:
        statement = statement.where(condition)
    names = [column.key for column in sum_columns]
    rows = session.execute(statement.order_by(group_by if order_by is None else order_by))
    return [
        GroupSumRow(key, count, dict(zip(names, map(_exact, totals), strict=True)))
        for key, count, *totals in rows
    ]


def _exact(total: Any) -> Decimal:
    return total if isinstance(total, Decimal) else Decimal(str(total))
