"""What the demo's people do from the command line, through the server."""

import json
from pathlib import Path

import pytest

from baselayer.cli.demo.queries import QUERIES
from tests.cli.conftest import Cli
from tests.cli.demo.conftest import Demo

ON = ("--connection", "flights")


@pytest.mark.parametrize("name", [query.name for query in QUERIES])
def test_saved_query_has_an_answer_worth_reading(demo_cli: Cli, name: str) -> None:
    told = demo_cli.must("query", "run", name, "--format", "jsonl")
    rows = [json.loads(line) for line in told.out.splitlines()]
    assert len(rows) >= 9
    assert all(value is not None for value in rows[0].values())


def test_table_has_numbers_to_the_right(demo_cli: Cli) -> None:
    sql = "select name, 7 as n, 1.50 as d from airlines order by name"
    told = demo_cli.must("run", sql, *ON, "--limit", "2")
    assert told.out.splitlines() == [
        "name                         n     d",
        "---------------------------  -  ----",
        "AirTran Airways Corporation  7  1.50",
        "Alaska Airlines Inc.         7  1.50",
    ]
    assert told.err == "2 rows\nThe result was cut short: it reached the limit of rows.\n"


def test_statement_comes_from_standard_input(demo_cli: Cli) -> None:
    told = demo_cli.must("run", "-", *ON, "--format", "csv", stdin="select 1 as one")
    assert told.out == "one\r\n1\r\n"


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select * from nowhere", "nowhere"),
        ("delete from flights", "read"),
        ("select 1; select 2", "one"),
        ("select 1/0", "division by zero"),
    ],
)
def test_statement_that_fails_is_one_line(demo_cli: Cli, sql: str, told: str) -> None:
    assert told in demo_cli.fails("run", sql, *ON)


def test_token_comes_from_a_file_and_says_who_asks(demo: Demo, demo_cli: Cli) -> None:
    def refusal(name: str) -> str:
        file = str(demo.home / "demo" / "tokens" / name)
        return demo_cli.fails("run", "select 1", *ON, "--token-file", file)

    assert "not run it" in refusal("max")
    assert "There is no connection 'flights', or you may not see it" in refusal("stan")


def test_missing_and_wrong_tokens_are_told(
    demo_cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text("bl_wrong\n")
    asked = ("run", "select 1", *ON)
    assert "not valid" in demo_cli.fails(*asked, "--token-file", str(tmp_path / "wrong"))
    monkeypatch.delenv("BASELAYER_TOKEN")
    assert "BASELAYER_TOKEN" in demo_cli.fails(*asked)


def test_connection_is_tested_step_by_step(demo_cli: Cli) -> None:
    told = demo_cli.must("connection", "test", "flights")
    assert " ok " in told.out
    assert "failed" not in told.out


def test_local_commands_work_while_the_server_runs(demo_cli: Cli) -> None:
    demo_cli.must("user", "create", "guest")
    value = demo_cli.must("token", "create", "--user", "guest", "--name", "t").out
    (demo_cli.home / "guest").write_text(value)
    file = str(demo_cli.home / "guest")
    assert "There is no connection" in demo_cli.fails("run", "select 1", *ON, "--token-file", file)
    demo_cli.must("user", "deactivate", "guest")
    assert "not valid" in demo_cli.fails("run", "select 1", *ON, "--token-file", file)
