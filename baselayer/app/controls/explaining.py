"""Explanation: why a row is accessible or not, as a tree of controls with ✓ and ✗."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.base import (
    ComposedAccessControl,
    NotAccessible,
    UserAccessControl,
    under_or,
)
from baselayer.app.controls.effective import (
    inherited,
    is_public,
    narrowing_heirs,
    narrowings,
    predicate_of,
)
from baselayer.app.controls.hops import Path, hop, materialise
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.controls.rows import Rows, all_of, mapper_of, rows_of
from baselayer.app.controls.users import AccessibleIfUserMatches

Condition = ColumnElement[bool]


@dataclass
class Explanation:
    """One control's answer, and those of the controls that it is made of."""

    label: str
    condition: Condition
    parts: list["Explanation"] = field(default_factory=list)
    allowed: bool = False

    def walk(self) -> Iterator["Explanation"]:
        """Yield this and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yield it as text, indented."""
        yield f"{'  ' * depth}{'✓' if self.allowed else '✗'} {self.label}"
        for part in self.parts:
            yield from part.lines(depth + 1)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        parts = [part.as_dict() for part in self.parts]
        return {"label": self.label, "allowed": self.allowed, "parts": parts}

    def __str__(self) -> str:
        return "\n".join(self.lines())


def explained(cls: Any, mode: str, accessor: Accessor) -> Explanation:
    """Return the tree of what `mode` of `cls` asks, not answered yet."""
    whole = predicate_of(cls, mode, accessor)
    return Explanation(
        f"{mode} {cls.__name__}", whole, _asked(rows_of(cls), mode, accessor, _as_is)
    )


def statement_of(explanation: Explanation, cls: Any) -> sa.Select[Any]:
    """Return the one SELECT that answers all parts of `explanation`, in the order of `walk`."""
    parts = enumerate(explanation.walk())
    answers: list[Any] = [part.condition.label(f"part_{n}") for n, part in parts]
    return sa.select(*answers).select_from(cls)


Around = Callable[[Condition], Condition]


def _as_is(condition: Condition) -> Condition:
    return condition


def _asked(rows: Rows, mode: str, accessor: Accessor, around: Around) -> list[Explanation]:
    """Return the controls that rows must pass, each; `around` says it of the explained row."""
    mapper = mapper_of(rows)
    asked = [_part(rows, control, accessor, around) for control in inherited(mapper, mode)]
    kinds = ", ".join(heir.class_.__name__ for heir, _ in narrowing_heirs(mapper, mode))
    if kinds:
        narrowed = all_of(narrowings(rows, mode, accessor))
        asked.append(Explanation(f"as {kinds}, also its own control", around(narrowed)))
    return asked


def _part(
    rows: Rows, control: UserAccessControl, accessor: Accessor, around: Around
) -> Explanation:
    control = control.declared
    with under_or(True):
        allowed = control.predicate(rows, accessor)
    made = Explanation(named(control), around(allowed))
    if isinstance(control, ComposedAccessControl):
        made.parts = [_part(rows, it, accessor, around) for it in control.access_controls]
    elif isinstance(control, NotAccessible):
        made.parts = [_part(rows, control.control, accessor, around)]
    elif type(control) is AccessibleIfRelatedRowsAreAccessible and not accessor.is_admin:
        for name, mode in control.properties_and_modes.items():
            made.parts.append(_related(rows, name, mode, accessor, around))
    return made


def _related(rows: Rows, name: str, mode: str, accessor: Accessor, around: Around) -> Explanation:
    path = Path()
    target = materialise(path, hop(path, rows, name))
    cls = mapper_of(target).class_

    def there(condition: Condition) -> Condition:
        return around(path.exists(condition, fenced=True))

    label = f"{name}: {mode} {cls.__name__}"
    if is_public(mapper_of(target), mode):
        return Explanation(label, sa.true())
    parts = _asked(target, mode, accessor, there)
    return Explanation(label, there(predicate_of(target, mode, accessor)), parts)


def named(control: UserAccessControl) -> str:
    """Return what `control` asks, in a few words."""
    if isinstance(control, ComposedAccessControl):
        return "all of" if control.logic == "and" else "any of"
    if isinstance(control, NotAccessible):
        return "not"
    if isinstance(control, AccessibleIfRelatedRowsAreAccessible):
        return "related records are accessible"
    if isinstance(control, AccessibleIfUserMatches):
        limited = " under a condition" if control.where is not None else ""
        return f"{control.relationship_chain} is the user{limited}"
    acl = getattr(control, "acl", None)
    return type(control).__name__ if acl is None else f"permission {acl!r}"
