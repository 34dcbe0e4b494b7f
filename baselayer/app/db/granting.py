"""Granting: may rows that are about to be written refer to what they refer to?

A row is judged once it is written, and then a link may itself be what makes it allowed: "members
may add members" would let anybody in. So, before a flush, the controls are asked about each new
(or moved) row as if it stood there, while the rows that it refers to have not heard of it yet.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import True_

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.bound import ACCESSOR_ID, OpenParameter, in_one_piece
from baselayer.app.controls.effective import for_all, forgets_with_kept, standing_of
from baselayer.app.controls.ids import IdArray
from baselayer.app.controls.rows import SourceRows
from baselayer.app.db.ledger import Ledger
from baselayer.app.db.verify import Asked, Counted, Identity, among
from baselayer.app.db.writing import to_many, to_one

# Which object a record gets the foreign key of these columns from.
Parents = dict[tuple[Any, frozenset[Any]], Any]

KEPT_STANDINGS = 512


@dataclass(frozen=True)
class Written:
    """Rows that are about to be written, as a FROM of open parameters, and what must hold."""

    source: sa.FromClause
    names: list[str]
    """Of the parameters: a column each, as an array."""
    stands: sa.ColumnElement[bool] | None


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
        asked = self.cls, self.mode, self.names, self.new
        rights = accessor.is_admin, frozenset(accessor.permissions)
        kept = None if accessor.user_id is None else _kept(*asked, *rights)
        written = kept or _written(*asked, accessor)
        if written.stands is None:
            return None
        columns = zip(*self.values, strict=True)
        keys = {name: list(column) for name, column in zip(written.names, columns, strict=True)}
        values = {ACCESSOR_ID: accessor.user_id} | keys
        return Counted(written.source, written.stands, None, values)

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


@forgets_with_kept
@lru_cache(maxsize=KEPT_STANDINGS)
def _kept(
    cls: type,
    mode: str,
    names: tuple[str, ...],
    new: frozenset[str],
    is_admin: bool,
    permissions: frozenset[str],
) -> Written | None:
    """Return the rows and what must hold for all of these rights, None if it depends on more."""
    source, parameters = _source(cls, names)
    rows = SourceRows(sa.inspect(cls), source)

    def stands(shape: Accessor) -> sa.ColumnElement[bool]:
        found = standing_of(rows, mode, shape, new.__contains__)
        return sa.true() if found is None else found

    condition = for_all(stands, is_admin, permissions)
    if condition is None:
        return None
    is_open = isinstance(condition, True_)
    return Written(source, parameters, None if is_open else in_one_piece(condition))


def _written(
    cls: type, mode: str, names: tuple[str, ...], new: frozenset[str], accessor: Accessor
) -> Written:
    source, parameters = _source(cls, names)
    rows = SourceRows(sa.inspect(cls), source)
    return Written(source, parameters, standing_of(rows, mode, accessor, new.__contains__))


def _source(cls: type, names: tuple[str, ...]) -> tuple[sa.FromClause, list[str]]:
    """Return a FROM of these columns of `cls`, and the names of the parameters that hold them."""
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    number = next(_NUMBERS)
    columns = [sa.column(name, mapper.columns[name].type) for name in names]
    parameters = [f"written_{number}_{place}" for place in range(len(columns))]
    arrays = [
        # psycopg2 says no type, and an array of nothing but NULL has none.
        sa.cast(OpenParameter(name, IdArray(column.type)), ARRAY(column.type))
        for name, column in zip(parameters, columns, strict=True)
    ]
    rows = sa.func.unnest(*arrays).table_valued(*columns)
    return rows.render_derived(name="about_to_be_written"), parameters


_NUMBERS = count()


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
        yield Standing(cls, mode, names, tuple(rows), new)


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
