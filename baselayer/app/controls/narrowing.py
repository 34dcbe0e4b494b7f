"""Narrowing: what is left to an accessor for whom only some named records exist.

A model says in `narrowed_by`, mode by mode, which of its rows are left; a class or a mode that says
nothing is closed to every narrowed accessor. What is said here is required of the rows that are
asked for, after all that their controls allow, the bypass of admins included. The rows that those
controls look at on their way are judged by the accessor's rights alone: a token may be narrowed to
a query and run it, although the connection of that query does not exist for it.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor, Narrowing
from baselayer.app.controls.base import UserAccessControl, is_under_or, under_or
from baselayer.app.controls.hops import Path, hop, materialise
from baselayer.app.controls.rows import Rows, mapper_of, primary_key_of, rows_of

Narrowed = Mapping[str, UserAccessControl]


def left(rows: Rows, mode: str, accessor: Accessor) -> ColumnElement[bool]:
    """Return the condition for the `rows` that the narrowing of `accessor` leaves in `mode`."""
    if accessor.narrowing is None:
        return sa.true()
    declared: Narrowed = getattr(mapper_of(rows).class_, "narrowed_by", {})
    control = declared.get(mode)
    return sa.false() if control is None else control.predicate(rows, accessor)


class IsNamed(UserAccessControl):
    """Rows whose `column` holds the id of a record of `kind` that the accessor is narrowed to."""

    keeps: ClassVar[bool] = True

    def __init__(self, kind: str, column: str = "id") -> None:
        self.kind = kind
        self.column = column

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        column = getattr(rows_of(entity), self.column)
        ids = (accessor.narrowing or Narrowing()).ids(self.kind)
        named: ColumnElement[bool] = column == sa.any_(
            sa.bindparam("named", ids, type_=ARRAY(column.type), unique=True)
        )
        return named


class BelongsToLeft(UserAccessControl):
    """Rows whose `relationship` leads to a row that is left to be read."""

    keeps: ClassVar[bool] = True

    def __init__(self, relationship: str) -> None:
        self.relationship = relationship

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        path = Path()
        rows = materialise(path, hop(path, rows_of(entity), self.relationship))
        with under_or(False):
            condition = left(rows, "read", accessor)
        return path.exists(condition, fenced=is_under_or())


class IsAsker(UserAccessControl):
    """The row of the user that asks, or whom the token acts for."""

    keeps: ClassVar[bool] = True

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        (key,) = primary_key_of(rows_of(entity))
        return key == accessor.user_id
