"""UserAccessControl: the base of every control, and their composition by `&`, `|` and `~`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql.elements import ColumnElement, False_, True_

from baselayer.app.controls.accessor import Accessor, require_accessor
from baselayer.app.controls.rows import (
    EntityRows,
    Rows,
    all_of,
    any_of,
    is_in,
    mapper_of,
    primary_key_of,
    rows_of,
)
from baselayer.app.errors import PolicyError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session

# True while the operands of an OR or NOT are compiled: their EXISTS must be fenced (hops.Path).
_under_or: ContextVar[bool] = ContextVar("under_or", default=False)


def is_under_or() -> bool:
    """Tell whether the predicate being compiled stands under an OR or NOT of its own SELECT."""
    return _under_or.get()


@contextmanager
def under_or(is_so: bool) -> Iterator[None]:
    """Compile what follows as an operand of an OR, or as the WHERE of a new SELECT."""
    token = _under_or.set(is_so)
    try:
        yield
    finally:
        _under_or.reset(token)


# Tells whether a relationship of a row that is about to be written leads to a row that the same
# transaction makes.
IsNew = Callable[[str], bool]


class UserAccessControl:
    """Who may touch a row. A subclass gives `predicate`; the rest is written once, here.

    A subclass written for upstream that overrides `select_accessible_rows` instead also works: its
    predicate is that the primary key is among the rows which that statement selects.
    """

    # Whether a system admin passes without the control being asked.
    admin_bypass: ClassVar[bool] = True

    # Whether the predicate depends on nothing but the row and what `Accessor` tells of who asks, so
    # that it may be kept and serve all users with the same permissions. Set it on a subclass of
    # which that is true: `accessor.user_id` goes into SQL and is not looked at in Python, and times
    # are compared with `func.now()`, never with a moment of Python's clock.
    keeps: ClassVar[bool] = False

    @property
    def declared(self) -> UserAccessControl:
        """Return the control as its model declared it, when this one merely stands for it."""
        return self

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        """Return the condition that is true exactly for the rows that `accessor` may touch.

        `entity` is a mapped class, an `aliased()` of one, or the `Rows` of a hop. The condition is
        only right inside a statement that selects from `entity`: compiled on its own, it would
        bring the table into its own EXISTS and hold for everybody who owns any row.
        """
        return self.predicate_of_statement(entity, accessor)

    def is_public(self) -> bool:
        """Tell whether it allows every row to everybody, whatever the row and who asks."""
        return False

    def stands_alone(self, mapper: orm.Mapper[Any]) -> bool:
        """Tell whether the answer depends on nothing but the row itself and who asks.

        Such a control says the same before and after, so it is asked once, at the commit.
        """
        return False

    def standing(self, rows: Rows, accessor: Accessor, is_new: IsNew) -> ColumnElement[bool] | None:
        """Return what the control says of `rows` that are not written yet, None if it cannot tell.

        A row is judged when it has been written, and by then it may itself be the reason why it is
        allowed: a membership that makes its maker a member. So what leads to rows that were there
        before must also hold before.
        """
        return None

    def select_accessible_rows(
        self, cls: Any, user_or_token: Any, columns: Sequence[Any] | None = None
    ) -> sa.Select[Any]:
        """Return the SELECT of the rows (or `columns`) of `cls` that the accessor may touch."""
        accessor = require_accessor(user_or_token)
        statement = sa.select(*(columns or [cls])).select_from(cls)
        return statement.where(self.predicate(cls, accessor))

    def query_accessible_rows(
        self, cls: Any, user_or_token: Any, columns: Sequence[Any] | None = None
    ) -> sa.Select[Any]:
        """Return `select_accessible_rows(…)`, under upstream's legacy name."""
        return self.select_accessible_rows(cls, user_or_token, columns)

    def may_be_kept(self) -> bool:
        """Tell whether the predicate may be kept for the next time that the same accessor asks."""
        return self.keeps

    def predicate_of_statement(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        """Return the predicate of a control that is defined by its `select_accessible_rows`."""
        own = type(self).select_accessible_rows
        if own is UserAccessControl.select_accessible_rows:
            raise PolicyError(f"{type(self).__name__} gives neither predicate nor statement")
        rows = rows_of(entity)
        cls = mapper_of(rows).class_
        keys = self.select_accessible_rows(cls, accessor, primary_key_of(EntityRows(cls)))
        return is_in(rows, keys)

    @staticmethod
    def check_cls_for_attributes(cls: Any, attrs: Sequence[str]) -> None:  # noqa: PLW0211 (upstream's name)
        """Raise TypeError unless `cls` has every attribute of `attrs`."""
        missing = [name for name in attrs if not hasattr(cls, name)]
        if missing:
            raise TypeError(f"{cls} has no attribute {', '.join(map(repr, missing))}")

    @staticmethod
    def user_id_from_user_or_token(user_or_token: Any) -> int:
        """Return the id of the user that is asking; ValueError when it is no accessor."""
        return require_accessor(user_or_token).user_id

    if TYPE_CHECKING:
        # The verb that a model has under the same name as this declared control.
        @overload
        def __call__(
            self, session: orm.Session | orm.scoped_session[Any], *args: Any, **kwargs: Any
        ) -> Any: ...
        @overload
        def __call__(
            self,
            session: AsyncSession | async_scoped_session[Any],
            *args: Any,
            **kwargs: Any,
        ) -> Coroutine[Any, Any, Any]: ...
        def __call__(self, session: Any, *args: Any, **kwargs: Any) -> Any: ...

    def __and__(self, other: UserAccessControl) -> UserAccessControl:
        return ComposedAccessControl(self, other, logic="and")

    def __or__(self, other: UserAccessControl) -> UserAccessControl:
        return ComposedAccessControl(self, other, logic="or")

    def __invert__(self) -> UserAccessControl:
        return NotAccessible(self)


class ComposedAccessControl(UserAccessControl):
    """All (`logic="and"`) or any (`logic="or"`) of several controls."""

    def __init__(
        self, *access_controls: UserAccessControl, logic: Literal["and", "or"] = "and"
    ) -> None:
        if logic not in ("and", "or"):
            raise ValueError(f"logic must be 'and' or 'or', not {logic!r}")
        for control in access_controls:
            if not isinstance(control, UserAccessControl):
                raise ValueError(f"{control!r} is no access control")
        self.access_controls = access_controls
        self.logic = logic

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        if self.logic == "and":
            return all_of(self._operands(entity, accessor))
        with under_or(True):
            return any_of(self._operands(entity, accessor))

    def may_be_kept(self) -> bool:
        return all(control.may_be_kept() for control in self.access_controls)

    def is_public(self) -> bool:
        public = (control.is_public() for control in self.access_controls)
        return all(public) if self.logic == "and" else any(public)

    def stands_alone(self, mapper: orm.Mapper[Any]) -> bool:
        return all(control.stands_alone(mapper) for control in self.access_controls)

    def standing(self, rows: Rows, accessor: Accessor, is_new: IsNew) -> ColumnElement[bool] | None:
        if self.logic == "and":
            return standing_of_all(self.access_controls, rows, accessor, is_new)
        said = [c.standing(rows, accessor, is_new) for c in self.access_controls]
        told = [one for one in said if one is not None]
        return any_of(told) if len(told) == len(said) else None

    def _operands(self, entity: Any, accessor: Accessor) -> Iterator[ColumnElement[bool]]:
        return (control.predicate(entity, accessor) for control in self.access_controls)


def standing_of_all(
    controls: Iterable[UserAccessControl], rows: Rows, accessor: Accessor, is_new: IsNew
) -> ColumnElement[bool] | None:
    """Return what `controls`, all required, say of rows that are not written yet."""
    mapper = mapper_of(rows)
    asked = (control for control in controls if not control.stands_alone(mapper))
    said = (control.standing(rows, accessor, is_new) for control in asked)
    told = [one for one in said if one is not None]
    return all_of(told) if told else None


class NotAccessible(UserAccessControl):
    """The rows that a control refuses; admins pass here too, as everywhere.

    Two-valued: where the control is unknown (NULL), it refuses, so its opposite allows.
    """

    def __init__(self, control: UserAccessControl) -> None:
        self.control = control

    def may_be_kept(self) -> bool:
        return self.control.may_be_kept()

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        if accessor.is_admin:
            return sa.true()
        with under_or(True):
            allowed = self.control.predicate(entity, accessor)
        if isinstance(allowed, (True_, False_)):
            return sa.not_(allowed)
        return sa.not_(sa.func.coalesce(allowed, sa.false()))
