"""Random policies on random graphs: the compiled SQL against what docs/reference/controls.md says.

A comparison is one policy on one class, asked of the class or of an alias of it, by one accessor.
"""

import ast
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.controls import building, drawing, oracle
from tests.controls.comparing import ASKERS, Tally, for_each_example, mismatches
from tests.server import say

SEED = 20261122


def test_evaluator_knows_nothing_of_the_compiler() -> None:
    syntax = ast.parse(Path(oracle.__file__).read_text())
    names = {node.module for node in ast.walk(syntax) if isinstance(node, ast.ImportFrom)}
    names |= {
        alias.name
        for node in ast.walk(syntax)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert names == {"operator", "collections.abc", "dataclasses", "typing"}


def test_compiled_is_what_is_said(graph_engine: sa.Engine) -> None:
    tally = compare(graph_engine, 7, SEED)
    assert tally.comparisons >= 2000
    assert tally.grants > tally.decisions / 10


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(8))
def test_compiled_is_what_is_said_of_many(graph_engine: sa.Engine, seed: int) -> None:
    say(f"\nseed {seed}: {compare(graph_engine, 100, seed)}")


def compare(engine: sa.Engine, examples: int, seed: int) -> Tally:
    tally = Tally()

    def body(connection: sa.Connection, graph: drawing.Drawn, rules: oracle.Rules) -> None:
        assert list(mismatches(connection, graph, rules, tally)) == []

    for_each_example(engine, examples, body, seed=seed)
    return tally


# --- What must hold whatever the evaluator says ---------------------------------------------------


def test_control_or_its_opposite_is_all_and_both_are_none(graph_engine: sa.Engine) -> None:
    def body(connection: sa.Connection, graph: drawing.Drawn, rules: oracle.Rules) -> None:
        roots = {key: control for key, control in rules.declared.items() if key[0] == "Share"}
        roots |= {key: control for key, control in rules.declared.items() if key[0] == "Remark"}
        law = {
            (kind, f"{mode}_{name}"): made
            for (kind, mode), control in roots.items()
            for name, made in (
                ("all", oracle.AnyOf((control, oracle.Not(control)))),
                ("none", oracle.AllOf((control, oracle.Not(control)))),
            )
        }
        for asker, found in every_answer(connection, graph, rules, law):
            for (kind, mode, form), keys in found.items():
                rows = [row.key for row in graph.rows() if row.kind == kind]
                if mode.endswith("_all"):
                    assert keys == sorted(rows), (asker, kind, mode, form)
                elif asker != "admin":
                    assert keys == [], (asker, kind, mode, form)

    for_each_example(graph_engine, 4, body, seed=SEED)


def test_grant_never_takes_a_row_away(graph_engine: sa.Engine) -> None:
    def body(connection: sa.Connection, graph: drawing.Drawn, rules: oracle.Rules) -> None:
        grants = {kind: rules.declared[kind, "first"] for kind in ("Thing", "Share", "Remark")}
        law = {}
        for (kind, mode), control in rules.declared.items():
            if kind in grants and mode != "first":
                positive = without_negation(control)
                law[kind, f"{mode}_before"] = positive
                law[kind, f"{mode}_after"] = granted(positive, grants[kind])
        for asker, found in every_answer(connection, graph, rules, law):
            for (kind, mode, form), keys in found.items():
                if mode.endswith("_before"):
                    after = found[kind, mode.replace("_before", "_after"), form]
                    assert set(keys) <= set(after), (asker, kind, mode, form)

    for_each_example(graph_engine, 4, body, seed=SEED)


def every_answer(
    connection: sa.Connection, graph: drawing.Drawn, rules: oracle.Rules, law: dict[Any, Any]
) -> list[tuple[str, building.Answers]]:
    """Return, by asker, what the policies of `law` allow, declared beside those of `rules`."""
    building.store(connection, graph)
    wider = oracle.Rules(rules.parents, rules.targets, {**rules.declared, **law})
    with building.declared(wider):
        return [
            (name, building.answers(connection, building.questions(law, asker)))
            for name, asker in ASKERS.items()
        ]


def without_negation(control: Any) -> Any:
    """Return `control` with every `~x` replaced by `x`."""
    match control:
        case oracle.Not(inner):
            return without_negation(inner)
        case oracle.AllOf(operands) | oracle.AnyOf(operands):
            return type(control)(tuple(without_negation(operand) for operand in operands))
    return control


def granted(control: Any, grant: Any) -> Any:
    """Return `control` with `grant` added as deep as the first operands go."""
    if isinstance(control, oracle.AllOf | oracle.AnyOf):
        first, *rest = control.operands
        return type(control)((granted(first, grant), *rest))
    return oracle.AnyOf((control, grant))
