"""What a verified session refuses to execute, because it could not judge the rows it touches."""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm.util import _ORMJoin
from sqlalchemy.sql.selectable import AliasedReturnsRows

from baselayer.app.controls.rows import is_gate
from baselayer.app.db.seeing import leaves, name_of, seen_by_sqlalchemy
from baselayer.app.errors import UntransactedError

TEXT = "raw SQL text"
WRITE_WITHIN = "a write inside a SELECT"


def refuse_untransacted(session: Any) -> None:
    """Refuse to write without a transaction: what is judged afterwards could not be taken back."""
    driver: Any = session.own_connection().connection.dbapi_connection
    if driver.autocommit:
        raise UntransactedError(
            "This session writes nothing: its engine commits each statement by itself, so what is "
            "refused could not be taken back. Open a session on an engine without autocommit."
        )


def unverifiable(state: orm.ORMExecuteState) -> str | None:
    """Return what makes it impossible to judge the rows of a statement, if anything does."""
    if state.is_column_load:
        return None  # SQLAlchemy wrote it, by the mapping
    what = _unverifiable_kind(state)
    if what is not None or state.is_relationship_load:
        return what
    return next(_unverifiable_parts(state.statement), None)


def unverifiable_without_filter(state: orm.ORMExecuteState) -> str | None:
    """Return what makes it impossible to say that a statement only reads, if anything does."""
    if state.is_column_load:
        return None
    hidden = (TEXT, WRITE_WITHIN)
    parts = _unverifiable_parts(state.statement)
    return _unverifiable_kind(state) or next((part for part in parts if part in hidden), None)


def _unverifiable_kind(state: orm.ORMExecuteState) -> str | None:
    statement = state.statement
    if state.is_from_statement or isinstance(statement, sa.TextClause):
        return TEXT
    if state.is_insert:
        return "a bulk INSERT"
    if not (state.is_select or state.is_update or state.is_delete):
        return f"a {type(statement).__name__}"
    if not state.is_select and not state.is_orm_statement:
        return "an UPDATE or DELETE of a table outside its mapped class"
    if not state.is_select and isinstance(state.parameters, (list, tuple)):
        return "a bulk UPDATE by primary key"
    return None


def _unverifiable_parts(statement: Any) -> Iterator[str]:
    """Yield the parts of `statement` that read or write outside mapped classes."""
    waiting = [statement]
    while waiting:
        scope = _Scope(waiting.pop())
        waiting += scope.nested
        yield from scope.refused
        for table in sorted(scope.sources.keys() - scope.accounted):
            yield f"the table {scope.sources[table]} outside its mapped class"


class _Scope:
    """What one SELECT reads, without the SELECTs nested in it.

    SQLAlchemy filters a FROM when its class or one of its attributes stands in the same SELECT:
    such a FROM is accounted for, every other one is not filtered. What a control wrote is full of
    others; it is recognised by its mark.
    """

    def __init__(self, statement: Any) -> None:
        self.nested: list[Any] = []
        self.sources: dict[str, str] = {}
        self.accounted: set[str] = set()
        self.mentioned: dict[str, Any] = {}
        self.refused = [TEXT] if _has_literal_parts(statement) else []
        self._derived: dict[str, Any] = {}
        self._whole: set[str] = set()
        if any(flags["full"] for *_, flags in getattr(statement, "_setup_joins", ())):
            # It keeps rows that its condition, and so the filter in it, refuses.
            self.refused.append("a FULL JOIN")
        self._walk(statement.get_children())
        self._walk(inner for name, inner in self._derived.items() if name not in self._whole)
        seen = seen_by_sqlalchemy(statement)
        self._require_seen(seen)
        if any(map(is_gate, getattr(statement, "_where_criteria", ()))):
            # Of two spellings of one table SQLAlchemy names the first: that of the control stands
            # before the class that select_from() was given.
            given = (leaf for one in statement._from_obj for leaf in leaves(one))
            self.accounted |= seen.intersection(map(name_of, given))

    def _require_seen(self, seen: set[str]) -> None:
        """Refuse what names a class where SQLAlchemy, looking for what to filter, does not look."""
        for name, entity in self.mentioned.items():
            if name not in seen:
                cls = entity.mapper.class_.__name__
                self.refused.append(f"{cls} in such an expression, unlike after select_from({cls})")

    def _walk(self, elements: Iterable[Any]) -> None:
        waiting = list(elements)
        while waiting:
            element = waiting.pop()
            if not (is_gate(element) or _is_relationship(element)):
                waiting += self._look_at(element)

    def _look_at(self, element: Any) -> Iterable[Any]:
        """Note what `element` reads; return what else is to be looked at."""
        if isinstance(element, (sa.TableClause, AliasedReturnsRows)):
            return self._look_at_source(element)
        if isinstance(element, sa.Join):
            return self._look_at_join(element)
        if isinstance(element, sa.SelectBase):
            self.nested.append(element)
            return ()
        if isinstance(element, sa.TextClause) or _is_literal_sql(element):
            self.refused.append(TEXT)
        elif isinstance(element, sa.Join) and "parententity" in element._annotations:
            # A class of several tables; they stand beside it without a mark, too.
            tables = element._annotations["parententity"].mapper.tables
            self.accounted.update(map(name_of, tables))
        elif isinstance(element, sa.UpdateBase):
            self.refused.append(WRITE_WITHIN)
        elif isinstance(element, sa.Column):
            self._look_at_column(element)
        children: Iterable[Any] = element.get_children()
        return children

    def _look_at_source(self, source: Any) -> Iterable[Any]:
        self._look_at_entity(source._annotations.get("parententity"), source)
        inner = _innermost(source)
        if isinstance(inner, sa.TableClause):
            self.sources[name_of(source)] = inner.name
        else:
            self._derived[source.name] = inner
        return ()

    def _look_at_entity(self, entity: Any, source: Any) -> None:
        """Note that `source` is read through mapped `entity`, if that is one."""
        if entity is None:
            return
        self.accounted |= {name_of(leaf) for leaf in leaves(source)}
        if not entity.is_aliased_class:
            self.accounted |= {name_of(table) for table in entity.mapper.tables}
        elif _is_whole_class(entity.mapper, _innermost(source)):
            self._whole.add(source.name)

    def _look_at_join(self, join: sa.Join) -> Iterable[Any]:
        """Note the tables that a mapped class joins; a join made by hand is not filtered."""
        parts = list(leaves(join))
        by_hand = any("parententity" in leaf._annotations for leaf in parts)
        if by_hand or isinstance(join, _ORMJoin):
            self.refused.append("a join() within select_from(), unlike select(…).join(…)")
        elif "parententity" in join._annotations:
            self.accounted |= {name_of(leaf) for leaf in parts}
        return () if by_hand else parts

    def _look_at_column(self, column: sa.Column[Any]) -> None:
        marks = column._annotations
        # The near end of `Note.teams.any(…)` belongs to the SELECT around it; its link table is
        # read through the relationship.
        is_near = "local" in marks
        is_link = "remote" in marks and "foreign" in marks and _links(column.table)
        if is_near or is_link:
            self.accounted |= {name_of(source) for source in leaves(column.table)}
        entity = marks.get("parententity")
        self._look_at_entity(entity, column.table)
        if entity is not None:
            self.mentioned |= {name_of(source): entity for source in leaves(column.table)}


def _innermost(source: Any) -> Any:
    """Return what a FROM element is an alias of."""
    while isinstance(source, AliasedReturnsRows):
        source = source.element
    return source


def _is_whole_class(mapper: orm.Mapper[Any], inner: Any) -> bool:
    """Tell whether `inner` is a SELECT of all that the tables of a class hold.

    SQLAlchemy makes such ones for an alias of a joined class; the alias is what it filters.
    """
    if not isinstance(inner, sa.Select) or inner.whereclause is not None:
        return False
    tables = {table for heir in mapper.self_and_descendants for table in heir.tables}
    parts = [leaf for found in inner.get_final_froms() for leaf in leaves(found)]
    columns = set(inner.selected_columns)
    return tables.issuperset(parts) and columns.issuperset(mapper.columns)


def _has_literal_parts(statement: Any) -> bool:
    """Tell whether `statement` has prefixes, suffixes or hints, which are SQL text."""
    names = ("_prefixes", "_suffixes", "_hints", "_statement_hints")
    return any(getattr(statement, name, ()) for name in names)


def _links(table: Any) -> bool:
    """Tell whether `table` does nothing but link: its columns are keys."""
    return isinstance(table, sa.Table) and len(table.foreign_keys) > 1


def _is_relationship(element: Any) -> bool:
    """Tell whether `element` is a mapped relationship, whose far end SQLAlchemy filters."""
    marks = element._annotations
    return "proxy_key" in marks and "parententity" not in marks


def _is_literal_sql(element: Any) -> bool:
    """Tell whether `element` is SQL text in the dress of a column; `*` and numbers are harmless."""
    if not getattr(element, "is_literal", False):
        return False
    return not (element.name == "*" or element.name.isdigit())
