"""baselayer user."""

import pytest
import sqlalchemy as sa

from baselayer.app.auth.passwords import is_password
from baselayer.app.identity.accounts import UserProfile
from baselayer.app.identity.groups import Group, GroupUser
from baselayer.app.identity.passwords import UserPassword
from baselayer.app.identity.sessions import LoginSession
from baselayer.app.identity.users import User
from tests.cli.conftest import Cli


def line_of(cli: Cli, name: str) -> str:
    (line,) = [
        line for line in cli.must("user", "list").out.splitlines() if line.startswith(f"{name} ")
    ]
    return line


def test_new_user_has_a_place_and_a_group_of_his_own(cli: Cli) -> None:
    cli.must("user", "create", "hanna", "--email", "hanna@example.org")
    with cli.house() as house, house.database.plain() as session:
        user = session.scalars(sa.select(User).where(User.username == "hanna")).one()
        profile = session.scalars(sa.select(UserProfile).filter_by(user_id=user.id)).one()
        group = session.scalars(sa.select(Group).where(Group.name == "hanna")).one()
        link = session.scalars(sa.select(GroupUser).filter_by(group_id=group.id)).one()
        assert [role.id for role in user.roles] == ["Analyst"]
        assert user.contact_email == "hanna@example.org"
        assert group.account_id == profile.account_id
        assert (group.single_user_group, link.user_id, link.admin) == (True, user.id, True)


def test_act_is_in_the_audit(cli: Cli) -> None:
    cli.must("user", "create", "iris", "--role", "Manager")
    line = cli.audit("user.create")[-1]
    assert (line.address, line.outcome, line.user_id) == ("cli", "allowed", None)
    assert line.object_type == "User"
    assert line.details["username"] == "iris"
    assert line.details["roles"] == ["Manager"]
    assert line.details["os_user"]


def test_admin_may_do_everything(cli: Cli) -> None:
    cli.must("user", "create", "karl", "--admin")
    assert "Super admin" in line_of(cli, "karl")


def test_taken_name_is_refused(cli: Cli) -> None:
    cli.must("user", "create", "lena")
    assert "name is taken" in cli.fails("user", "create", "lena")


@pytest.mark.parametrize("name", ["Lena M", "lena m", "", "ü"])
def test_strange_name_is_refused(cli: Cli, name: str) -> None:
    assert "is no user name" in cli.fails("user", "create", name)


def test_unknown_role_is_refused_and_nothing_made(cli: Cli) -> None:
    told = cli.fails("user", "create", "mona", "--role", "Boss")
    assert "There is no role 'Boss'" in told
    assert "Analyst" in told
    assert "mona" not in cli.must("user", "list").out


def test_user_is_deactivated_and_activated(cli: Cli) -> None:
    cli.must("user", "create", "nora")
    cli.must("user", "deactivate", "nora")
    assert line_of(cli, "nora").endswith("no")
    cli.must("user", "activate", "nora")
    assert line_of(cli, "nora").endswith("yes")
    assert len(cli.audit("user.deactivate")) == 1


def test_user_expires_on_a_date_or_never(cli: Cli) -> None:
    cli.must("user", "create", "otto")
    cli.must("user", "expire", "otto", "2031-02-03")
    assert "2031-02-03 00:00" in line_of(cli, "otto")
    cli.must("user", "expire", "otto", "never")
    assert "2031" not in line_of(cli, "otto")
    assert "is no date" in cli.fails("user", "expire", "otto", "soon")


def test_role_is_given_and_taken(cli: Cli) -> None:
    cli.must("user", "create", "paul")
    cli.must("user", "role", "add", "paul", "Viewer")
    cli.must("user", "role", "add", "paul", "Viewer")
    assert "Analyst, Viewer" in line_of(cli, "paul")
    cli.must("user", "role", "remove", "paul", "Viewer")
    assert "Viewer" not in line_of(cli, "paul")
    assert "does not have the role" in cli.fails("user", "role", "remove", "paul", "Viewer")


def test_unknown_user_is_told(cli: Cli) -> None:
    assert "There is no user 'nobody'" in cli.fails("user", "deactivate", "nobody")


GOOD = "a quiet harbour at dusk"


def test_user_gets_a_password_from_standard_input(cli: Cli) -> None:
    cli.must("user", "create", "rosa")
    cli.must("user", "password", "rosa", "--password-stdin", stdin=GOOD + "\n")
    with cli.house() as house, house.database.plain() as session:
        user = session.scalars(sa.select(User).where(User.username == "rosa")).one()
        stored = session.scalars(sa.select(UserPassword).filter_by(user_id=user.id)).one()
        assert is_password(stored.password_hash, GOOD)
    line = cli.audit("user.password")[-1]
    assert line.details["username"] == "rosa"
    assert GOOD not in str(line.details)


def test_bad_password_is_refused(cli: Cli) -> None:
    cli.must("user", "create", "sven")
    command = ("user", "password", "sven", "--password-stdin")
    assert "from 12 to 1024" in cli.fails(*command, stdin="short")
    assert "is empty" in cli.fails(*command, stdin="\n")
    assert "no terminal" in cli.fails("user", "password", "sven")


def test_new_password_and_deactivation_end_the_sessions(cli: Cli) -> None:
    cli.must("user", "create", "tina")
    for command in (["password", "tina", "--password-stdin"], ["deactivate", "tina"]):
        with cli.house() as house, house.database.plain() as session:
            user = session.scalars(sa.select(User).where(User.username == "tina")).one()
            account = session.scalars(sa.select(UserProfile.account_id)).first()
            ident = user.id
            session.add(LoginSession(user_id=ident, account_id=account, value_hash="x"))
            session.commit()
        cli.must("user", *command, stdin=GOOD)
        with cli.house() as house, house.database.plain() as session:
            assert session.scalars(sa.select(LoginSession).filter_by(user_id=ident)).all() == []


def test_permission_is_given_and_taken(cli: Cli) -> None:
    cli.must("user", "create", "ute")
    cli.must("user", "acl", "add", "ute", "Read audit log")
    cli.must("user", "acl", "add", "ute", "Read audit log")
    assert "Read audit log" in cli.must("user", "show", "ute").out
    cli.must("user", "acl", "remove", "ute", "Read audit log")
    assert "Read audit log" not in cli.must("user", "show", "ute").out
    assert "of his own" in cli.fails("user", "acl", "remove", "ute", "Read audit log")
    assert "There is no permission" in cli.fails("user", "acl", "add", "ute", "Fly")


def test_user_is_changed_and_deleted(cli: Cli) -> None:
    cli.must("user", "create", "vera")
    cli.must("user", "change", "vera", "--email", "vera@example.org", "--phone", "030 12")
    shown = cli.must("user", "show", "vera").out
    assert "vera@example.org" in shown
    assert "gravatar" in shown
    assert "contact_email" in cli.fails("user", "change", "vera", "--email", "nonsense")
    cli.must("user", "delete", "vera")
    assert "There is no user" in cli.fails("user", "show", "vera")
    cli.must("user", "create", "vera")  # the name and the group of it are free again


def test_owner_hands_over_before_he_is_deleted(cli: Cli) -> None:
    cli.must("user", "create", "willi")
    cli.must("user", "create", "xenia")
    made = ("--engine", "postgresql", "--host", "127.0.0.1", "--database", "x", "--owner", "willi")
    cli.must("connection", "create", "willi's", *made, "--password-stdin", stdin="open sesame")
    assert "1 connections" in cli.fails("user", "delete", "willi")
    assert "1 connections" in cli.must("user", "transfer", "willi", "--to", "xenia").err
    cli.must("user", "delete", "willi")


def test_last_admin_stays(cli: Cli) -> None:
    """However many admins other tests have made, the last of them cannot be stopped."""
    cli.must("user", "create", "yara", "--admin")
    listed = cli.must("user", "list").out.splitlines()
    others = [x.split()[0] for x in listed if "Super admin" in x and not x.startswith("yara ")]
    active = [name for name in others if line_of(cli, name).endswith("yes")]
    for name in active:
        cli.must("user", "deactivate", name)
    try:
        assert "System admin" in cli.fails("user", "deactivate", "yara")
        assert "System admin" in cli.fails("user", "expire", "yara", "2031-02-03")
        assert "System admin" in cli.fails("user", "role", "remove", "yara", "Super admin")
        assert "System admin" in cli.fails("user", "delete", "yara")
        assert line_of(cli, "yara").endswith("yes")
    finally:
        for name in active:
            cli.must("user", "activate", name)
