"""Engines are found by name, and all of them say the same of the same rows."""

import asyncio
import csv
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from baselayer.app.connections.drivers.base import secret_context
from baselayer.app.connections.drivers.registry import driver_for, engines
from baselayer.app.errors import DriverMissingError
from baselayer.app.queries.executor.client import run_job
from baselayer.app.queries.executor.protocol import (
    Egress,
    Finished,
    Job,
    RunJob,
    Sealed,
    Step,
    TargetFrame,
    TestJob,
)
from baselayer.app.queries.executor.supervise import Executor, ExecutorSettings
from baselayer.app.queries.guard.judge import judge
from baselayer.app.queries.results.reader import read_page
from baselayer.app.sealing.binding import Binding
from baselayer.app.sealing.ring import KeyRing
from tests.connections.drivers.files import write_duckdb, write_sqlite
from tests.mariadb import MariadbTarget
from tests.targets import PostgresTarget

DEMO = "select carrier, count(*) from flights group by carrier"
NASTY = ["AA", "", "é😀", "O'Hare", 'say "x"', "back\\slash", "semi;colon--", "line\nfeed", "NULL"]
FLIGHTS = [
    (
        number,
        None if number % 11 == 0 else NASTY[number % len(NASTY)],
        number * 9_007_199_254_740 if number % 3 else None,
        f"{number}.{number % 100:02}" if number % 5 else None,
        (number - 1500) / 7,
    )
    for number in range(3_000)
]
COLUMNS = "id {int}, carrier {text}, distance {big}, fare {decimal}, delay {double}"
ALL = "select id, carrier, distance, {fare}, delay from flights order by id"


@dataclass
class Bench:
    """A home for an executor, and a target per engine that has the same flights."""

    home: Path
    ring: KeyRing
    targets: dict[str, TargetFrame]

    @property
    def settings(self) -> ExecutorSettings:
        return ExecutorSettings(
            socket_path=self.home / "run" / "x.sock",
            keys_path=self.home / "keys.json",
            results_path=self.home / "results",
            file_roots=(self.home / "files",),
        )

    def run(self, sql: str, engine: str) -> list[list[Any]]:
        """Judge `sql` and run it in an executor; return its rows as the browser gets them."""
        judge(sql, dialect=driver_for(engine).dialect, may_write=False)
        name = f"{secrets.token_hex(8)}.arrow"
        job = RunJob(name, self.targets[engine], Egress(allow_loopback=True), sql, name)
        last = self.events(job)[-1]
        assert isinstance(last, Finished), last
        page = read_page(self.home / "results" / name, last.batch_rows, 0, 10_000)
        assert len(page.rows) == last.rows
        return page.rows

    def events(self, job: Job) -> list[Any]:
        async def main() -> list[Any]:
            async with Executor(self.settings), await run_job(self.settings.socket_path, job) as s:
                return [event async for event in s]

        return asyncio.run(main())


@pytest.fixture(scope="module")
def bench(shop: PostgresTarget, mariadb: MariadbTarget) -> Iterator[Bench]:
    home = Path(tempfile.mkdtemp(prefix="baselayer-e-"))
    (home / "files").mkdir()
    ring = KeyRing.load_or_create(home / "keys.json")
    fill_servers(shop, mariadb)
    fill_files(home)
    targets = {
        "postgresql": frame(ring, shop),
        "mariadb": frame(ring, mariadb),
        "sqlite": TargetFrame("sqlite", "", 0, "flights.db", ""),
        "duckdb": TargetFrame("duckdb", "", 0, "flights.duckdb", ""),
    }
    yield Bench(home, ring, targets)
    shutil.rmtree(home)


def frame(ring: KeyRing, server: PostgresTarget | MariadbTarget) -> TargetFrame:
    target = server.target()
    context = secret_context(target.engine, target.host, target.port, target.tls_mode)
    place = ("connections", "password", "0190-1")
    sealed = Sealed(ring.seal(str(target.password), Binding(*place, context)), *place)
    return TargetFrame(
        engine=target.engine,
        host=target.host,
        port=target.port,
        database=target.database,
        username=target.username,
        sealed_password=sealed,
        tls_mode=target.tls_mode,
    )


def fill_servers(shop: PostgresTarget, mariadb: MariadbTarget) -> None:
    types = {"int": "int", "text": "varchar(20)", "big": "bigint", "decimal": "decimal(12,2)"}
    shop.admin(f"create table flights ({COLUMNS.format(**types, double='double precision')})")
    mariadb.admin(f"create table flights ({COLUMNS.format(**types, double='double')})")
    values = ", ".join(["(%s, %s, %s, %s, %s)"] * len(FLIGHTS))
    flat = tuple(value for flight in FLIGHTS for value in flight)
    mariadb.admin(f"insert into flights values {values}", flat)
    shop.admin("grant select on flights to reader")
    for start in range(0, len(FLIGHTS), 1_000):
        part = FLIGHTS[start : start + 1_000]
        values = ", ".join(["(%s, %s, %s, %s, %s)"] * len(part))
        shop.admin(
            f"insert into flights values {values}", tuple(v for flight in part for v in flight)
        )


def fill_files(home: Path) -> None:
    write_sqlite(
        home / "files" / "flights.db",
        "create table flights (id integer, carrier text, distance integer, fare text, delay real);"
        + "\n".join(f"insert into flights values ({literals(flight)});" for flight in FLIGHTS),
    )
    path = home / "flights.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([["~" if v is None else v for v in flight] for flight in FLIGHTS])
    types = {"int": "int", "text": "varchar", "big": "bigint", "decimal": "decimal(12,2)"}
    write_duckdb(
        home / "files" / "flights.duckdb",
        f"create table flights ({COLUMNS.format(**types, double='double')})",
        f"copy flights from '{path}' (nullstr '~', header false)",
    )
    path.unlink()


def literals(flight: tuple[Any, ...]) -> str:
    return ", ".join(
        "null"
        if value is None
        else repr(value)
        if isinstance(value, int | float)
        else "'" + value.replace("'", "''") + "'"
        for value in flight
    )


def expected_demo() -> dict[str | None, int]:
    carriers = [flight[1] for flight in FLIGHTS]
    return {carrier: carriers.count(carrier) for carrier in carriers}


def test_every_engine_has_a_driver_of_its_name() -> None:
    assert [driver_for(name).name for name in engines()] == engines()
    assert set(engines()) == {"postgresql", "mysql", "mariadb", "sqlite", "duckdb"}


def test_unknown_engine_names_the_known_ones() -> None:
    with pytest.raises(DriverMissingError, match="postgresql"):
        driver_for("nosuchdb")


@pytest.mark.parametrize("engine", ["postgresql", "mariadb", "sqlite", "duckdb"])
def test_demo_query_gives_the_same_everywhere(bench: Bench, engine: str) -> None:
    found = bench.run(DEMO, engine)
    assert len(found) == len(NASTY) + 1
    assert dict(map(tuple, found)) == expected_demo()


@pytest.mark.parametrize("engine", ["postgresql", "mariadb", "sqlite", "duckdb"])
def test_every_value_is_exact_everywhere(bench: Bench, engine: str) -> None:
    safe = 2**53 - 1
    wanted = [
        [
            number,
            carrier,
            str(distance) if distance is not None and distance > safe else distance,
            fare,
            delay,
        ]
        for number, carrier, distance, fare, delay in FLIGHTS
    ]
    assert bench.run(ALL.format(fare="fare"), engine) == wanted


def test_file_is_tried_without_a_network(bench: Bench) -> None:
    events = bench.events(TestJob(bench.targets["sqlite"], Egress()))
    steps = [(event.name, event.failure) for event in events if isinstance(event, Step)]
    assert steps == [("resolve", None), ("login", None), ("select 1", None)]


def test_executor_survives_a_memory_bomb(bench: Bench) -> None:
    async def main() -> tuple[Any, Any]:
        async with Executor(bench.settings) as executor:
            before = executor.pid
            for sql in ("select repeat('x', 2000000000)", DEMO):
                name = f"{secrets.token_hex(8)}.arrow"
                job = RunJob(name, bench.targets["duckdb"], Egress(), sql, name)
                async with await run_job(bench.settings.socket_path, job) as stream:
                    last = [event async for event in stream][-1]
                if "repeat" in sql:
                    assert last.code == "query_failed"  # type: ignore[union-attr]
            assert executor.pid == before
            return executor.restarts, last

    restarts, last = asyncio.run(main())
    assert restarts == 0
    assert isinstance(last, Finished)
