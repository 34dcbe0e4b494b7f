"""baselayer account, role and acl."""

import itertools

import pytest
import sqlalchemy as sa

from baselayer.app.models import Account, UserProfile
from tests.cli.conftest import Cli

_numbers = itertools.count(1000)


def new_number() -> str:
    return f"4669-2016-{next(_numbers)}"


def line_of(cli: Cli, number: str) -> str:
    (line,) = [x for x in cli.must("account", "list").out.splitlines() if x.startswith(number)]
    return line


def test_account_is_made_and_renamed(cli: Cli) -> None:
    number = cli.must("account", "create", "Bolt Ltd").out.strip()
    assert "Bolt Ltd" in line_of(cli, number)
    cli.must("account", "rename", number, "Nut Ltd")
    assert "Nut Ltd" in line_of(cli, number)
    assert cli.audit("account.update")[-1].details["company_name"] == "Nut Ltd"
    assert "company_name" in cli.fails("account", "rename", number, "")
    assert "There is no account" in cli.fails("account", "rename", "1-2-3", "X")
    assert "number" in cli.fails("account", "create", "X", "--number", "1-2-3")


def test_user_is_made_in_an_account_joins_another_and_leaves(cli: Cli) -> None:
    first, second = new_number(), new_number()
    name = f"walker-{first}"
    for number in (first, second):
        cli.must("account", "create", "Path Ltd", "--number", number)
    cli.must("user", "create", name, "--account", first)
    assert "in no other account" in cli.fails("account", "leave", first, name)
    cli.must("account", "join", second, name)
    cli.must("account", "leave", first, name)
    assert "is not in that account" in cli.fails("account", "leave", first, name)
    wanted = sa.select(Account.number).join(UserProfile).where(UserProfile.user.has(username=name))
    with cli.house() as house, house.database.plain() as session:
        assert list(session.scalars(wanted)) == [second]
    assert second in cli.must("user", "show", name).out


@pytest.mark.parametrize("command", [["role", "list"], ["acl", "list"]])
def test_what_there_is_is_shown(cli: Cli, command: list[str]) -> None:
    shown = cli.must(*command).out
    assert "Analyst" in shown
    assert "Run queries" in shown
