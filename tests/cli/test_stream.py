"""baselayer stream."""

import pytest

from tests.cli.conftest import Cli

pytestmark = pytest.mark.usefixtures("people")


def line(cli: Cli, stream: str) -> str:
    (found,) = [
        found for found in cli.must("stream", "list").out.splitlines() if found.startswith(stream)
    ]
    return found


def test_stream_is_given_to_users_and_then_to_their_group(cli: Cli) -> None:
    cli.must("group", "create", "watch", "--admin", "olga")
    cli.must("stream", "create", "radar", "--description", "Raw radar")
    assert "olga" in cli.fails("stream", "attach", "radar", "watch")
    cli.must("stream", "grant", "radar", "olga")
    cli.must("stream", "grant", "radar", "olga")  # who has it keeps it
    cli.must("stream", "attach", "radar", "watch")
    assert line(cli, "radar").split() == [
        "radar",
        "olga",
        "watch",
        "administrators",
        "Raw",
        "radar",
    ]
    assert "no access" in cli.fails("group", "add", "watch", "anton")
    assert "needs it" in cli.fails("stream", "revoke", "radar", "olga")
    cli.must("stream", "detach", "radar", "watch")
    cli.must("stream", "revoke", "radar", "olga")
    assert "does not have" in cli.fails("stream", "revoke", "radar", "olga")
    for action in ("stream.create", "stream.grant", "stream.revoke", "group.stream"):
        assert cli.audit(action)


def test_stream_is_deleted(cli: Cli) -> None:
    cli.must("stream", "create", "sonar", "--auto-join")
    assert "everybody" in line(cli, "sonar")
    assert "name is taken" in cli.fails("stream", "create", "sonar")
    cli.must("stream", "delete", "sonar")
    assert "no stream 'sonar'" in cli.fails("stream", "delete", "sonar")
