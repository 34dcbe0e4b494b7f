"""Public and Restricted: controls that do not look at the row."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.base import IsNew, UserAccessControl
from baselayer.app.controls.rows import Rows


class Public(UserAccessControl):
    """Rows that anybody may touch."""

    keeps: ClassVar[bool] = True

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        return sa.true()

    def is_public(self) -> bool:
        return True

    def stands_alone(self, mapper: orm.Mapper[Any]) -> bool:
        return True

    def standing(self, rows: Rows, accessor: Accessor, is_new: IsNew) -> ColumnElement[bool]:
        return self.predicate(rows, accessor)


class Restricted(UserAccessControl):
    """Rows that only a system admin may touch."""

    keeps: ClassVar[bool] = True

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        return sa.true() if accessor.is_admin else sa.false()

    def stands_alone(self, mapper: orm.Mapper[Any]) -> bool:
        return True

    def standing(self, rows: Rows, accessor: Accessor, is_new: IsNew) -> ColumnElement[bool]:
        return self.predicate(rows, accessor)


public = Public()
restricted = Restricted()
