"""Linting: what is declared and works, but is slow, misleading or rests on what nobody ensures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql.elements import BinaryExpression

from baselayer.app.controls.base import (
    ComposedAccessControl,
    NotAccessible,
    UserAccessControl,
)
from baselayer.app.controls.checking import NOBODY, check_mode, modes_of
from baselayer.app.controls.constant import Public
from baselayer.app.controls.effective import control_of
from baselayer.app.controls.hops import relationship_of
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.controls.rows import AliasRows, column_of
from baselayer.app.controls.users import AccessibleIfUserMatches
from baselayer.app.errors import PolicyError

MODES = ("create", "read", "update", "delete")

Columns = tuple[str, ...]


@dataclass(frozen=True, order=True)
class Finding:
    """Something to mend in a declaration."""

    where: str
    kind: str
    """`index`, `foreign_key`, `widening`, `undeclared`, or `broken`: it cannot compile."""

    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def lint_policies(of: orm.registry | Iterable[orm.Mapper[Any]]) -> list[Finding]:
    """Return what is to be mended in the controls of all classes; `check_policies` only raises."""
    mappers = of.mappers if isinstance(of, orm.registry) else of
    orm.configure_mappers()
    found: set[Finding] = set()
    for mapper in mappers:
        found.update(_of_class(mapper))
    return sorted(found)


def _of_class(mapper: orm.Mapper[Any]) -> Iterator[Finding]:
    cls = mapper.class_
    for mode in MODES:
        if not _is_declared(cls, mode):
            message = f"{mode} is not declared, so it is restricted: write that it is, or who may"
            yield Finding(cls.__name__, "undeclared", message)
    for mode in modes_of(cls):
        where = f"{cls.__name__}.{mode}"
        try:
            check_mode(cls, mode)
        except PolicyError as error:
            yield Finding(where, "broken", str(error))
            continue
        yield from _widening(mapper, mode)
        for control in _leaves(control_of(cls, mode)):
            yield from _of_control(mapper, where, control)


def _is_declared(cls: type, mode: str) -> bool:
    """Tell whether `cls` or a class that it builds on says `mode`; the mixins' default is none."""
    return any(mode in vars(it) for it in cls.__mro__ if hasattr(it, "registry"))


def _leaves(control: UserAccessControl) -> Iterator[UserAccessControl]:
    control = control.declared
    if isinstance(control, ComposedAccessControl):
        for part in control.access_controls:
            yield from _leaves(part)
    elif isinstance(control, NotAccessible):
        yield from _leaves(control.control)
    else:
        yield control


def _widening(mapper: orm.Mapper[Any], mode: str) -> Iterator[Finding]:
    """Find what a subclass allows besides what its ancestor does: it never takes effect."""
    if mapper.inherits is None:
        return
    own, above = (control_of(m.class_, mode) for m in (mapper, mapper.inherits))
    ways, known = _ways(own), _ways(above)
    is_wider = (isinstance(own, Public) and not isinstance(above, Public)) or ways > known
    if own is not above and is_wider:
        yield Finding(
            f"{mapper.class_.__name__}.{mode}",
            "widening",
            f"it allows more than {mapper.inherits.class_.__name__}.{mode}, but a subclass can "
            "only narrow: what is added has no effect. Add it there, or leave it out",
        )


def _ways(control: UserAccessControl) -> set[Any]:
    """Return what an OR is made of, so that it can be compared."""
    control = control.declared
    if isinstance(control, ComposedAccessControl) and control.logic == "or":
        return set().union(*(_ways(part) for part in control.access_controls))
    if type(control) is AccessibleIfUserMatches:
        return {(control.relationship_chain, control.where)}
    return {id(control)}


def _of_control(
    mapper: orm.Mapper[Any], where: str, control: UserAccessControl
) -> Iterator[Finding]:
    if isinstance(control, AccessibleIfUserMatches):
        yield from _foreign_keys(mapper, where, control.relationship_names)
        if type(control) is AccessibleIfUserMatches:
            yield from _indexes_of_chain(mapper, where, control)
    elif isinstance(control, AccessibleIfRelatedRowsAreAccessible):
        for name in control.properties_and_modes:
            yield from _foreign_keys(mapper, where, [name])
            yield from _indexes_of_hop(mapper, where, name)


def _foreign_keys(mapper: orm.Mapper[Any], where: str, names: Sequence[str]) -> Iterator[Finding]:
    """Find the columns that stand for a row elsewhere without a foreign key that says it exists."""
    for name in names:
        relationship = relationship_of(mapper, name)
        pairs = [*relationship.synchronize_pairs, *(relationship.secondary_synchronize_pairs or [])]
        for there, here in pairs:
            if not any(key.column is there for key in here.foreign_keys):
                message = (
                    f"{_spelled(here)} has no foreign key to {_spelled(there)}, so a row that is "
                    "gone could still grant: add one"
                )
                yield Finding(where, "foreign_key", message)
        mapper = relationship.mapper


def _indexes_of_hop(mapper: orm.Mapper[Any], where: str, name: str) -> Iterator[Finding]:
    relationship = relationship_of(mapper, name)
    if relationship.direction is orm.RelationshipDirection.MANYTOONE:
        return
    columns = [here for _, here in relationship.synchronize_pairs]
    yield from _index(where, columns[0].table, [tuple(column.name for column in columns)])


def _indexes_of_chain(
    mapper: orm.Mapper[Any], where: str, chain: AccessibleIfUserMatches
) -> Iterator[Finding]:
    """Find the tables on the way that can be read in one direction only.

    A look-up goes from the row to the accessor, a page or a count from the accessor to the rows.
    """
    rows = AliasRows(mapper)
    way = chain.way(rows, NOBODY)
    sources = [*way.near.sources, *way.far.sources]
    inwards: dict[Any, list[str]] = {}
    outwards: dict[Any, list[str]] = {}
    for condition in [*way.near.conditions, *way.far.conditions]:
        if not isinstance(condition, BinaryExpression):
            continue
        left, right = condition.left, condition.right
        if isinstance(right, sa.BindParameter):
            outwards.setdefault(left.table, []).append(left.name)
        elif getattr(left, "table", None) is not None and getattr(right, "table", None) is not None:
            inwards.setdefault(left.table, []).append(left.name)
            outwards.setdefault(right.table, []).append(right.name)
    aliases: list[Any] = sources
    for source in aliases:
        near, far = inwards.get(source, []), outwards.get(source, [])
        wanted = [tuple(dict.fromkeys([*near, *far])), tuple(dict.fromkeys([*far, *near]))]
        yield from _index(where, source.element, [it for it in wanted if near and far])
    own = {column_of(rows, column): column for column in mapper.columns}
    for column in own:
        if column.name in outwards.get(column.table, []) and column.table not in sources:
            yield from _index(where, own[column].table, [(own[column].name,)])


def _index(where: str, table: Any, wanted: Sequence[Columns]) -> Iterator[Finding]:
    for columns in wanted:
        if not _has_index(table, columns):
            names = ", ".join(columns)
            message = f"{table.name} has no index that begins with ({names}): add one"
            yield Finding(where, "index", message)


def _has_index(table: sa.Table, columns: Columns) -> bool:
    """Tell whether an index begins with `columns`, or with a key that alone names a row."""
    whole = [
        index for index in table.indexes if index.dialect_options["postgresql"]["where"] is None
    ]
    unique = [
        constraint
        for constraint in table.constraints
        if isinstance(constraint, (sa.UniqueConstraint, sa.PrimaryKeyConstraint))
    ]
    keys = [tuple(c.name for c in it.columns) for it in [*unique, *(i for i in whole if i.unique)]]
    indexes = [*keys, *(tuple(getattr(c, "name", "") for c in it.expressions) for it in whole)]
    is_named = any(key == columns[: len(key)] for key in keys if key)
    return is_named or any(index[: len(columns)] == columns for index in indexes)


def _spelled(column: Any) -> str:
    return f"{column.table.name}.{column.name}"
