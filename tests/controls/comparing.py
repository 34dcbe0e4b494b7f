"""The two sides next to each other: what PostgreSQL selects, and what the evaluator says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as hypothesis_seed

from tests.controls import building, drawing, oracle
from tests.controls.oracle import Asker

ASKERS = {
    "owner": Asker(1),
    "member": Asker(2),
    "manager": Asker(3, frozenset({drawing.ACL})),
    "stranger": Asker(drawing.HUMANS),
    "admin": Asker(4, frozenset({"System admin"})),
}


@dataclass(frozen=True)
class Mismatch:
    """One comparison in which the two sides differ."""

    asker: str
    kind: str
    mode: str
    form: str
    compiled: list[Any]
    said: list[Any]


@dataclass
class Tally:
    """How much has been compared."""

    comparisons: int = 0
    decisions: int = 0
    grants: int = 0


def mismatches(
    connection: sa.Connection, graph: drawing.Drawn, rules: oracle.Rules, tally: Tally
) -> Iterator[Mismatch]:
    """Yield where the compiled SQL differs from what the evaluator says."""
    rows = graph.rows()
    building.store(connection, graph)
    with building.declared(rules):
        for name, asker in ASKERS.items():
            found = building.answers(
                connection, building.questions(building.modes_of_all(rules), asker)
            )
            for (kind, mode, form), compiled in found.items():
                expected = said(rules, rows, kind, mode, asker)
                tally.comparisons += 1
                tally.decisions += sum(kind in rules.lineage(row.kind) for row in rows)
                tally.grants += len(expected)
                if compiled != expected:
                    yield Mismatch(name, kind, mode, form, compiled, expected)


def said(
    rules: oracle.Rules, rows: list[oracle.Row], kind: str, mode: str, asker: Asker
) -> list[Any]:
    """Return the keys of the rows of `kind` that the evaluator allows, in order."""
    return sorted(
        row.key
        for row in rows
        if kind in rules.lineage(row.kind) and oracle.allows(rules, row, mode, asker)
    )


def for_each_example(
    engine: sa.Engine,
    examples: int,
    body: Callable[[sa.Connection, drawing.Drawn, oracle.Rules], None],
    *,
    seed: int = 0,
    rules: Any = None,
    phases: tuple[Phase, ...] = (Phase.generate, Phase.shrink),
) -> None:
    """Run `body` for each of so many examples, the same ones for a `seed`; nothing is kept."""

    @hypothesis_seed(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=phases,
    )
    @given(drawing.graphs(), drawing.rules() if rules is None else rules)
    def run(graph: drawing.Drawn, rules: oracle.Rules) -> None:
        with engine.connect() as connection:
            body(connection, graph, rules)

    run()
