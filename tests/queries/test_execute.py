"""A large result through the web process: it neither swells nor falls silent."""

import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.server import Served, say, served

MB = 1_000_000
MOST_GROWTH_BYTES = 30 * MB
MOST_RATIO = 2.0
ATTEMPTS = 3  # of the latency: what else the machine does may spoil one
REQUESTS = 2000
SETTINGS = {"BASELAYER__RUNS__LIMIT_ROWS": "5000000", "BASELAYER__RUNS__TIMEOUT_SECONDS": "300"}
SQL = """\
select i, i * 0.25 as price, 'item ' || i as name, i % 3 = 0 as flag, i / 7.0::float8 as part,
    timestamptz '2024-01-01 00:00:00+00' + i * interval '1 second' as at
from generate_series(1, {rows}) i"""
# Runs and downloads in a process of its own, so that it does not take turns with the probe.
CLIENT = """
import json, sys, requests
asked = json.loads(sys.argv[1])
http = requests.Session()
http.headers["Authorization"] = asked["authorization"]
print("ready", flush=True)
sys.stdin.readline()
run = http.post(asked["base"] + "/api/runs", json=asked["body"]).json()["data"]
address = asked["base"] + "/api/runs/" + run["id"]
while run["state"] in ("queued", "running"):
    run = http.get(address, params={"wait": 30}).json()["data"]
print(json.dumps(run), flush=True)
lines, last = 0, b""
with http.get(address + "/download", params={"format": "csv"}, stream=True) as answer:
    answer.raise_for_status()
    for chunk in answer.iter_content(1 << 18):
        lines, last = lines + chunk.count(b"\\n"), (last + chunk)[-200:]
print(json.dumps([lines, last.decode().splitlines()[-1]]), flush=True)
"""


@dataclass(frozen=True)
class Figures:
    """The p99 of /healthz in seconds, and by how many bytes the web process grew at its peak."""

    idle: float
    busy: float
    growth_bytes: int
    busy_seconds: float

    def __str__(self) -> str:
        return (
            f"/healthz p99: idle {1000 * self.idle:.2f} ms, busy {1000 * self.busy:.2f} ms "
            f"(ratio {self.busy / self.idle:.2f}, {self.busy_seconds:.1f} s a round); web process "
            f"grew by {self.growth_bytes / MB:.1f} MB"
        )


@pytest.fixture(scope="module")
def house() -> Iterator[Served]:
    """A server of its own: what others ask of the shared one would count."""
    with served(**SETTINGS) as house:
        yield house


def test_half_a_million_rows_pass_the_web_process_by(house: Served) -> None:
    connection = _warmed(house)
    found = _measure(house, connection, 500_000, rounds=1)
    say(f"\n500000 rows: {found}")
    assert found.growth_bytes <= MOST_GROWTH_BYTES


@pytest.mark.faults
def test_five_million_rows_keep_nobody_waiting(house: Served) -> None:
    connection = _warmed(house)
    for _ in range(ATTEMPTS):
        found = _measure(house, connection, 5_000_000, rounds=1)
        say(f"\n5000000 rows: {found}")
        assert found.growth_bytes <= MOST_GROWTH_BYTES
        if found.busy <= MOST_RATIO * found.idle:
            return
    raise AssertionError(f"/healthz was too slow in all of {ATTEMPTS} attempts, last: {found}")


def _warmed(house: Served) -> str:
    """Return a connection through which a small result has passed, so that growth is growth."""
    connection = house.new_connection(timeout_seconds=300)
    _probe(house, _times(REQUESTS))
    _busy(house, connection, 1000)
    return connection


def _measure(house: Served, connection: str, rows: int, rounds: int) -> Figures:
    """Measure in turns: what else the machine does hits idle and busy alike."""
    before = psutil.Process(house.process.pid).memory_info().rss
    idle, busy = [], []
    begun = time.monotonic()
    idle_seconds = 0.0
    for _ in range(rounds):
        start = time.monotonic()
        idle.append(_probe(house, _times(REQUESTS)))
        idle_seconds += time.monotonic() - start
        busy.append(_busy(house, connection, rows))
    seconds = (time.monotonic() - begun - idle_seconds) / rounds
    growth = _peak_bytes(house.process.pid) - before
    return Figures(statistics.median(idle), statistics.median(busy), growth, seconds)


def _busy(house: Served, connection: str, rows: int) -> float:
    """Return the p99 while a client runs a statement of so many rows and downloads them as CSV."""
    body = {"connection_id": connection, "sql": SQL.format(rows=rows)}
    with _client(house, body) as client:
        found = _probe(house, lambda: client.poll() is None)
        assert client.stdout is not None
        run, (lines, last) = (json.loads(line) for line in client.stdout)
    assert (run["state"], run["rows"], run["truncated"]) == ("succeeded", rows, None), run
    assert lines == rows + 1
    assert last.startswith(f"{rows},{rows * 0.25:.2f},item {rows},")
    return found


@contextmanager
def _client(house: Served, body: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Have a client begin at once; its lines fit into a pipe, so nobody need read them yet."""
    asked = {"base": house.base, "authorization": f"token {house.owner.value}", "body": body}
    command = [sys.executable, "-c", CLIENT, json.dumps(asked)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        assert client.stdout.readline() == "ready\n"
        client.stdin.write("go\n")
        client.stdin.flush()
        yield client
    assert client.returncode == 0


def _probe(house: Served, may_go_on: Callable[[], bool]) -> float:
    """Return the p99 of one /healthz after the other, in seconds."""
    address = urlsplit(house.base)
    times = []
    with closing(http.client.HTTPConnection(address.hostname or "", address.port)) as client:
        while may_go_on():
            begun = time.perf_counter()
            client.request("GET", "/healthz")
            client.getresponse().read()
            times.append(time.perf_counter() - begun)
    return sorted(times)[int(0.99 * (len(times) - 1))]


def _times(number: int) -> Callable[[], bool]:
    turns = count()
    return lambda: next(turns) < number


def _peak_bytes(pid: int) -> int:
    """Return the most memory that a process ever had resident."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return 1024 * int(kilobytes)
