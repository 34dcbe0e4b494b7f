"""baselayer invitation."""

import pytest

from tests.cli.conftest import Cli

pytestmark = pytest.mark.usefixtures("people")


def create(*more: str, by: str = "olga") -> list[str]:
    return ["invitation", "create", "--by", by, "--email", "vera@example.org", *more]


def test_invitation_is_made_shown_and_taken_back(cli: Cli) -> None:
    told = cli.must(*create("--role", "Analyst", "--group", "team"))
    (link,) = told.out.splitlines()
    token = link.partition("/invitation#")[2]
    assert len(token) > 40 and token not in told.err
    shown = cli.must("invitation", "list").out
    assert token not in shown
    row = [line for line in shown.splitlines() if "vera@example.org" in line][-1].split()
    assert row[1:6] == ["olga", "vera@example.org", "Analyst", "team", "pending"]
    assert all(token not in str(line.details) for line in cli.audit("invitation.create"))
    cli.must("invitation", "delete", row[0])
    assert "no invitation" in cli.fails("invitation", "delete", row[0])
    assert cli.audit("invitation.delete")


def test_nobody_invites_beyond_his_own_rights(cli: Cli) -> None:
    assert "System admin" in cli.fails(*create("--role", "Super admin"))
    assert "Manage users" in cli.fails(*create(by="anton"))
    assert "only its admins" in cli.fails(*create("--admin-of", "team", by="anton"))
    assert "no role" in cli.fails(*create("--role", "King"))
    assert "whom it is for" in cli.fails("invitation", "create", "--by", "olga")
