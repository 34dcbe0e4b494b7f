"""Grants: a mode taken apart into the ways that lead to the accessor, each a SELECT of keys.

A predicate answers row by row. Where a mode is a plain OR of chains to the users, the rows can be
found from the other end: from the accessor over his groups to the keys of what they share.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql.elements import BinaryExpression, ColumnElement

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.base import ComposedAccessControl, UserAccessControl
from baselayer.app.controls.constant import Restricted
from baselayer.app.controls.effective import inherited, narrowing_heirs
from baselayer.app.controls.permitted import AccessibleIfPermitted
from baselayer.app.controls.rows import AliasRows, column_of, primary_key_of, source_of
from baselayer.app.controls.users import AccessibleIfUserMatches
from baselayer.app.controls.ways import Joint, Way


@dataclass(frozen=True)
class Grant:
    """The keys that one way leads to: columns of the near tables, under conditions."""

    key: list[ColumnElement[Any]]
    sources: list[sa.FromClause]
    conditions: list[ColumnElement[bool]]
    is_unique: bool
    """Whether a key comes but once for each far end."""

    way: Way
    joint: Joint | None
    """Where the far part hangs on; None when there is none."""

    def keys(self) -> sa.Select[Any]:
        """Return the SELECT of all keys, as a join; a key may come more than once."""
        sources = [*self.sources, *self.way.far.sources]
        return self._select(sources, *self.way.far.conditions)

    def few_keys(self) -> sa.Select[Any]:
        """Return the same, looked up by index for each far end apart: for who has few rows.

        Where groups are of very different sizes, the planner takes all for average ones, and would
        read the whole table of links for somebody with twenty.
        """
        if self.joint is None:
            return self.keys()
        ends = self.way.far_ends(self.joint).distinct().subquery()
        (end,) = ends.c
        of_end = self._select(self.sources, self.joint.near == end)
        of_end = of_end.suffix_with("OFFSET 0", dialect="postgresql")
        looked_up = of_end.lateral()
        return sa.select(*looked_up.c).select_from(ends.join(looked_up, sa.true()))

    def keys_near(self, *conditions: ColumnElement[bool]) -> sa.Select[Any]:
        """Return the SELECT of those keys for which `conditions` hold, with what is far asked once.

        For when the conditions leave few keys.
        """
        if self.joint is None:
            return self._select(self.sources, *self.way.far.conditions, *conditions)
        return self._select(self.sources, self.way.is_joined(self.joint), *conditions)

    def top_keys(
        self, order: list[Any], rows: ColumnElement[int], beyond: ColumnElement[bool] | None
    ) -> sa.Select[Any]:
        """Return the SELECT of the first `rows` keys in `order`, for each far end apart."""
        more = [] if beyond is None else [beyond]
        if self.joint is None:
            top = self._top(order, rows, *self.way.far.conditions, *more).subquery()
            return sa.select(*top.c)
        ends = self.way.far_ends(self.joint).distinct().subquery()
        (end,) = ends.c
        top_of_end = self._top(order, rows, self.joint.near == end, *more).lateral()
        return sa.select(*top_of_end.c).select_from(ends.join(top_of_end, sa.true()))

    def fan_out(self) -> sa.Select[Any]:
        """Return the SELECT of how many far ends there are."""
        if self.joint is None:
            return sa.select(sa.literal_column("1"))
        ends = self.way.far_ends(self.joint).distinct().subquery()
        return sa.select(sa.func.count()).select_from(ends)

    def _top(
        self, order: list[Any], rows: ColumnElement[int], *conditions: ColumnElement[bool]
    ) -> sa.Select[Any]:
        statement = self._select(self.sources, *conditions).order_by(*order).limit(rows)
        return statement if self.is_unique else statement.distinct()

    def _select(
        self, sources: list[sa.FromClause], *conditions: ColumnElement[bool]
    ) -> sa.Select[Any]:
        labelled = [column.label(f"key_{n}") for n, column in enumerate(self.key)]
        return sa.select(*labelled).select_from(*sources).where(*self.conditions, *conditions)


def grants_of(cls: Any, mode: str, accessor: Accessor) -> list[Grant] | None:
    """Return the grants that `mode` of `cls` is the OR of; None when it is anything else."""
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    controls = inherited(mapper, mode)
    is_part_of_table = mapper.single and mapper.inherits is not None
    if accessor.is_admin or is_part_of_table or len(controls) != 1:
        return None
    if any(True for _ in narrowing_heirs(mapper, mode)):
        return None
    chains = list(_chains(controls[0], accessor))
    if any(chain is None for chain in chains):
        return None
    grants = [_grant(mapper, chain, accessor) for chain in chains if chain is not None]
    known = [grant for grant in grants if grant is not None]
    return known if known and len(known) == len(grants) else None


def _chains(
    control: UserAccessControl, accessor: Accessor
) -> Iterator[AccessibleIfUserMatches | None]:
    """Yield the chains that `control` is the OR of, None for a part that is no chain."""
    if isinstance(control, ComposedAccessControl) and control.logic == "or":
        for part in control.access_controls:
            yield from _chains(part.declared, accessor)
    elif type(control) is AccessibleIfUserMatches:
        yield control
    elif not _allows_nothing(control, accessor):
        yield None


def _allows_nothing(control: UserAccessControl, accessor: Accessor) -> bool:
    if type(control) is AccessibleIfPermitted:
        return control.acl not in accessor.permissions
    return type(control) is Restricted


def _grant(
    mapper: orm.Mapper[Any], chain: AccessibleIfUserMatches, accessor: Accessor
) -> Grant | None:
    rows = AliasRows(mapper)
    way = chain.way(rows, accessor)
    joint = way.joint
    if way.far.sources and joint is None:
        return None
    own = {column_of(rows, column): column for column in mapper.columns}
    linked = _linked(mapper, way, own)
    needs_rows = linked is None or (joint is not None and joint.near in own)
    if linked is None or needs_rows:
        sources = [*way.near.sources, source_of(rows)]
        is_unique = not way.near.sources
        return Grant(primary_key_of(rows), sources, way.near.conditions, is_unique, way, joint)
    key = [linked[column] for column in mapper.primary_key]
    rest = [one for one in way.near.conditions if getattr(one, "right", None) not in own]
    present = [column.is_not(None) for column in key if getattr(column, "nullable", True)]
    return Grant(key, way.near.sources, [*rest, *present], False, way, joint)


def _linked(
    mapper: orm.Mapper[Any], way: Way, own: dict[Any, Any]
) -> dict[Any, ColumnElement[Any]] | None:
    """Return which near columns are the primary key, if the table of the rows need not be read.

    Only a foreign key makes sure that there is such a row; and only of a class of one table is
    every row one of the class.
    """
    linked = {}
    for condition in way.near.conditions:
        if isinstance(condition, BinaryExpression) and condition.right in own:
            column = own[condition.right]
            if not any(key.column is column for key in condition.left.foreign_keys):
                return None
            linked[column] = condition.left
    is_whole = isinstance(mapper.persist_selectable, sa.Table)
    return linked if is_whole and linked.keys() == set(mapper.primary_key) else None
