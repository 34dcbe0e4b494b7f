"""Does the server answer while a statement runs? The p99 of /healthz, idle and busy in turns."""

import http.client
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.table import Table
from tests.server import Served, data, served, wait_until

ROUNDS = 5
REQUESTS = 400
QUERY_SECONDS = 2.0
WAITING = f"select pg_sleep({QUERY_SECONDS})"
# It takes a processor away from the server, too, where there are few.
COUNTING = "select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b"
STATEMENTS = {"waits": WAITING, "counts": COUNTING}


@dataclass(frozen=True)
class Figures:
    """The median, over the rounds, of the p99 of a request, in seconds."""

    idle: float
    busy: float

    @property
    def ratio(self) -> float:
        """Return how much slower the server answers while a statement runs."""
        return self.busy / self.idle

    def __str__(self) -> str:
        return (
            f"/healthz p99: idle {1000 * self.idle:.2f} ms, while a query runs "
            f"{1000 * self.busy:.2f} ms, ratio {self.ratio:.2f}"
        )


def measure(house: Served, sql: str = WAITING, rounds: int = ROUNDS) -> Figures:
    """Return the figures, measured in turns: what else the machine does hits both alike."""
    connection = house.new_connection(
        timeout_seconds=2 * QUERY_SECONDS, allowed_functions=["pg_sleep"]
    )
    idle, busy = [], []
    _p99(house, lambda: True)
    for _ in range(rounds):
        idle.append(_p99(house, lambda: True))
        busy.append(_while_running(house, connection, sql))
    return Figures(statistics.median(idle), statistics.median(busy))


def _while_running(house: Served, connection: str, sql: str) -> float:
    body = {"connection_id": connection, "sql": sql}
    run = data(house.owner.post("/api/runs", body), 201)["id"]
    state = f"select 1 from query_runs where id = '{run}' and state = 'running'"
    wait_until(lambda: house.rows(state))
    begun = time.monotonic()
    found = _p99(house, lambda: time.monotonic() - begun < QUERY_SECONDS - 0.3)
    assert data(house.owner.get(f"/api/runs/{run}"))["state"] == "running"
    data(house.owner.post(f"/api/runs/{run}/cancel"))
    data(house.owner.get(f"/api/runs/{run}?wait=10"))
    return found


def _p99(house: Served, is_good: Callable[[], bool]) -> float:
    """Return the p99 of as many requests as fit in, at most REQUESTS."""
    address = urlsplit(house.base)
    times = []
    with closing(http.client.HTTPConnection(address.hostname or "", address.port)) as client:
        for _ in range(REQUESTS):
            begun = time.perf_counter()
            client.request("GET", "/healthz")
            client.getresponse().read()
            times.append(time.perf_counter() - begun)
            if not is_good():
                break
    return sorted(times)[int(0.99 * (len(times) - 1))]


def run() -> list[Table]:
    """Return the table of the figures."""
    with served() as house:
        found = {name: measure(house, sql) for name, sql in STATEMENTS.items()}
    rows = [
        [name, f"{1000 * f.idle:.2f}", f"{1000 * f.busy:.2f}", f"{f.ratio:.2f}"]
        for name, f in found.items()
    ]
    return [
        Table(
            "/healthz while a statement runs",
            f"p99 of up to {REQUESTS} requests in a row, median of {ROUNDS} rounds in turns; the "
            "statement waits, or keeps one processor of this machine busy.",
            ["statement", "idle, ms", "a statement runs, ms", "ratio"],
            rows,
        )
    ]
