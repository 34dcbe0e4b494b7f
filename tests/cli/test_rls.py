"""baselayer rls."""

import pytest

from tests.cli.conftest import Cli

pytestmark = pytest.mark.usefixtures("people")


def test_policies_are_printed_for_the_role_of_the_settings(cli: Cli) -> None:
    told = cli.must("rls", "sql")
    assert told.out.count("ENABLE ROW LEVEL SECURITY;") > 15
    assert "CREATE POLICY groups_read ON groups FOR SELECT TO baselayer_app USING" in told.out
    assert told.err.count("cannot be said") == 6
    assert " TO report " in cli.must("rls", "sql", "--role", "report").out


def test_controls_and_policies_agree_on_what_is_there(cli: Cli) -> None:
    told = cli.must("rls", "check")
    assert "0 sets differ" in told.err
    allowed = int(told.err.split(" rows allowed")[0].rsplit(" ", 1)[1])
    assert allowed > 20
