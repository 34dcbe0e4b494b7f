"""AccessibleIfPermitted: every row, to whoever has a permission."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.base import IsNew, UserAccessControl
from baselayer.app.controls.rows import Rows


class AccessibleIfPermitted(UserAccessControl):
    """Any row, for who has permission `acl`: `AccessibleIfPermitted("Manage users")`."""

    keeps: ClassVar[bool] = True

    def __init__(self, acl: str) -> None:
        self.acl = acl

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        return sa.true() if accessor.is_admin or self.acl in accessor.permissions else sa.false()

    def stands_alone(self, mapper: orm.Mapper[Any]) -> bool:
        return True

    def standing(self, rows: Rows, accessor: Accessor, is_new: IsNew) -> ColumnElement[bool]:
        return self.predicate(rows, accessor)
