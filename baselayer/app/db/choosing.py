"""Choosing: by which form to ask for a page, from how much the accessor may touch.

The estimate is kept for a minute: one that is out of date makes a page slower, never wrong.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.bound import ACCESSOR_ID
from baselayer.app.controls.forms import ENOUGH, estimated

KEPT_SECONDS = 60.0
KEPT_ESTIMATES = 4096

# Measured on a million rows (docs/reference/forms.md).
MOST_MERGED = 2_000
"""Keys that a merge may look at: rows of the page times far ends of the grants."""
FEW_KEYS = 2_000
"""Keys that are gathered faster than a page of them is searched for, however small the table."""
SPARSE = 0.02
"""Of the table: below, searching it in order costs more than gathering what is granted."""
MOST_GATHERED = 20_000


class Form(Enum):
    """How to ask for a page."""

    MERGED = "the first keys of each grant, merged"
    GATHERED = "all keys granted, gathered beforehand"
    SEARCHED = "the table in order, each row judged"


@dataclass(frozen=True)
class Estimate:
    """How much somebody may touch of a class in a mode."""

    far_ends: int
    table_rows: int
    keys: int
    """No more than MOST_GATHERED for each grant are counted."""

    @property
    def is_sparse(self) -> bool:
        """Tell whether the keys are few, absolutely or for this table."""
        few = max(FEW_KEYS, SPARSE * max(self.table_rows, 0))
        return self.keys < min(few, MOST_GATHERED)


def form_for(estimate: Estimate | None, rows: int, *, is_by_key: bool) -> Form:
    """Return the form for a page of `rows`; `is_by_key`: in order of the key, without a filter."""
    if estimate is None:
        return Form.SEARCHED
    if is_by_key and rows * estimate.far_ends <= MOST_MERGED:
        return Form.MERGED
    return Form.GATHERED if estimate.is_sparse else Form.SEARCHED


class Estimates:
    """The estimates of the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[Any, tuple[float, Estimate | None]] = OrderedDict()

    def of(self, session: orm.Session, cls: type, mode: str, accessor: Accessor) -> Estimate | None:
        """Return what `accessor` may touch, None when the predicate is the only form."""
        statement = estimated(cls, mode, accessor)
        if statement is None:
            return None
        connection = orm.Session.connection(session)
        key = connection.engine, cls, mode, accessor.user_id, frozenset(accessor.permissions)
        until, found = self._kept.get(key, (0.0, None))
        if self._clock() < until:
            return found
        found = _ask(connection, statement, accessor.user_id)
        self._kept[key] = self._clock() + KEPT_SECONDS, found
        while len(self._kept) > KEPT_ESTIMATES:
            self._kept.popitem(last=False)
        return found


def _ask(connection: sa.Connection, statement: sa.Select[Any], user_id: Any) -> Estimate:
    values = {ACCESSOR_ID: user_id, ENOUGH: MOST_GATHERED}
    ends, rows, keys = connection.execute(statement, values).one()
    return Estimate(ends, int(rows or -1), keys)


estimates = Estimates()
