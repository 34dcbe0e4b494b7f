"""baselayer token."""

import pytest
import sqlalchemy as sa

from baselayer.app.identity.tokens import Token, hash_of, is_well_formed
from tests.cli.conftest import Cli

pytestmark = pytest.mark.usefixtures("people")


def test_value_stands_alone_on_standard_output(cli: Cli) -> None:
    told = cli.must("token", "create", "--user", "olga", "--name", "first")
    value = told.out.removesuffix("\n")
    assert is_well_formed(value)
    assert value not in told.err
    assert value not in cli.must("token", "list").out
    with cli.house() as house, house.database.plain() as session:
        token = session.scalars(sa.select(Token).where(Token.name == "first")).one()
        assert token.value_hash == hash_of(value)
    assert value not in str([line.details for line in cli.audit("token.create")])


def test_token_gets_what_its_user_has_but_system_admin(cli: Cli) -> None:
    cli.must("user", "create", "rita", "--admin")
    cli.must("token", "create", "--user", "rita", "--name", "plain")
    cli.must("token", "create", "--user", "rita", "--name", "whole", "--all-permissions")
    cli.must("token", "create", "--user", "rita", "--name", "thin", "--permission", "Run queries")
    plain, thin, whole = cli.must("token", "list", "--user", "rita").out.splitlines()[2:]
    assert "Manage users" in plain
    assert "System admin" not in plain
    assert "System admin" in whole
    assert "Run queries  " in thin
    assert "," not in thin


def test_permission_that_the_user_lacks_is_refused(cli: Cli) -> None:
    asked = ("token", "create", "--user", "anton", "--name", "more", "--permission")
    assert "anton does not have 'Manage users'" in cli.fails(*asked, "Manage users")
    assert "There is no permission 'Fly'" in cli.fails(*asked, "Fly")


def test_lifetime_has_its_bound(cli: Cli) -> None:
    asked = ("token", "create", "--user", "anton", "--name", "long", "--days")
    assert "from 1 to 365 days" in cli.fails(*asked, "366")
    assert "from 1 to 365 days" in cli.fails(*asked, "0")


def test_deleted_token_is_gone(cli: Cli) -> None:
    cli.must("token", "create", "--user", "anton", "--name", "gone")
    assert "name is taken" in cli.fails("token", "create", "--user", "anton", "--name", "gone")
    cli.must("token", "delete", "--user", "anton", "--name", "gone")
    assert "gone" not in cli.must("token", "list").out
    assert "has no token" in cli.fails("token", "delete", "--user", "anton", "--name", "gone")


def test_token_may_be_bound_to_networks_and_to_records_that_its_user_sees(cli: Cli) -> None:
    make = ("token", "create", "--user", "anton", "--name")
    cli.must(*make, "near", "--address", "192.0.2.0/24", "--address", "::1")
    absent = "00000000-0000-7000-8000-000000000000"
    for option in ("--connection", "--query"):
        assert "There is no such" in cli.fails(*make, "narrow", option, absent)
    assert "allowed_addresses" in cli.fails(*make, "wrong", "--address", "192.0.2.1/24")
    with cli.house() as house, house.database.plain() as session:
        token = session.scalars(sa.select(Token).where(Token.name == "near")).one()
        assert token.allowed_addresses == ["192.0.2.0/24", "::1/128"]
        assert token.narrowing is None
