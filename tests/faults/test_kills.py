"""kill -9 of the executor at random moments, while it runs statements."""

import random
import time

import pytest

from tests.server import Served, data, say, served, wait_until

pytestmark = pytest.mark.faults

KILLS = 15  # the executor is restarted with a growing pause, so each takes its time
SEED = 20261122
SLOW = "select count(*) from generate_series(1, 20000) a, generate_series(1, 20000) b"


def test_killed_executor_leaves_no_wrong_state_backend_or_file() -> None:
    dice = random.Random(SEED)  # noqa: S311 (repeatable, not secret)
    with served() as house:
        connection = house.new_connection()
        ends = [_kill_one(house, connection, dice) for _ in range(KILLS)]
        left = house.target.admin(
            "select count(*) from pg_stat_activity where usename = 'reader' and state = 'active'"
        )
        partial = list((house.home / "results").glob("*.partial"))
        say(f"\nseed {SEED}: {KILLS} kills, states {sorted(set(ends))}, backends {left}")
    assert set(ends) == {"lost"}
    assert left == [(0,)]
    assert partial == []


def _kill_one(house: Served, connection: str, dice: random.Random) -> str:
    body = {"connection_id": connection, "sql": SLOW}
    run = data(house.owner.post("/api/runs", body), 201)["id"]
    time.sleep(dice.uniform(0.0, 0.5))
    house.executor().kill()

    def ended() -> str | None:
        state: str = data(house.owner.get(f"/api/runs/{run}"))["state"]
        return state if state in ("lost", "failed", "succeeded", "cancelled") else None

    state: str = wait_until(ended)
    wait_until(lambda: house.owner.run(connection, "select 1")["state"] == "succeeded")
    return state
