"""What a class's controls come to: of a mode, down and up the inheritance tree, without cycles."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnElement, False_, True_

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.base import (
    IsNew,
    UserAccessControl,
    is_under_or,
    standing_of_all,
    under_or,
)
from baselayer.app.controls.bound import (
    ACCESSOR_ID,
    AccessorId,
    LookedAtError,
    OpenPredicate,
    open_predicate,
)
from baselayer.app.controls.constant import restricted
from baselayer.app.controls.hops import Path
from baselayer.app.controls.narrowing import left
from baselayer.app.controls.rows import (
    AliasRows,
    Rows,
    all_of,
    column_of,
    mapper_of,
    mark_gate,
    primary_key_of,
    rows_of,
    source_of,
)
from baselayer.app.errors import PolicyError

KEPT_PREDICATES = 2048  # some 20 kB each
KEPT_FILLED_IN = 8192  # some 1 kB each


@dataclass(frozen=True)
class Shape:
    """All that a predicate which is kept may know of who asks; an accessor itself."""

    user_id: Any
    is_admin: bool
    permissions: frozenset[str]
    narrowing: None = None
    """A kept predicate serves everybody; what a narrowing leaves is added to it."""


class _FickleError(Exception):
    """A class was met whose predicates must not be kept."""


# True while a predicate is compiled to be kept.
_keeping: ContextVar[bool] = ContextVar("keeping", default=False)
_compiling: ContextVar[tuple[tuple[type, str], ...]] = ContextVar("compiling", default=())


def control_of(cls: type, mode: str) -> UserAccessControl:
    """Return the control that `cls` declares for `mode`; undeclared is restricted."""
    control = getattr(cls, mode, restricted)
    if not isinstance(control, UserAccessControl):
        raise PolicyError(f"{cls.__name__}.{mode} is no access control but {control!r}")
    # A class that nobody watches could be given other controls unnoticed.
    if _keeping.get() and not (
        control.declared.may_be_kept() and getattr(type(cls), "watches_controls", False)
    ):
        raise _FickleError
    return control.declared


def predicate_of(entity: Any, mode: str, accessor: Accessor) -> ColumnElement[bool]:
    """Return the condition for the rows of `entity` that `accessor` may touch in `mode`.

    A subclass can only narrow: its rows must pass the controls of its ancestors too, also when
    they are selected as rows of an ancestor. A cycle of controls raises PolicyError.
    """
    kept = _kept_for(entity, mode, accessor)
    allowed = (
        _compiled(entity, mode, accessor) if kept is None else _filled_in(kept, accessor.user_id)
    )
    return _narrowed(allowed, entity, mode, accessor)


def _narrowed(
    allowed: ColumnElement[bool], entity: Any, mode: str, accessor: Accessor
) -> ColumnElement[bool]:
    """Return `allowed` within what the narrowing of `accessor` leaves of the rows asked for.

    Rows that a control of another looks at are not asked for.
    """
    if accessor.narrowing is None or _compiling.get():
        return allowed
    within = all_of([allowed, left(rows_of(entity), mode, accessor)])
    return within if isinstance(within, (True_, False_)) else mark_gate(within)


def open_predicate_of(cls: type, mode: str, accessor: Accessor) -> tuple[ColumnElement[bool], str]:
    """Return `predicate_of(…)` with the user's id left open, and the name of that parameter.

    For who fills it in himself, with `statement.params(**{name: user_id})` once a statement or by
    SQL of his own. The id must not be NULL: NOT would turn that into access. A predicate that
    cannot be kept has no open parameter, but the accessor's own value in it.
    """
    kept = _kept_for(cls, mode, accessor)
    condition = _compiled(cls, mode, accessor) if kept is None else kept.condition
    return _narrowed(condition, cls, mode, accessor), ACCESSOR_ID


def _kept_for(entity: Any, mode: str, accessor: Accessor) -> OpenPredicate | None:
    if not isinstance(entity, type) or _compiling.get() or is_under_or():
        return None
    return _kept(entity, mode, accessor.is_admin, frozenset(accessor.permissions))


@lru_cache(maxsize=KEPT_PREDICATES)
def _kept(
    cls: type, mode: str, is_admin: bool, permissions: frozenset[str]
) -> OpenPredicate | None:
    predicate = for_all(lambda shape: _compiled(cls, mode, shape), is_admin, permissions)
    return None if predicate is None else open_predicate(predicate)


def for_all(
    compiled: Callable[[Accessor], ColumnElement[bool]], is_admin: bool, permissions: frozenset[str]
) -> ColumnElement[bool] | None:
    """Return what `compiled` makes for all accessors of these rights, None if it depends on more.

    The user's id is left open in it. Compiled from the shape of an accessor alone, it cannot hold
    what else one is.
    """
    token = _keeping.set(True)
    try:
        condition = compiled(Shape(AccessorId(), is_admin, permissions))
    except (_FickleError, LookedAtError):
        return None
    finally:
        _keeping.reset(token)
    return None if _holds_a_moment(condition) else condition


@lru_cache(maxsize=KEPT_FILLED_IN)
def _filled_in(kept: OpenPredicate, user_id: Any) -> ColumnElement[bool]:
    return kept.filled_in(user_id)


def is_kept(cls: type, mode: str, accessor: Accessor) -> bool:
    """Tell whether `predicate_of(…)` depends on nothing of `accessor` but what a `Shape` holds."""
    return accessor.narrowing is None and _kept_for(cls, mode, accessor) is not None


def kept_alone(cls: type, mode: str, accessor: Accessor) -> OpenPredicate | None:
    """Return the kept predicate if it is all that `predicate_of` asks of `accessor`, else None."""
    kept = _kept_for(cls, mode, accessor)
    if kept is None or predicate_of(cls, mode, accessor) is not _filled_in(kept, accessor.user_id):
        return None
    return kept


def forget_kept() -> None:
    """Forget what is kept: a class has been given other controls."""
    for cache in _CACHES:
        cache.cache_clear()


def forgets_with_kept(cache: Any) -> Any:
    """Have `cache`, a function of `lru_cache`, forget when the predicates are forgotten."""
    _CACHES.append(cache)
    return cache


_CACHES: list[Any] = [_kept, _filled_in]


def _holds_a_moment(predicate: ColumnElement[bool]) -> bool:
    """Tell whether `predicate` compares with a moment of Python's clock, and so goes stale."""
    binds = (it for it in visitors.iterate(predicate) if isinstance(it, sa.BindParameter))
    return any(isinstance(bind.value, (date, time, timedelta)) for bind in binds)


def _compiled(entity: Any, mode: str, accessor: Accessor) -> ColumnElement[bool]:
    rows = rows_of(entity)
    mapper = mapper_of(rows)
    with _noting(mapper.class_, mode):
        conditions = [c.predicate(entity, accessor) for c in inherited(mapper, mode)]
        conditions += narrowings(rows, mode, accessor)
    if mapper.single and mapper.inherits is not None:
        conditions.append(_is_kind(rows, mapper))
    allowed = all_of(conditions)
    return allowed if isinstance(allowed, (True_, False_)) else mark_gate(allowed)


def is_public(mapper: orm.Mapper[Any], mode: str) -> bool:
    """Tell whether every row of `mapper`, subclasses included, is open to everybody in `mode`."""
    heirs = mapper.self_and_descendants
    return all(c.is_public() for heir in heirs for c in inherited(heir, mode))


def standing_of(
    rows: Rows, mode: str, accessor: Accessor, is_new: IsNew
) -> ColumnElement[bool] | None:
    """Return what must hold for `rows` before they are written in `mode`, None if nothing must."""
    mapper = mapper_of(rows)
    with _noting(mapper.class_, mode):  # the rows that these refer to are not what is asked for
        return standing_of_all(inherited(mapper, mode), rows, accessor, is_new)


@contextmanager
def _noting(cls: type, mode: str) -> Iterator[None]:
    stack = _compiling.get()
    if (cls, mode) in stack:
        names = " -> ".join(f"{c.__name__}.{m}" for c, m in (*stack, (cls, mode)))
        raise PolicyError(f"controls refer to each other in a circle: {names}")
    token = _compiling.set((*stack, (cls, mode)))
    try:
        yield
    finally:
        _compiling.reset(token)


def inherited(mapper: orm.Mapper[Any], mode: str) -> list[UserAccessControl]:
    """Return the distinct controls of `mapper` and its ancestors, its own first."""
    controls: list[UserAccessControl] = []
    for ancestor in mapper.iterate_to_root():
        control = control_of(ancestor.class_, mode)
        if not any(control is known for known in controls):
            controls.append(control)
    return controls


def narrowing_heirs(
    mapper: orm.Mapper[Any], mode: str
) -> Iterator[tuple[orm.Mapper[Any], UserAccessControl]]:
    """Yield each subclass with a control of its own, and that control."""
    known = inherited(mapper, mode)
    for heir in mapper.self_and_descendants:
        own = control_of(heir.class_, mode)
        if heir is not mapper and not any(own is control for control in known):
            yield heir, own


def narrowings(rows: Rows, mode: str, accessor: Accessor) -> Iterator[ColumnElement[bool]]:
    """Yield, for each subclass with a control of its own, `is no such row OR passes it`."""
    for heir, own in narrowing_heirs(mapper_of(rows), mode):
        narrowed = AliasRows(heir)
        with under_or(False):
            passes = own.predicate(narrowed, accessor)
        if isinstance(passes, True_):
            continue
        keys = zip(primary_key_of(rows), primary_key_of(narrowed), strict=True)
        passes = sa.and_(*(near == far for near, far in keys), passes)
        is_one = Path([source_of(narrowed)]).exists(passes, fenced=True)
        yield sa.or_(sa.not_(_is_kind(rows, heir)), is_one)


def _is_kind(rows: Rows, heir: orm.Mapper[Any]) -> ColumnElement[bool]:
    """Return the condition that a row is one of `heir` or of its subclasses."""
    discriminator = heir.polymorphic_on
    if not isinstance(discriminator, sa.Column):
        raise PolicyError(f"{heir.class_.__name__} has no discriminator column")
    kinds = [m.polymorphic_identity for m in heir.self_and_descendants]
    return column_of(rows, discriminator).in_([kind for kind in kinds if kind is not None])
