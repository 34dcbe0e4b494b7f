"""What a request costs the server: its CPU time, as a multiple of a bare Tornado handler's.

One process each, asked in turns, one request after the other on one connection, so that whatever
else the machine does hits all alike. Read the ratios.
"""

import http.client
import itertools
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.table import Table
from tests import server
from tests.server import Served, data, served

ROUNDS = 7
REQUESTS = 100
HEADERS = {"Content-Type": "application/json"}

BARE = """
import asyncio, tornado.web
class Bare(tornado.web.RequestHandler):
    def get(self):
        self.write({"status": "success", "data": {"id": 1, "name": "x"}})
async def main():
    app = tornado.web.Application([("/", Bare)], log_function=lambda handler: None)
    server = app.listen(0, "127.0.0.1")
    print("ready at http://127.0.0.1:%d" % next(iter(server._sockets.values())).getsockname()[1],
          flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
# The server with three routes more, written as an application built on it would write them.
OURS = "from benchmarks.routes import serve_with_routes; serve_with_routes()"


@dataclass(frozen=True)
class Asked:
    """One kind of request, and what it may cost."""

    method: str
    path: str
    aim: float
    body: Callable[[], Any] | None = None


def run() -> list[Table]:
    """Return the table of this benchmark."""
    server.START = OURS
    with served() as house, bare() as (process, base):
        kinds = _kinds(house)
        found: dict[str, list[float]] = {name: [] for name in kinds}
        for number in range(ROUNDS + 1):
            unit = _cpu_ms(process.pid, base, Asked("GET", "/", 1), None, REQUESTS)
            for name, asked in kinds.items():
                ms = _cpu_ms(house.process.pid, house.base, asked, house.owner.value, REQUESTS)
                if number:  # the first round warms up
                    found[name].append(ms / unit)
    conditions = (
        f"CPU time of the server's process for a request, as a multiple of a bare Tornado handler "
        f"that writes a small JSON; medians of {ROUNDS} rounds of {REQUESTS} requests."
    )
    table = Table("What a request costs over HTTP", conditions, ["request", "x bare", "aim"])
    for name, ratios in found.items():
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        table.rows.append([name, spread, f"<= {kinds[name].aim:g}"])
    return [table]


def _kinds(house: Served) -> dict[str, Asked]:
    connection, numbers = house.new_connection(), itertools.count()

    def body() -> dict[str, Any]:
        name = f"query {next(numbers)}"
        return {"name": name, "connection_id": connection, "text": "select 1"}

    for _ in range(120):
        ident = data(house.owner.post("/api/queries", body()), 201)["id"]
    return {
        "empty handler, by token": Asked("GET", "/bench/empty", 1.3),
        "page of 50 gated rows, columns": Asked("GET", "/bench/page", 6),
        "one gated row, columns": Asked("GET", f"/bench/queries/{ident}", 4.5),
        "create with verification": Asked("POST", "/bench/queries", 9, body),
        "GET /api/profile": Asked("GET", "/api/profile", 1.3),
        "GET /api/queries?limit=50": Asked("GET", "/api/queries?limit=50", 6),
        "GET /api/queries/{id}": Asked("GET", f"/api/queries/{ident}", 4.5),
        "POST /api/queries": Asked("POST", "/api/queries", 9, body),
    }


@contextmanager
def bare() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Have a bare Tornado server; yield its process and its address."""
    command = [sys.executable, "-c", BARE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def _cpu_ms(pid: int, base: str, asked: Asked, token: str | None, requests: int) -> float:
    """Return the milliseconds of CPU that the process spends on a request."""
    address = urlsplit(base)
    headers = HEADERS | ({"Authorization": f"token {token}"} if token else {})
    with closing(http.client.HTTPConnection(address.hostname or "", address.port)) as client:
        before = _cpu_ns(pid)
        for _ in range(requests):
            body = json.dumps(asked.body()) if asked.body else None
            client.request(asked.method, asked.path, body, headers)
            answer = client.getresponse()
            text = answer.read()
            assert answer.status in (200, 201), text
        return (_cpu_ns(pid) - before) / 1e6 / requests


def _cpu_ns(pid: int) -> int:
    """Return the time on a processor of all threads: what /proc/PID/stat has in steps of 10 ms."""
    found = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[0]) for path in found)
