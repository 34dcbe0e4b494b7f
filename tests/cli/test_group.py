"""baselayer group."""

import pytest
import sqlalchemy as sa

from baselayer.app.models import Group, GroupAdmissionRequest, User
from tests.cli.conftest import Cli

pytestmark = pytest.mark.usefixtures("people")


def members(cli: Cli, group: str) -> list[str]:
    (line,) = [
        line for line in cli.must("group", "list").out.splitlines() if line.startswith(group)
    ]
    return line.removeprefix(group).replace(",", "").split()


def test_members_come_and_go(cli: Cli) -> None:
    cli.must("group", "create", "choir", "--admin", "olga")
    cli.must("group", "add", "choir", "anton")
    assert members(cli, "choir") == ["anton", "olga*", "open"]
    cli.must("group", "add", "choir", "anton", "--admin")
    assert members(cli, "choir") == ["anton*", "olga*", "open"]
    cli.must("group", "remove", "choir", "olga")
    assert members(cli, "choir") == ["anton*", "open"]
    assert [line.details["username"] for line in cli.audit("group.remove")] == ["olga"]


def test_taken_and_unknown_names_are_told(cli: Cli) -> None:
    assert "name is taken" in cli.fails("group", "create", "team", "--admin", "olga")
    assert "no group 'nowhere'" in cli.fails("group", "add", "nowhere", "olga")
    assert "no user 'nobody'" in cli.fails("group", "add", "team", "nobody")
    assert "is not in the group" in cli.fails("group", "remove", "team", "anton")
    assert "name" in cli.fails("group", "create", " ", "--admin", "olga")


def test_group_of_one_user_stays_his(cli: Cli) -> None:
    assert "of one user alone" in cli.fails("group", "add", "olga", "anton")
    assert "of one user alone" in cli.fails("group", "remove", "olga", "olga")
    assert "olga " not in cli.must("group", "list").out.replace("olga*", "")


def test_last_admin_stays(cli: Cli) -> None:
    cli.must("group", "create", "alone", "--admin", "olga")
    assert "needs an admin" in cli.fails("group", "remove", "alone", "olga")
    assert "needs an admin" in cli.fails("group", "add", "alone", "olga")
    assert members(cli, "alone")[0] == "olga*"


def test_group_is_changed_and_deleted(cli: Cli) -> None:
    cli.must("group", "create", "crew", "--admin", "olga", "--private")
    assert members(cli, "crew") == ["olga*", "private"]
    cli.must("group", "change", "crew", "--rename", "staff", "--open", "--nickname", "st")
    assert members(cli, "staff") == ["olga*", "open"]
    assert "name is taken" in cli.fails("group", "change", "staff", "--rename", "team")
    assert "one user alone" in cli.fails("group", "change", "olga", "--rename", "else")
    assert "one user alone" in cli.fails("group", "delete", "olga")
    cli.must("group", "delete", "staff")
    assert "no group 'staff'" in cli.fails("group", "delete", "staff")
    assert cli.audit("group.update")[-1].details["fields"] == ["name", "nickname", "private"]
    assert cli.audit("group.delete")[-1].details["name"] == "staff"


def test_requests_are_decided(cli: Cli) -> None:
    cli.must("group", "create", "club", "--admin", "olga")
    for status, command in (("declined", "decline"), ("accepted", "accept")):
        ask(cli, "club", "anton")
        assert "anton" in cli.must("group", "request", "list").out
        cli.must("group", "request", command, "club", "anton")
        assert "anton" not in cli.must("group", "request", "list").out
        assert status in cli.must("group", "request", "list", "--all").out
        assert cli.audit(f"admission.{status}")
    assert members(cli, "club") == ["anton", "olga*", "open"]
    assert "does not ask" in cli.fails("group", "request", "accept", "club", "anton")


def ask(cli: Cli, group: str, user: str) -> None:
    with cli.house() as house, house.database.plain() as session:
        group_id = session.scalars(sa.select(Group.id).where(Group.name == group)).one()
        user_id = session.scalars(sa.select(User.id).where(User.username == user)).one()
        session.add(GroupAdmissionRequest(group_id=group_id, user_id=user_id))
        session.commit()
