"""Totals and different values, of what one may see."""

from decimal import Decimal
from typing import Any

import pytest

from baselayer.app.db.mixins.sums import GroupSumRow
from tests.factories.gate import Caller, Note
from tests.factories.places import MEMBER, OWNER, STRANGER, Place


@pytest.mark.parametrize(
    ("accessor", "rows"),
    [
        (OWNER, [(1, 4, 1)]),
        (MEMBER, [(1, 3, 1)]),
        (STRANGER, [(1, 1, 1), (3, 1, 5)]),
        (Caller(9, frozenset({"System admin"})), [(1, 4, 1), (3, 1, 5)]),
    ],
)
def test_totals_are_of_what_one_may_see(
    here: Place, world: str, accessor: Caller, rows: list[tuple[int, int, int]]
) -> None:
    def ask(session: Any) -> Any:
        return Note.group_sum(session, [Note.rank], group_by=Note.owner_id)

    expected = [GroupSumRow(key, count, {"rank": Decimal(total)}) for key, count, total in rows]
    assert here.run(world, accessor, ask) == expected


def test_condition_order_and_nulls(here: Place) -> None:
    with here.plain() as session:
        rows = Note.group_sum(
            session,
            [Note.rank, Note.id],
            group_by=Note.is_public,
            condition=Note.id < 5,
            order_by=Note.is_public.desc(),
        )
    assert [(row.key, row.count, int(row.totals["rank"])) for row in rows] == [
        (True, 1, 1),
        (False, 3, 0),
    ]
    assert rows[1].totals["id"] == 6


def test_no_columns_to_sum(here: Place) -> None:
    with here.plain() as session, pytest.raises(ValueError, match="which columns"):
        Note.group_sum(session, [], group_by=Note.owner_id)


def test_different_values(here: Place, world: str) -> None:
    def ask(session: Any) -> Any:
        every = Note.distinct_column(session, Note.owner_id)
        return every, Note.distinct_column(session, Note.title, Note.id > 1, limit=2)

    assert here.run(world, STRANGER, ask) == ([1, 3], ["open", "strange"])
    assert here.run(world, MEMBER, ask) == ([1], ["editable", "open"])
