"""AccessibleIfRelatedRowsAreAccessible: rows whose related rows the accessor may touch."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.base import IsNew, UserAccessControl, is_under_or, under_or
from baselayer.app.controls.effective import is_public, predicate_of
from baselayer.app.controls.hops import Path, hop, is_to_one, materialise
from baselayer.app.controls.rows import Rows, all_of, mapper_of, rows_of


class AccessibleIfRelatedRowsAreAccessible(UserAccessControl):
    """Rows of which each named relationship leads to a row that is accessible in its mode.

    `AccessibleIfRelatedRowsAreAccessible(connection="run")`. Several are all required; of a
    to-many relationship any one row suffices. A relationship to a public class is not looked at,
    so a NULL there passes, as upstream has it; to any other class a NULL refuses.
    """

    keeps: ClassVar[bool] = True

    def __init__(self, **properties_and_modes: str) -> None:
        if not properties_and_modes:
            raise ValueError("name at least one relationship and its mode")
        self.properties_and_modes = properties_and_modes

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        if accessor.is_admin:
            return sa.true()
        return all_of(self._one(entity, *item, accessor) for item in self._items())

    def standing(self, rows: Rows, accessor: Accessor, is_new: IsNew) -> ColumnElement[bool] | None:
        if accessor.is_admin:
            return sa.true()
        there = [
            self._one(rows, name, mode, accessor)
            for name, mode in self._items()
            if is_to_one(mapper_of(rows), name) and not is_new(name)
        ]
        return all_of(there) if there else None

    def _items(self) -> list[tuple[str, str]]:
        return list(self.properties_and_modes.items())

    def _one(self, entity: Any, name: str, mode: str, accessor: Accessor) -> ColumnElement[bool]:
        path = Path()
        rows = hop(path, rows_of(entity), name)
        if is_public(mapper_of(rows), mode):
            return sa.true()
        rows = materialise(path, rows)
        with under_or(False):
            allowed = predicate_of(rows, mode, accessor)
        return path.exists(allowed, fenced=is_under_or())
