"""Who asks, as a parameter: left open in a predicate that serves everybody, filled in for one."""

from dataclasses import dataclass
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.sql.visitors import InternalTraversal

from baselayer.app.controls.rows import mark_gate

# The name of the open parameter: `statement.params(accessor_id=7)` fills it in.
ACCESSOR_ID = "accessor_id"


class LookedAtError(Exception):
    """A control looked at the user's id in Python, so its predicate is for that user alone."""


class AccessorId(BindParameter[Any]):
    """The id of who asks, not known yet. It takes the type of the column it is compared with.

    A control may put it into SQL, but not look at it: to choose by its value is LookedAtError.
    Executed while it is open, a statement fails for want of a value.
    """

    inherit_cache = True

    def __init__(self) -> None:
        super().__init__(ACCESSOR_ID, required=True)

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Refuse a comparison with a plain value, which would be one in Python."""
        if not all(isinstance(it, sa.ClauseElement) for it in other):
            raise LookedAtError
        return super().operate(op, *other, **kwargs)

    def __bool__(self) -> bool:
        raise LookedAtError

    __int__ = __index__ = __float__ = __bool__

    def __str__(self) -> str:
        raise LookedAtError

    def __format__(self, spec: str) -> str:
        raise LookedAtError


class Bound(ColumnElement[bool]):
    """A predicate with an open parameter, and the value that fills it in.

    The predicate is shared by all who ask: making one of these costs microseconds, copying the
    predicate with a value in it costs as much as compiling it. It stays in one piece: `or_()` and
    `and_()` would take parts out of a `Grouping`, to where the parameter is open.
    """

    __visit_name__ = "bound"

    _traverse_internals = [
        ("element", InternalTraversal.dp_clauseelement),
        ("bind", InternalTraversal.dp_clauseelement),
    ]
    inherit_cache = True

    def __init__(
        self, element: ColumnElement[bool], bind: BindParameter[Any], token: int | None = None
    ) -> None:
        self.element = element
        self.bind = bind
        self.token = token
        self.type = sa.Boolean()

    def _gen_cache_key(self, anon_map: Any, bindparams: list[Any]) -> Any:
        """Return what SQLAlchemy keeps the compiled statement under, without walking the predicate.

        That is walked at every execution otherwise, though it is one and the same for all who ask.
        """
        if self.token is None:
            return super()._gen_cache_key(anon_map, bindparams)
        # The key tells one parameter that stands in two places from two of the same value.
        bind: Any = self.bind
        return (Bound, self.token, bind._gen_cache_key(anon_map, bindparams))

    def _copy_internals(self, **kwargs: Any) -> None:
        """Become a copy, whose predicate may be another one from now on."""
        super()._copy_internals(**kwargs)
        self.token = None

    @property
    def _from_objects(self) -> list[sa.FromClause]:
        return self.element._from_objects

    def self_group(self, against: Any = None) -> Any:
        """Return this: it brings its parentheses."""
        return self


@dataclass(frozen=True, eq=False)
class OpenPredicate:
    """A predicate for everybody of the same rights."""

    condition: ColumnElement[bool]
    kind: Any
    """The type of the open parameter; None when there is none."""
    token: int | None
    """What tells it from every other one that there has been in this process; None when it has
    open parameters besides, whose values SQLAlchemy takes from the key of the statement."""

    def filled_in(self, user_id: Any) -> ColumnElement[bool]:
        """Return it for the user with this id; for nobody it holds nowhere."""
        if user_id is None:
            return sa.false()
        if self.kind is None:
            return self.condition
        value: BindParameter[Any] = sa.bindparam(ACCESSOR_ID, user_id, self.kind, unique=True)
        return mark_gate(Bound(self.condition, value, self.token))


def open_predicate(condition: ColumnElement[bool]) -> OpenPredicate:
    """Return `condition`, compiled for an `AccessorId`, as what it is."""
    binds = [it for it in visitors.iterate(condition) if isinstance(it, BindParameter)]
    kinds = (it.type for it in binds if isinstance(it, AccessorId))
    is_closed = not any(it.required for it in binds if not isinstance(it, AccessorId))
    return OpenPredicate(condition, next(kinds, None), next(_TOKENS) if is_closed else None)


_TOKENS = count()


@compiles(Bound)
def _render_bound(element: Any, compiler: SQLCompiler, **kwargs: Any) -> str:
    around = getattr(compiler, "accessor_bind", None)
    compiler.accessor_bind = element.bind  # type: ignore[attr-defined] # for _render_open, inside
    try:
        return f"({compiler.process(element.element, **kwargs)})"
    finally:
        compiler.accessor_bind = around  # type: ignore[attr-defined]


@compiles(AccessorId)
def _render_open(element: Any, compiler: SQLCompiler, **kwargs: Any) -> str:
    bind = getattr(compiler, "accessor_bind", None)
    rendered: str = compiler.visit_bindparam(  # type: ignore[no-untyped-call] # SQLAlchemy's
        element if bind is None else bind, **kwargs
    )
    return rendered
