"""A right that is taken is gone in every process within 5 seconds, also when nobody is told."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
import sqlalchemy as sa
from sqlalchemy.sql import visitors

from baselayer.app.auth import identify, sessions
from baselayer.app.auth.changes import BEARERS
from tests.revocation import MUTE, TAKEN, listeners_killed, take, two_servers
from tests.server import Served, say, served

LATE_CALLS = 20
MANY_CALLS = 10_000


@pytest.fixture(scope="module")
def own_house() -> Iterator[Served]:
    """An installation whose triggers may be spoilt."""
    with served() as house:
        yield house


def test_every_table_that_a_principal_is_made_of_is_watched(own_house: Served) -> None:
    statements: list[sa.Select[tuple[object, ...]]] = [identify._found, sessions._found]
    read = {
        found.name
        for statement in statements
        for found in visitors.iterate(statement)
        if isinstance(found, sa.Table)
    }
    assert {"users", "tokens", "login_sessions", "role_acls", "accounts"} <= read
    triggers = own_house.rows(
        "select c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " where t.tgname like '%_noted' and t.tgenabled = 'O'"
    )
    assert read <= {name for (name,) in triggers}
    assert {str(cls.__table__) for cls in BEARERS} == {name for (name,) in triggers}


def test_right_that_is_taken_is_gone_in_both_processes(own_house: Served) -> None:
    with two_servers(own_house) as bases:
        _none_late(own_house, bases, list(TAKEN)[::3])
        own_house.rows(MUTE)
        _none_late(own_house, bases, list(TAKEN)[1::3])
        with listeners_killed(own_house):
            _none_late(own_house, bases, ["deactivated"])


def _none_late(house: Served, bases: list[str], hows: list[str]) -> None:
    for how in hows:
        history = take(house, bases, how, LATE_CALLS)
        assert all(history.allowed(late=False)), how
        assert len(history.allowed(late=True)) >= LATE_CALLS
        assert not any(history.allowed(late=True)), how


@pytest.mark.faults
@pytest.mark.parametrize("channel", ["notified", "mute", "killed"])
def test_no_call_is_allowed_5_seconds_after_its_right_was_taken(channel: str) -> None:
    late: list[bool] = []
    slowest = 0.0
    with served() as house, two_servers(house) as bases:
        if channel == "mute":
            house.rows(MUTE)
        with listeners_killed(house) if channel == "killed" else nullcontext():
            for how in TAKEN:
                history = take(house, bases, how, MANY_CALLS // len(TAKEN))
                assert all(history.allowed(late=False)), how
                late += history.allowed(late=True)
                allowed = [at - history.taken_at for at, _, ok in history.calls if ok]
                slowest = max(slowest, *allowed)
    say(f"\n{channel}: {sum(late)} of {len(late):,} calls allowed, the last after {slowest:.2f} s")
    assert len(late) >= MANY_CALLS
    assert not any(late)
