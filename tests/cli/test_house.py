"""The installation that a command or a server works in."""

import pytest

from baselayer.app.identity.principals import Principal
from tests.cli.conftest import Cli

pytestmark = pytest.mark.usefixtures("people")


def test_reading_past_the_controls_leaves_a_line_in_the_audit(cli: Cli) -> None:
    caller = Principal(1, "olga", 1, None, frozenset())
    with (
        cli.house() as house,
        house.database.verified(caller) as session,
        session.unrestricted("to see that it is kept"),
    ):
        pass
    lines = cli.audit("session.unrestricted")
    assert [line.details["reason"] for line in lines] == ["to see that it is kept"]
