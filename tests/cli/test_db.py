"""baselayer db."""

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Cli


def test_server_runs_from_start_to_stop(fresh_home: Path) -> None:
    other_home = Cli(fresh_home)
    assert other_home.run("db", "status").status == 1
    other_home.must("db", "start")
    assert "until `db stop`" in other_home.must("db", "status").out
    other_home.must("user", "create", "anna")
    other_home.must("db", "stop")
    assert other_home.run("db", "status").status == 1
    assert "anna" in other_home.must("user", "list").out  # starts it for itself
    assert other_home.run("db", "status").status == 1


def test_migrate_twice_is_harmless(cli: Cli) -> None:
    cli.must("db", "migrate")
    cli.must("db", "migrate")


def test_address_holds_no_secret(cli: Cli) -> None:
    told = cli.must("db", "url")
    assert re.fullmatch(r"postgresql:///baselayer\?host=\S+&port=\d+\n", told.out)
    assert str(cli.home / "secrets" / "postgres-roles.json") in told.err
    for file in re.findall(r"\S+\.json", told.err):
        assert Path(file).exists()


def test_your_own_database_is_left_alone(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    named = "postgresql://me:canary@127.0.0.1:1/mine"
    monkeypatch.setenv("BASELAYER__DATABASE__URL", named)
    for command in ("start", "stop"):
        assert "not ours to start or stop" in cli.fails("db", command)
    assert cli.must("db", "url").out == "postgresql://127.0.0.1:1/mine\n"
    status = cli.run("db", "status")
    assert status.status == 1
    assert status.out == "postgresql://127.0.0.1:1/mine does not answer (no connection)\n"
    assert "does not answer" in cli.fails("db", "migrate")
