"""What controls mean, in plain Python over rows in memory: the naive side of every comparison.

Written from docs/reference/controls.md alone. It knows no SQL, no mapper and nothing of the
compiler; where the two differ, the page says who is wrong.
"""

import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

# --- Who asks, and of what ------------------------------------------------------------------------


@dataclass(frozen=True)
class Asker:
    """A user, or a token that acts for one."""

    user_id: int
    permissions: frozenset[str] = frozenset()
    narrowing: None = None  # these askers are not narrowed to some named records

    @property
    def is_admin(self) -> bool:
        """Tell whether System admin is among the permissions."""
        return "System admin" in self.permissions


@dataclass(eq=False)
class Row:
    """A stored row: its class, its values, and the rows that each relationship leads to."""

    kind: str
    key: tuple[int, ...]
    values: dict[str, Any]
    links: dict[str, list["Row"]] = field(default_factory=dict)


# --- Conditions on the columns of a row, with SQL's three values ----------------------------------


@dataclass(frozen=True)
class Compare:
    """A column compared with a value; unknown where the column is NULL."""

    column: str
    sign: str  # one of SIGNS
    value: Any


@dataclass(frozen=True)
class IsNull:
    """A column is NULL: never unknown."""

    column: str


@dataclass(frozen=True)
class Mine:
    """A column holds the id of who asks: only for controls that are given the accessor."""

    column: str


@dataclass(frozen=True)
class Opposite:
    """NOT, unknown of what is unknown."""

    condition: Any


@dataclass(frozen=True)
class Either:
    """OR: true if one is, false if both are, else unknown."""

    one: Any
    other: Any


SIGNS = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt}


def truth(condition: Any, row: Row, asker: Asker) -> bool | None:
    """Return whether `condition` is true of `row`; None is unknown."""
    match condition:
        case Compare(column, sign, value):
            found = row.values[column]
            return None if found is None else bool(SIGNS[sign](found, value))
        case IsNull(column):
            return row.values[column] is None
        case Mine(column):
            found = row.values[column]
            return None if found is None else bool(found == asker.user_id)
        case Opposite(inner):
            answer = truth(inner, row, asker)
            return None if answer is None else not answer
        case Either(one, other):
            answers = {truth(one, row, asker), truth(other, row, asker)}
            if True in answers:
                return True
            return None if None in answers else False
    raise TypeError(condition)


# --- Controls -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Public:
    """Always."""


@dataclass(frozen=True)
class Restricted:
    """Never, save admins."""


@dataclass(frozen=True)
class Matches:
    """The chain leads to the asker; of the rows that step `at` leads to only those with `where`."""

    chain: tuple[str, ...]
    where: Any = None
    at: int = 0
    form: str = "ours"


@dataclass(frozen=True)
class Related:
    """Each relationship leads to a row that is allowed in its mode."""

    modes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class If:
    """The condition is true of the row."""

    condition: Any


@dataclass(frozen=True)
class Permitted:
    """The asker has the permission."""

    acl: str


@dataclass(frozen=True)
class AllOf:
    """Every operand allows it."""

    operands: tuple[Any, ...]


@dataclass(frozen=True)
class AnyOf:
    """One operand allows it."""

    operands: tuple[Any, ...]


@dataclass(frozen=True)
class Not:
    """The control does not allow it."""

    control: Any


@dataclass(frozen=True)
class Custom:
    """What a statement or condition of the application's own allows, written in `form`.

    `asks_admin` is that of a function which lets admins through by itself.
    """

    condition: Any
    form: str
    asks_admin: bool = False


# --- What they mean -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rules:
    """Which classes there are, where their relationships lead, and what they declare."""

    parents: dict[str, str]
    targets: dict[tuple[str, str], str]
    declared: dict[tuple[str, str], Any]

    def lineage(self, kind: str) -> Iterator[str]:
        """Yield a class and its ancestors."""
        yield kind
        if kind in self.parents:
            yield from self.lineage(self.parents[kind])

    def controls(self, kind: str, mode: str) -> list[Any]:
        """Return what a row of exactly this class must pass."""
        found = [self.declared.get((name, mode)) for name in self.lineage(kind)]
        return [control for control in found if control is not None] or [Restricted()]

    def descendants(self, kind: str) -> list[str]:
        """Return the classes below `kind`."""
        return [name for name in self.parents if kind in self.lineage(name) and name != kind]

    def target(self, kind: str, name: str) -> str:
        """Return the class that relationship `name` leads to."""
        owners = [ancestor for ancestor in self.lineage(kind) if (ancestor, name) in self.targets]
        return self.targets[owners[0], name]

    def is_public(self, kind: str, mode: str) -> bool:
        """Tell whether no row of the class, nor of one below, is refused to anybody."""
        declared = [self.controls(name, mode) for name in [kind, *self.descendants(kind)]]
        return all(_is_public(control) for controls in declared for control in controls)


def allows(rules: Rules, row: Row, mode: str, asker: Asker) -> bool:
    """Tell whether `asker` may touch `row` in `mode`."""
    return all(holds(rules, control, row, asker) for control in rules.controls(row.kind, mode))


def holds(rules: Rules, control: Any, row: Row, asker: Asker) -> bool:
    """Tell whether `control` allows `row`."""
    match control:
        case Custom(condition, _, asks_admin):
            return (asks_admin and asker.is_admin) or truth(condition, row, asker) is True
        case AllOf(operands):
            return all(holds(rules, operand, row, asker) for operand in operands)
        case AnyOf(operands):
            return any(holds(rules, operand, row, asker) for operand in operands)
    return asker.is_admin or _holds(rules, control, row, asker)


def _holds(rules: Rules, control: Any, row: Row, asker: Asker) -> bool:
    """Tell whether a control that admins pass allows `row` to somebody who is none."""
    match control:
        case Public():
            return True
        case Restricted():
            return False
        case Permitted(acl):
            return acl in asker.permissions
        case If(condition):
            return truth(condition, row, asker) is True
        case Not(inner):
            return not holds(rules, inner, row, asker)
        case Matches():
            return asker.user_id in {user.key[0] for user in _ends(control, row, asker)}
        case Related(modes):
            return all(_leads_on(rules, row, name, mode, asker) for name, mode in modes)
    raise TypeError(control)


def _ends(control: Matches, row: Row, asker: Asker) -> Iterable[Row]:
    places = [row]
    for step, name in enumerate(control.chain):
        places = [there for place in places for there in place.links[name]]
        if control.where is not None and step == control.at:
            places = [place for place in places if truth(control.where, place, asker) is True]
    return places


def _leads_on(rules: Rules, row: Row, name: str, mode: str, asker: Asker) -> bool:
    if rules.is_public(rules.target(row.kind, name), mode):
        return True
    return any(allows(rules, there, mode, asker) for there in row.links[name])


def _is_public(control: Any) -> bool:
    match control:
        case Public():
            return True
        case AllOf(operands):
            return all(_is_public(operand) for operand in operands)
        case AnyOf(operands):
            return any(_is_public(operand) for operand in operands)
    return False
