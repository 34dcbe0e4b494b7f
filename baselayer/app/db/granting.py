"""Granting: may rows that are about to be written refer to what they refer to?

A row is judged once it is written, and then a link may itself be what makes it allowed: "members
may add members" would let anybody in. So, before a flush, the controls are asked about each new
(or moved) row as if it stood there, while the rows that it refers to have not heard of it yet.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.effective import standing_of
from baselayer.app.controls.rows import SourceRows
from baselayer.app.db.ledger import Ledger
from baselayer.app.db.verify import Asked, Counted, Identity, among
from baselayer.app.db.writing import to_many, to_one

# Which object a record gets the foreign key of these columns from.
Parents = dict[tuple[Any, frozenset[Any]], Any]

CHUNK_ROWS = 500  # a statement has at most 65,535 parameters


@dataclass(frozen=True)
class Standing(Asked):
    """May rows with these foreign keys be written? Rows of `new` relationships are not asked."""

    cls: type
    mode: str
    names: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]
    new: frozenset[str]

    @property
    def expected(self) -> int:
        return len(self.values)

    def counted(self, accessor: Accessor) -> Counted | None:
        """Return the FROM and condition that count the allowed rows, None if all are."""
        mapper: orm.Mapper[Any] = sa.inspect(self.cls)
        columns = [sa.column(name, mapper.columns[name].type) for name in self.names]
        source = sa.values(*columns, name="about_to_be_written").data(self.values)
        return _counted(SourceRows(mapper, source), source, self.mode, accessor, self.new)

    def refused(self, connection: sa.Connection, accessor: Accessor) -> list[str]:
        return [f"{self.mode} {self.cls.__name__}"]


@dataclass(frozen=True)
class Moving(Asked):
    """May an UPDATE set these columns, foreign keys among them, of these rows?"""

    cls: type
    identities: frozenset[Identity]
    sets: Mapping[str, Any]
    mode = "update"

    @property
    def expected(self) -> int:
        return len(self.identities)

    def counted(self, accessor: Accessor) -> Counted | None:
        """Return the FROM and condition that count the allowed rows, None if all are."""
        mapper: orm.Mapper[Any] = sa.inspect(self.cls)
        become = [
            sa.type_coerce(self.sets.get(name, getattr(self.cls, name)), column.type).label(name)
            for name, column in mapper.columns.items()
        ]
        source = sa.select(*become).where(among(self.cls, self.identities)).subquery()
        return _counted(SourceRows(mapper, source), source, self.mode, accessor, frozenset())

    def refused(self, connection: sa.Connection, accessor: Accessor) -> list[str]:
        return [f"{self.mode} {self.cls.__name__}"]


def _counted(
    rows: SourceRows, source: sa.FromClause, mode: str, accessor: Accessor, new: frozenset[str]
) -> Counted | None:
    stands = standing_of(rows, mode, accessor, new.__contains__)
    return None if stands is None else Counted(source, stands, None)


def standings(
    mode: str, records: Iterable[Any], ledger: Ledger, parents: Parents
) -> Iterator[Standing]:
    """Yield what is to be asked before `records` are written."""
    groups: dict[Any, set[tuple[Any, ...]]] = defaultdict(set)
    for record in records:
        keys, new = _references(record, ledger, parents)
        if keys:
            group = (type(record), tuple(keys), frozenset(new))
            groups[group].add(tuple(keys.values()))
    for (cls, names, new), rows in groups.items():
        values = list(rows)
        for start in range(0, len(values), CHUNK_ROWS):
            yield Standing(cls, mode, names, tuple(values[start : start + CHUNK_ROWS]), new)


def _references(record: Any, ledger: Ledger, parents: Parents) -> tuple[dict[str, Any], list[str]]:
    """Return the foreign keys that a flush will store, and which lead to rows it makes too."""
    keys: dict[str, Any] = {}
    new = []
    for relationship in to_one(sa.inspect(record).mapper):
        parent = _parent(record, relationship, parents)
        found = _key_of(record, relationship, parent)
        keys |= found
        if _is_new(relationship.mapper, parent, found, ledger):
            new.append(relationship.key)
    return dict(sorted(keys.items())), new


def _parent(
    record: Any, relationship: orm.RelationshipProperty[Any], parents: Parents
) -> Any | None:
    """Return the object that a flush will take the foreign key from, if there is one."""
    history = sa.inspect(record).attrs[relationship.key].history
    assigned = history.added[0] if history.added else None
    return assigned or parents.get((record, frozenset(relationship.local_columns)))


def _key_of(
    record: Any, relationship: orm.RelationshipProperty[Any], parent: Any | None
) -> dict[str, Any]:
    """Return the foreign key of `relationship`, by attribute."""
    mapper, found = sa.inspect(record).mapper, {}
    for near, far in relationship.local_remote_pairs or []:
        name = mapper.get_property_by_column(near).key
        if parent is None:
            found[name] = sa.inspect(record).dict.get(name)
            continue
        key = sa.inspect(parent).mapper.get_property_by_column(far).key
        stored = sa.inspect(parent).persistent
        found[name] = getattr(parent, key) if stored else sa.inspect(parent).dict.get(key)
    return found


def _is_new(
    mapper: orm.Mapper[Any], parent: Any | None, found: Mapping[str, Any], ledger: Ledger
) -> bool:
    if parent is not None:
        return not sa.inspect(parent).persistent or ledger.is_fresh(parent)
    identity = tuple(found.values())
    return len(identity) == len(mapper.primary_key) and ledger.has_fresh(mapper, identity)


def parents_of(records: Iterable[Any]) -> Parents:
    """Return which of `records` a child gets a foreign key from by standing in its collection."""
    parents: Parents = {}
    for record in records:
        state = sa.inspect(record)
        for relationship in to_many(state.mapper):
            columns = frozenset(far for _, far in relationship.local_remote_pairs or [])
            for child in state.attrs[relationship.key].history.added or ():
                parents[child, columns] = record
    return parents
