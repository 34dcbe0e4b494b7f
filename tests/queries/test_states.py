"""Every transition of a run happens once, and only from where it may."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from baselayer.app.errors import (
    BaselayerError,
    QueryFailedError,
    RunCancelledError,
    RunLostError,
)
from baselayer.app.queries import states
from baselayer.app.queries.executor.protocol import Finished, ResultColumn
from tests.queries.conftest import Desk

ACTIVE = ("queued", "running", "cancelling")
FINAL = ("succeeded", "failed", "cancelled", "lost")
DONE = Finished(
    rows=3,
    bytes=10,
    truncated=None,
    sha256="x",
    batch_rows=[3],
    columns=[ResultColumn("a", "int64", "bigint")],
    rowcount=None,
    seconds=0.1,
)

Act = Callable[[AsyncConnection], Awaitable[Any]]


def run(desk: Desk, act: Act) -> Any:
    """Do `act` in a transaction of its own."""

    async def within() -> Any:
        async with desk.database.async_engine.begin() as connection:
            return await act(connection)

    return asyncio.run(within())


def test_queued_run_begins_once(desk: Desk) -> None:
    ident = desk.run()
    assert run(desk, lambda c: states.begin(c, ident)) is True
    assert run(desk, lambda c: states.begin(c, ident)) is False
    assert desk.find(ident).state == "running"
    assert desk.find(ident).started_at is not None


@pytest.mark.parametrize("state", ACTIVE)
def test_unfinished_run_succeeds_with_its_result(desk: Desk, state: str) -> None:
    ident = desk.run(state)
    assert run(desk, lambda c: states.succeed(c, ident, DONE, f"{ident}.arrow")) is True
    found = desk.find(ident)
    assert (found.state, found.rows, found.finished_at is None) == ("succeeded", 3, False)


@pytest.mark.parametrize("state", FINAL)
def test_finished_run_does_not_change_any_more(desk: Desk, state: str) -> None:
    ident = desk.run(state)
    acts: list[Act] = [
        lambda c: states.begin(c, ident),
        lambda c: states.wish_cancelled(c, ident),
        lambda c: states.succeed(c, ident, DONE, "x.arrow"),
        *(lambda c, e=e: states.fail(c, ident, e) for e in _errors()),
    ]
    for act in acts:
        assert run(desk, act) is False
    assert desk.find(ident).state == state


@pytest.mark.parametrize(
    ("state", "error", "expected"),
    [
        ("queued", QueryFailedError("No."), "failed"),
        ("running", QueryFailedError("No."), "failed"),
        ("cancelling", QueryFailedError("No."), "cancelled"),
        ("running", RunCancelledError("Stop."), "cancelled"),
        ("cancelling", RunCancelledError("Stop."), "cancelled"),
        ("running", RunLostError("Gone."), "lost"),
        ("cancelling", RunLostError("Gone."), "lost"),
    ],
)
def test_end_is_what_ended_it(desk: Desk, state: str, error: BaselayerError, expected: str) -> None:
    ident = desk.run(state)
    assert run(desk, lambda c: states.fail(c, ident, error)) is True
    found = desk.find(ident)
    assert (found.state, found.error_code, found.error_message) == (
        expected,
        error.code,
        error.message,
    )


def test_only_one_of_two_at_once_wins(desk: Desk) -> None:
    ident = desk.run("running")

    async def both() -> list[bool]:
        async def one(act: Act) -> bool:
            async with desk.database.async_engine.begin() as connection:
                return bool(await act(connection))

        done = await asyncio.gather(
            one(lambda c: states.succeed(c, ident, DONE, f"{ident}.arrow")),
            one(lambda c: states.fail(c, ident, RunLostError("Gone."))),
        )
        return list(done)

    assert sorted(asyncio.run(both())) == [False, True]


def test_runs_whose_lease_has_passed_are_lost_and_others_are_not(desk: Desk) -> None:
    late, alive, over = desk.run("running", -1), desk.run("running", 60), desk.run("failed", -1)
    renewed = desk.run("cancelling", -1)
    wished = run(desk, lambda c: states.renew(c, [renewed, over], 60))
    assert wished == {renewed}
    lost = run(desk, states.lose_expired)
    assert late in lost
    assert not {alive, over, renewed} & set(lost)
    assert desk.find(late).error_code == "run_lost"


def test_unknown_run_is_no_error(desk: Desk) -> None:
    ident = uuid.uuid4()
    assert run(desk, lambda c: states.begin(c, ident)) is False
    assert run(desk, lambda c: states.renew(c, [], 60)) == set()


def _errors() -> list[BaselayerError]:
    return [QueryFailedError("No."), RunCancelledError("Stop."), RunLostError("Gone.")]
