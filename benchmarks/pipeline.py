"""The pipeline: a million rows from a database to a stored result and a download, against COPY."""

import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

import psycopg

from benchmarks.table import Table, medians_ms
from tests.server import Served, data, served

ROWS = 1_000_000
ROUNDS = 3
SMALL_ROUNDS = 40
FILL = f"""
create table wide as select i as a, i * 7919::bigint as b, random() as c,
    case when i % 10 = 0 then null else random() end as d, (i * 1.25)::numeric(12,2) as e,
    md5(i::text) as f, 'label "' || i % 1000 || '" é' as g,
    '2024-01-01'::timestamp + i * interval '1 second' as h,
    '2024-01-01 00:00+00'::timestamptz + i * interval '1 second' as j, i % 2 = 0 as k
    from generate_series(1, {ROWS}) i;
grant select on wide to public;
analyze wide;
"""


def run() -> list[Table]:
    """Return the tables of this benchmark."""
    with served() as house:
        house.target.admin(FILL)
        connection = house.new_connection(timeout_seconds=300)
        return [_big(house, connection), _small(house, connection)]


def _big(house: Served, connection: str) -> Table:
    conditions = f"{ROWS:,} rows of 10 mixed columns, PostgreSQL on this machine; {ROUNDS} rounds."
    table = Table("A big result", conditions, ["what", "median ms", "x COPY"])
    last: dict[str, Any] = {}

    def stored() -> None:
        last.update(_run(house, connection, "select * from wide"))

    def downloaded() -> None:
        path = f"/api/runs/{last['id']}/download?format=csv"
        with house.owner.get(path, stream=True) as answer:
            for _ in answer.iter_content(1 << 20):
                pass

    copying = "COPY ... TO STDOUT (csv) to a file"
    found = medians_ms(
        {
            copying: lambda: _copy(house),
            "POST to stored Arrow file": stored,
            "stored file to CSV over HTTP": downloaded,
        },
        ROUNDS,
    )
    table.rows = [[n, f"{ms:.0f}", f"{ms / found[copying]:.2f}"] for n, ms in found.items()]
    return table


def _small(house: Served, connection: str) -> Table:
    conditions = f"One request each, one client; {SMALL_ROUNDS} rounds."
    table = Table("Small things", conditions, ["what", "median ms", "x /healthz"])
    run_id = _run(house, connection, "select * from wide")["id"]
    page = f"/api/runs/{run_id}/rows?offset={ROWS // 2}&limit=200"
    variants: dict[str, Callable[[], object]] = {
        "/healthz": lambda: house.nobody.get("/healthz"),
        "profile (token)": lambda: house.owner.get("/api/profile"),
        "list of connections": lambda: house.owner.get("/api/connections"),
        "200 rows from the middle": lambda: house.owner.get(page),
        "SELECT 1, stored": lambda: _run(house, connection, "select 1"),
    }
    found = medians_ms(variants, SMALL_ROUNDS)
    table.rows = [[n, f"{ms:.1f}", f"{ms / found['/healthz']:.1f}"] for n, ms in found.items()]
    return table


def _run(house: Served, connection: str, sql: str) -> dict[str, Any]:
    body = {"connection_id": connection, "sql": sql}
    run: dict[str, Any] = data(house.owner.post("/api/runs?wait=60", body), 201)
    deadline = time.monotonic() + 300
    while run["state"] in ("queued", "running") and time.monotonic() < deadline:
        run = data(house.owner.get(f"/api/runs/{run['id']}?wait=60"))
    if run["state"] != "succeeded":
        raise RuntimeError(f"the run ended as {run['state']}: {run['error_message']}")
    return run


def _copy(house: Served) -> None:
    target = house.target.target("reader")
    with (
        psycopg.connect(
            host=target.host,
            port=target.port,
            dbname=target.database,
            user=target.username,
            password=target.password,
        ) as connection,
        tempfile.TemporaryFile() as file,
        connection.cursor().copy("COPY (SELECT * FROM wide) TO STDOUT (FORMAT csv)") as rows,
    ):
        for chunk in rows:
            os.write(file.fileno(), chunk)
