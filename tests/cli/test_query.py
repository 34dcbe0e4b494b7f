"""baselayer query, as far as it needs no server; see test_remote.py."""

import pytest

from tests.cli.conftest import Cli

pytestmark = pytest.mark.usefixtures("people")

WHERE = ("--host", "db.example.org", "--database", "d", "--username", "u", "--password-stdin")
TEXT = "select 1 as one\n"


@pytest.fixture
def connection(cli: Cli) -> str:
    told = cli.run("connection", "create", "for-queries", "--owner", "olga", *WHERE, stdin="secret")
    assert told.status == 0 or "name is taken" in told.err
    return "for-queries"


def test_query_is_saved_shared_and_deleted(cli: Cli, connection: str) -> None:
    asked = ("--owner", "olga", "--connection", connection, "--file", "-")
    cli.must("query", "create", "one", *asked, "--description", "Just one.", stdin=TEXT)
    cli.must("query", "share", "one", "--group", "team", "--update")
    shown = cli.must("query", "show", "one")
    assert shown.out.rstrip("\n") == TEXT.rstrip("\n")
    assert "team (see, update)" in shown.err
    assert "Just one." in shown.err
    assert connection in cli.must("query", "list").out
    cli.must("query", "unshare", "one", "--group", "team")
    assert "nobody" in cli.must("query", "show", "one").err
    cli.must("query", "delete", "one", "--owner", "olga")
    assert "There is no query 'one'" in cli.fails("query", "show", "one")


def test_unknown_connection_is_told(cli: Cli) -> None:
    asked = ("query", "create", "two", "--owner", "olga", "--connection", "none", "--file", "-")
    assert "There is no connection 'none'" in cli.fails(*asked, stdin=TEXT)
