"""Who asks, as a parameter: left open in a predicate that serves everybody, filled in for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
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


NO_VALUES: Mapping[str, Any] = MappingProxyType({})


class LookedAtError(Exception):
    """A control looked at the user's id in Python, so its predicate is for that user alone."""


class OpenParameter(BindParameter[Any]):
    """A value that is not known yet: a statement executed while it is open fails for want of it."""

    inherit_cache = True

    def __init__(self, name: str, kind: Any = None) -> None:
        super().__init__(name, type_=kind, required=True)


class AccessorId(OpenParameter):
    """The id of who asks. It takes the type of the column it is compared with.

    A control may put it into SQL, but not look at it: to choose by its value is LookedAtError.
    """

    inherit_cache = True

    def __init__(self) -> None:
        super().__init__(ACCESSOR_ID)

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
    """A predicate with open parameters, and the values that fill them in.

    The predicate is shared by all who ask: making one of these costs microseconds, copying the
    predicate with a value in it costs as much as compiling it. It stays in one piece: `or_()` and
    `and_()` would take parts out of a `Grouping`, to where the parameters are open.
    """

    __visit_name__ = "bound"

    _traverse_internals = [
        ("element", InternalTraversal.dp_clauseelement),
        ("binds", InternalTraversal.dp_clauseelement_tuple),
    ]
    inherit_cache = True

    def __init__(
        self,
        element: ColumnElement[bool],
        binds: Mapping[str, BindParameter[Any]],
        token: int | None = None,
    ) -> None:
        self.element = element
        self.names = tuple(binds)
        self.binds = tuple(binds.values())
        self.token = token
        self.type = sa.Boolean()

    def _gen_cache_key(self, anon_map: Any, bindparams: list[Any]) -> Any:
        """Return what SQLAlchemy keeps the compiled statement under, without walking the predicate.

        That is walked at every execution otherwise, though it is one and the same for all who ask.
        """
        if self.token is None:
            return super()._gen_cache_key(anon_map, bindparams)
        # The key tells one parameter that stands in two places from two of the same value.
        binds: Any = self.binds
        keys = [bind._gen_cache_key(anon_map, bindparams) for bind in binds]
        return (Bound, self.token, *keys)

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


def in_one_piece(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return `condition`, of open parameters only, so that SQLAlchemy need not walk it either.

    Keep what it returns: each call makes one that is unlike all others.
    """
    return mark_gate(Bound(condition, {}, next(_TOKENS)))


@dataclass(frozen=True, eq=False)
class OpenPredicate:
    """A predicate for everybody of the same rights."""

    condition: ColumnElement[bool]
    kinds: dict[str, Any]
    """The types of the open parameters, by name."""
    token: int | None
    """What tells it from every other one that there has been in this process; None when it has
    parameters of others' besides, whose values SQLAlchemy takes from the key of the statement."""

    def filled_in(self, user_id: Any, values: Mapping[str, Any] = NO_VALUES) -> ColumnElement[bool]:
        """Return it for the user with this id, with these `values` of its other open parameters.

        For nobody it holds nowhere.
        """
        if user_id is None:
            return sa.false()
        if not self.kinds:
            return self.condition
        given = {ACCESSOR_ID: user_id, **values}
        binds: dict[str, BindParameter[Any]] = {
            name: sa.bindparam(name, given[name], kind, unique=True)
            for name, kind in self.kinds.items()
        }
        return mark_gate(Bound(self.condition, binds, self.token))


def open_predicate(condition: ColumnElement[bool]) -> OpenPredicate:
    """Return `condition`, compiled for an `AccessorId`, as what it is."""
    binds = [it for it in visitors.iterate(condition) if isinstance(it, BindParameter)]
    kinds = {it.key: it.type for it in binds if isinstance(it, OpenParameter)}
    is_closed = not any(it.required for it in binds if not isinstance(it, OpenParameter))
    return OpenPredicate(condition, kinds, next(_TOKENS) if is_closed else None)


_TOKENS = count()


@compiles(Bound)
def _render_bound(element: Any, compiler: SQLCompiler, **kwargs: Any) -> str:
    around = getattr(compiler, "filled_in", {})
    # For _render_open, inside.
    compiler.filled_in = dict(zip(element.names, element.binds, strict=True))  # type: ignore[attr-defined]
    try:
        return f"({compiler.process(element.element, **kwargs)})"
    finally:
        compiler.filled_in = around  # type: ignore[attr-defined]


@compiles(OpenParameter)
def _render_open(element: Any, compiler: SQLCompiler, **kwargs: Any) -> str:
    bind = getattr(compiler, "filled_in", {}).get(element.key, element)
    rendered: str = compiler.visit_bindparam(bind, **kwargs)  # type: ignore[no-untyped-call] # SQLAlchemy's
    return rendered
