"""AccessibleIfUserMatches: rows that lead to the accessor along a chain of relationships."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor, require_accessor
from baselayer.app.controls.base import IsNew, UserAccessControl, is_under_or
from baselayer.app.controls.hops import Path, hop, is_to_one, key_on, materialise, relationship_of
from baselayer.app.controls.rows import EntityRows, Rows, mapper_of, rows_of
from baselayer.app.controls.ways import Way
from baselayer.app.errors import PolicyError


class AccessibleIfUserMatches(UserAccessControl):
    """Rows from which `relationship_chain` ("owner", "groups.users", …) leads to the accessor.

    `where` is a condition on the rows of the first hop, such as an association's own columns:
    `AccessibleIfUserMatches("group_users.user", where=lambda link: link.admin)`.
    """

    def __init__(
        self,
        relationship_chain: str,
        *,
        where: Callable[[Any], ColumnElement[bool]] | None = None,
    ) -> None:
        self.relationship_chain = relationship_chain
        self.where = where

    @property
    def relationship_chain(self) -> str:
        """Return the names of the relationships, joined by dots."""
        return self._relationship_key

    @relationship_chain.setter
    def relationship_chain(self, value: str) -> None:
        if not isinstance(value, str) or not value:
            raise ValueError(f"a chain is relationship names joined by dots, not {value!r}")
        self._relationship_key = value

    @property
    def relationship_names(self) -> list[str]:
        """Return the names of the relationships, in order."""
        return self._relationship_key.split(".")

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        if accessor.is_admin:
            return sa.true()
        if self._is_written_for_upstream():
            return self.predicate_of_statement(entity, accessor)
        way = self.way(rows_of(entity), accessor)
        return way.fenced() if is_under_or() else way.exists()

    def way(self, rows: Rows, accessor: Accessor) -> Way:
        """Return how `rows` lead to the accessor: over which tables, by which conditions."""
        near, far = Path(), Path()
        first, *rest = self.relationship_names
        rows = hop(near, rows, first)
        if self.where is not None:
            rows = materialise(near, rows)
            near.conditions.append(self.where(rows))
        for name in rest:
            rows = hop(far, rows, name)
        far.conditions.append(_is_accessor(far, rows, accessor))
        return Way(near, far)

    def may_be_kept(self) -> bool:
        # A subclass may do anything; one that does not says so by `keeps` of its own.
        return type(self) is AccessibleIfUserMatches or self.keeps

    def stands_alone(self, mapper: orm.Mapper[Any]) -> bool:
        return len(self.relationship_names) == 1 and is_to_one(mapper, self.relationship_names[0])

    def standing(self, rows: Rows, accessor: Accessor, is_new: IsNew) -> ColumnElement[bool] | None:
        first = self.relationship_names[0]
        if self._is_written_for_upstream() or not is_to_one(mapper_of(rows), first):
            return None
        return None if is_new(first) else self.predicate(rows, accessor)

    def select_accessible_rows(
        self, cls: Any, user_or_token: Any, columns: Sequence[Any] | None = None
    ) -> sa.Select[Any]:
        accessor = require_accessor(user_or_token)
        if self._is_written_for_upstream() and not accessor.is_admin:
            return self._select_by_joins(cls, accessor, columns)
        return super().select_accessible_rows(cls, accessor, columns)

    def _is_written_for_upstream(self) -> bool:
        """Tell whether a subclass builds on the statement, not on the predicate.

        Such a subclass calls `super().select_accessible_rows()` and adds conditions on the classes
        of the chain, so it must find them joined, un-aliased, in the FROM.
        """
        own = AccessibleIfUserMatches.select_accessible_rows
        return type(self).select_accessible_rows is not own

    def _select_by_joins(
        self, cls: Any, accessor: Accessor, columns: Sequence[Any] | None
    ) -> sa.Select[Any]:
        statement = sa.select(*(columns or [cls])).select_from(cls)
        here = cls
        for name in self.relationship_names:
            relationship = relationship_of(sa.inspect(here).mapper, name)
            statement = statement.join(getattr(here, name))
            here = relationship.mapper.class_
        return statement.where(_is_accessor(Path(), EntityRows(here), accessor))


def _is_accessor(path: Path, rows: Rows, accessor: Accessor) -> ColumnElement[bool]:
    """Return the condition that `rows`, the end of a chain, are the asking user."""
    mapper = mapper_of(rows)
    if not getattr(mapper.class_, "is_user_class", False):
        raise PolicyError(
            f"a chain must end at the users, not at {mapper.class_.__name__}: add the relationship "
            "that leads there"
        )
    (key,) = key_on(path, rows)
    return key == accessor.user_id


accessible_by_owner = AccessibleIfUserMatches("owner")
accessible_by_created_by = AccessibleIfUserMatches("created_by")
accessible_by_user = AccessibleIfUserMatches("user")
