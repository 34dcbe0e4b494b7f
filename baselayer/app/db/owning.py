"""Owning: which columns of a record say whose it is. To change them is to give it away.

They are those of the to-one relationships to a user that the class's `update` and `delete` controls
go by, unless the class names them itself: `owner_relationships = ("owner",)`.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.base import ComposedAccessControl, NotAccessible, UserAccessControl
from baselayer.app.controls.effective import control_of
from baselayer.app.controls.hops import is_to_one
from baselayer.app.controls.users import AccessibleIfUserMatches
from baselayer.app.db.writing import names_of_row

OWNERS_MODES = ("update", "delete")
KEPT_BY_US = frozenset({"modified"})  # changes by itself, and tells nothing


def owner_columns(mapper: orm.Mapper[Any]) -> frozenset[str]:
    """Return the attributes of `mapper` whose columns say whose a record is."""
    return frozenset(
        mapper.get_property_by_column(column).key
        for name in _owner_relationships(mapper)
        for column in mapper.relationships[name].local_columns
    )


def gives_away(record: Any) -> bool:
    """Tell whether a flush will make the record another's."""
    mapper = sa.inspect(record).mapper
    names = {*_owner_relationships(mapper), *owner_columns(mapper)}
    return any(_is_changed(record, name) for name in names)


def only_gives_away(record: Any) -> bool:
    """Tell whether a flush will make the record another's, and change nothing else of it."""
    mapper = sa.inspect(record).mapper
    changed = {name for name in names_of_row(mapper) if _is_changed(record, name)}
    owners = {*_owner_relationships(mapper), *owner_columns(mapper)}
    return bool(changed & owners) and changed <= owners | KEPT_BY_US


def _owner_relationships(mapper: orm.Mapper[Any]) -> set[str]:
    declared = getattr(mapper.class_, "owner_relationships", None)
    if declared is not None:
        return set(declared)
    return {
        name
        for ancestor in mapper.iterate_to_root()
        for mode in OWNERS_MODES
        for name in _users_of(control_of(ancestor.class_, mode))
        if is_to_one(mapper, name)
    }


def _users_of(control: UserAccessControl) -> Iterator[str]:
    """Yield the relationships by which `control` goes straight to a user."""
    control = control.declared
    if isinstance(control, ComposedAccessControl):
        for part in control.access_controls:
            yield from _users_of(part)
    elif isinstance(control, NotAccessible):
        yield from _users_of(control.control)
    elif isinstance(control, AccessibleIfUserMatches) and len(control.relationship_names) == 1:
        yield control.relationship_names[0]


def _is_changed(record: Any, name: str) -> bool:
    history: orm.attributes.History = sa.inspect(record).attrs[name].history
    return history.has_changes()
