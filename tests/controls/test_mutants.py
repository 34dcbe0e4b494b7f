"""Compilers broken on purpose: the comparison of test_property.py finds each of them."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import sqlglot
from hypothesis import Phase
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlglot import exp

from baselayer.app.controls import base, effective, hops, related, users
from baselayer.app.controls.rows import (
    AliasRows,
    Rows,
    all_of,
    any_of,
    column_of,
    source_of,
)
from tests.controls import building, drawing, oracle
from tests.controls.comparing import ASKERS, Tally, for_each_example, mismatches

EXAMPLES = 100  # in which a mutant must show; most do in the first few
SEED = 7


class FoundError(Exception):
    """The mutant was found."""


# --- Mutants --------------------------------------------------------------------------------------


def not_without_coalesce(patch: pytest.MonkeyPatch) -> None:
    def predicate(self: Any, entity: Any, accessor: Any) -> Any:
        return sa.true() if accessor.is_admin else sa.not_(self.control.predicate(entity, accessor))

    patch.setattr(base.NotAccessible, "predicate", predicate)


def correlation_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sa.Select, "correlate_except", lambda self, *_: self.correlate(None))


def or_for_and(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(base, "all_of", any_of)


def and_for_or(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(base, "any_of", all_of)


def admin_for_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(users.AccessibleIfUserMatches, "predicate", lambda *_: sa.true())


def narrowing_before_admin(patch: pytest.MonkeyPatch) -> None:
    original = effective.narrowings

    def narrowings(rows: Any, mode: str, accessor: Any) -> Any:
        return iter(()) if accessor.is_admin else original(rows, mode, accessor)

    patch.setattr(effective, "narrowings", narrowings)


def narrowing_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(effective, "narrowings", lambda *_: iter(()))


def subclass_may_widen(patch: pytest.MonkeyPatch) -> None:
    original = effective.inherited
    patch.setattr(effective, "inherited", lambda mapper, mode: original(mapper, mode)[:1])


def all_for_any(patch: pytest.MonkeyPatch) -> None:
    class AllPath(hops.Path):
        def exists(self, condition: Any, *, fenced: bool) -> Any:
            refused = super().exists(~sa.func.coalesce(condition, sa.false()), fenced=fenced)
            return super().exists(condition, fenced=fenced) & ~refused

    patch.setattr(related, "Path", AllPath)


def null_equals_null(patch: pytest.MonkeyPatch) -> None:
    """A hop from a foreign key to others that hold the same takes NULL for a value."""

    def hop_to_many(path: Any, rows: Rows, relationship: Any) -> Rows:
        pairs = relationship.local_remote_pairs
        local = hops._spell(path, rows, [near for near, _ in pairs])
        target = AliasRows(relationship.mapper)
        path.sources.append(source_of(target))
        for (_, far), value in zip(pairs, local, strict=True):
            path.conditions.append(column_of(target, far).is_not_distinct_from(value))
        return target

    patch.setattr(hops, "_hop_to_many", hop_to_many)


def null_key_is_a_row(patch: pytest.MonkeyPatch) -> None:
    """A related row of which only the key matters is not read, even if there is none."""

    class Lazy(hops.KeyRows):
        def __init__(self, path: Any, rows: Any) -> None:
            super().__init__(rows._mapper, rows._known)
            self.path, self.rows = path, rows
            self.full: Any = None

        def _column(self, column: Any) -> Any:
            if column in self._known:
                return self._known[column]
            self.full = self.full or hops.materialise(self.path, self.rows)
            return column_of(self.full, column)

    def materialise(path: Any, rows: Any) -> Any:
        return Lazy(path, rows) if isinstance(rows, hops.KeyRows) else rows

    patch.setattr(related, "materialise", materialise)


def where_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    original = users.AccessibleIfUserMatches.predicate

    def predicate(self: Any, entity: Any, accessor: Any) -> Any:
        if type(self) is users.AccessibleIfUserMatches:
            self = users.AccessibleIfUserMatches(self.relationship_chain)
        return original(self, entity, accessor)

    patch.setattr(users.AccessibleIfUserMatches, "predicate", predicate)


MUTANTS: list[Callable[[pytest.MonkeyPatch], None]] = [
    not_without_coalesce,
    correlation_lost,
    or_for_and,
    and_for_or,
    admin_for_all,
    narrowing_before_admin,
    narrowing_lost,
    subclass_may_widen,
    all_for_any,
    null_equals_null,
    null_key_is_a_row,
    where_is_forgotten,
]

LONG_HIDDEN = (correlation_lost, all_for_any, null_equals_null, null_key_is_a_row)


# What shows a mutant soon, where random trees would take minutes.
CONTROLS: dict[Any, st.SearchStrategy[Any]] = {
    not_without_coalesce: st.builds(oracle.Not, drawing.leaves("Thing", "first")),
    all_for_any: drawing.related("Thing", "second"),
    null_equals_null: st.sampled_from(
        [
            oracle.Matches(("parent", "children", "owner")),
            oracle.Matches(("shelf", "things", "owner")),
        ]
    ),
    null_key_is_a_row: st.sampled_from(
        [oracle.Related((("parent", "first"),)), oracle.Related((("shelf", "first"),))]
    ),
}


def marked(mutants: list[Any]) -> list[Any]:
    """Leave those to `make faults` that only some minutes of examples show."""
    return [pytest.param(m, marks=pytest.mark.faults) if m in LONG_HIDDEN else m for m in mutants]


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # they say so, some of them
@pytest.mark.parametrize("mutant", marked(MUTANTS), ids=lambda mutant: mutant.__name__)
def test_mutant_is_found(
    graph_engine: sa.Engine,
    mutant: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def body(connection: sa.Connection, graph: drawing.Drawn, rules: oracle.Rules) -> None:
        if next(mismatches(connection, graph, rules, Tally()), None):
            raise FoundError

    control = CONTROLS.get(mutant)
    rules = drawing.rules() if control is None else drawing.few_rules(control)
    phases = (Phase.generate,)
    mutant(monkeypatch)
    with pytest.raises(FoundError):
        for_each_example(graph_engine, EXAMPLES, body, seed=SEED, rules=rules, phases=phases)


# --- Fences: what they change is the plan, never the answer ---------------------------------------


def unfenced(sql: str) -> list[str]:
    """Return each EXISTS of `sql` that stands under an OR or NOT of its SELECT without OFFSET 0."""
    found = []
    for exists in sqlglot.parse_one(sql, dialect="postgres").find_all(exp.Exists):
        above = exists.parent
        while above is not None and not isinstance(above, exp.Select | exp.Or | exp.Not):
            above = above.parent
        if isinstance(above, exp.Or | exp.Not) and exists.this.args.get("offset") is None:
            found.append(exists.sql("postgres"))
    return found


def unfenced_of(rules: oracle.Rules) -> list[str]:
    with building.declared(rules):
        named = building.modes_of_all(rules)
        asked = [statement for _, statement in building.questions(named, ASKERS["owner"])]
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy's own
    return unfenced(str(sa.union_all(*asked).compile(dialect=dialect)))


def test_every_exists_under_or_and_not_is_fenced(graph_engine: sa.Engine) -> None:
    def body(_: Any, __: Any, rules: oracle.Rules) -> None:
        assert unfenced_of(rules) == []

    for_each_example(graph_engine, 8, body, seed=SEED)


def test_fence_that_is_lost_is_found(
    graph_engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = hops.Path.exists

    def exists(self: Any, condition: Any, *, fenced: bool) -> Any:
        return original(self, condition, fenced=False)

    def body(_: Any, __: Any, rules: oracle.Rules) -> None:
        if unfenced_of(rules):
            raise FoundError

    monkeypatch.setattr(hops.Path, "exists", exists)
    with pytest.raises(FoundError):
        for_each_example(graph_engine, EXAMPLES, body, seed=SEED, phases=(Phase.generate,))
