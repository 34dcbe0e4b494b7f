"""AccessibleIf and CustomUserAccessControl: conditions and statements of one's own."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor, require_accessor
from baselayer.app.controls.base import UserAccessControl
from baselayer.app.controls.rows import Rows, is_in, mapper_of, primary_key_of, rows_of, shielded
from baselayer.app.errors import PolicyError


class AccessibleIf(UserAccessControl):
    """Rows whose own columns satisfy a condition: `AccessibleIf(lambda row: row.is_public)`."""

    keeps: ClassVar[bool] = True

    def __init__(self, condition: Callable[[Any], ColumnElement[bool]]) -> None:
        self.condition = condition

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        return sa.true() if accessor.is_admin else self.condition(rows_of(entity))


class CustomUserAccessControl(UserAccessControl):
    """Rows that a SELECT selects or a condition allows, given or made by `f(cls, accessor)`.

    Admins have no bypass here: a function that wants one asks `accessor.is_admin`. Prefer a
    condition on the columns of `cls`, which may be an alias; a statement is slower. Neither is
    filtered by a verified session: it decides by all rows.
    """

    admin_bypass: ClassVar[bool] = False

    def __init__(self, query_or_query_generator: Any) -> None:
        self.query = query_or_query_generator

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        rows = rows_of(entity)
        # Rows of a hop are no mapped entity, which is what a function may expect.
        # Nor is an alias what a condition that is given, not made, speaks of.
        is_of_class = isinstance(entity, Rows) or not callable(self.query)
        target = mapper_of(rows).class_ if is_of_class else entity
        made = self._made(target, accessor)
        if isinstance(made, sa.Select):
            return is_in(rows, self._columns_of(made, target, primary_key_of(rows_of(target))))
        if target is entity:
            return shielded(made)
        keys = primary_key_of(rows_of(target))
        return is_in(rows, sa.select(*keys).select_from(target).where(made))

    def select_accessible_rows(
        self, cls: Any, user_or_token: Any, columns: Sequence[Any] | None = None
    ) -> sa.Select[Any]:
        made = self._made(cls, require_accessor(user_or_token))
        if not isinstance(made, sa.Select):
            statement = sa.select(*(columns or [cls])).select_from(cls)
            return statement.where(shielded(made))
        return made if columns is None else self._columns_of(made, cls, columns)

    @staticmethod
    def _columns_of(made: sa.Select[Any], cls: Any, columns: Sequence[Any]) -> sa.Select[Any]:
        allowed = orm.aliased(mapper_of(rows_of(cls)).class_, made.subquery())
        return sa.select(*(getattr(allowed, _key(cls, column)) for column in columns))

    def _made(self, cls: Any, accessor: Accessor) -> Any:
        made = self.query(cls, accessor) if callable(self.query) else self.query
        if isinstance(made, orm.QueryableAttribute):
            made = made.expression
        if not isinstance(made, (sa.Select, ColumnElement)):
            raise PolicyError(f"a control of {cls} is neither a select() nor a condition: {made!r}")
        return made


def _key(cls: Any, column: Any) -> str:
    """Return the name under which `cls` maps `column`."""
    mapper = mapper_of(rows_of(cls))
    key: str = getattr(column, "key", "")
    return key if key in mapper.columns else mapper.get_property_by_column(column).key
