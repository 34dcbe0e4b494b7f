"""The commands as a whole: quick help, and failures without a traceback."""

import subprocess
import sys

import pytest

from tests.cli.conftest import Cli

HEAVY = {"sqlalchemy", "tornado", "pyarrow", "requests", "pydantic", "psycopg", "sqlglot"}
GROUPS = ("db", "user", "group", "token", "connection", "query", "cron")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from baselayer.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert HEAVY.isdisjoint(done.stderr.split())
    for name in (*GROUPS, "serve", "run", "demo", "version"):
        assert f" {name} " in done.stdout


@pytest.mark.parametrize("group", GROUPS)
def test_every_command_says_what_it_does(cli: Cli, group: str) -> None:
    assert "Usage" in cli.must(group, "--help").out


def test_unknown_setting_is_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASELAYER__SERVER__PROT", "1")
    assert "server.prot" in cli.fails("user", "list")


def test_settings_file_that_is_missing_is_told(cli: Cli) -> None:
    assert "nowhere.yaml" in cli.fails("user", "list", "-C", "nowhere.yaml")
