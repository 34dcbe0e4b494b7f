"""Does a fast endpoint stay fast while four clients ask for what takes two seconds each?"""

import http.client
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

from benchmarks.http import OURS
from benchmarks.table import Table
from tests import server
from tests.server import Served, served

CLIENTS = 4
ROUNDS = 7
REQUESTS = 400
FAST = "/bench/empty"
KINDS: dict[str, str | None] = {
    "idle": None,
    "`async def`": "/bench/slow",
    "plain `def`": "/bench/slow-plain",
}


def run() -> list[Table]:
    """Return the table of this benchmark."""
    server.START = OURS
    found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    with served() as house:
        for number in range(ROUNDS + 1):
            for kind, path in KINDS.items():
                with _clients(house, path):
                    figures = _asked(house)
                if number:  # the first round warms up
                    found[kind].append(figures)
    conditions = (
        f"A token-authenticated empty handler, asked {REQUESTS} times a round by one client, while "
        f"{CLIENTS} others wait for statements of 2 s; medians of {ROUNDS} interleaved rounds."
    )
    table = Table("A fast request beside slow ones", conditions, ["others", "p50 ms", "p99 ms"])
    for kind, rounds in found.items():
        p50, p99 = (statistics.median(column) for column in zip(*rounds, strict=True))
        table.rows.append([kind, f"{1000 * p50:.2f}", f"{1000 * p99:.2f}"])
    return [table]


def _asked(house: Served) -> tuple[float, float]:
    times = []
    with closing(_client(house)) as client:
        for _ in range(REQUESTS):
            begun = time.perf_counter()
            _ask(house, client, FAST)
            times.append(time.perf_counter() - begun)
    times.sort()
    return times[len(times) // 2], times[int(0.99 * (len(times) - 1))]


@contextmanager
def _clients(house: Served, path: str | None) -> Iterator[None]:
    """Have clients ask for `path`, one request after the other, for the block."""
    is_over = threading.Event()

    def ask_on() -> None:
        with closing(_client(house)) as client:
            while path is not None and not is_over.is_set():
                _ask(house, client, path)

    threads = [threading.Thread(target=ask_on) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(0.2 if path else 0)  # until all of them wait
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _client(house: Served) -> http.client.HTTPConnection:
    address = urlsplit(house.base)
    return http.client.HTTPConnection(address.hostname or "", address.port)


def _ask(house: Served, client: http.client.HTTPConnection, path: str) -> None:
    client.request("GET", path, headers={"Authorization": f"token {house.owner.value}"})
    answer = client.getresponse()
    text = answer.read()
    assert answer.status == 200, text
