"""Statements on MariaDB run alone, cannot write where they may not, and can always be stopped."""

import resource
import threading
import time

import pytest

from baselayer.app.connections.drivers import mysql_session
from baselayer.app.connections.drivers.base import cut_in
from baselayer.app.connections.drivers.registry import driver_for
from baselayer.app.errors import (
    BaselayerError,
    QueryFailedError,
    QueryTimeoutError,
    RunCancelledError,
    TargetUnreachableError,
)
from tests.connections.drivers.conftest import Login
from tests.connections.drivers.proxies import proxy_to
from tests.connections.drivers.reading import rows, wait_until
from tests.mariadb import MariadbTarget
from tests.targets import SOON_SECONDS

ENDLESS = "select count(*) from items a, items b, items c, items d"
MANY_ROWS = "select a.id, a.name from items a, items b, items c limit 2000000"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends soon, ends because the server was told, not because we lost patience."""
    monkeypatch.setattr(mysql_session, "GRACE_SECONDS", 60.0)


def running(mariadb: MariadbTarget, number: int | None) -> bool:
    found = mariadb.admin(
        "select info from information_schema.processlist where id = %s", (number,)
    )
    return bool(found and found[0][0])


@pytest.mark.parametrize(
    "sql",
    [
        "delete from items",
        "insert into items (id) values (5000)",
        "create table sneaky (a int)",
        "truncate items",
        "drop table items",
        "select 1; select 2",
        "commit; delete from items",
        "set transaction read write",
        "commit",
        "rollback",
        "select 1 into outfile '/tmp/baselayer-sneaky'",
        "load data local infile '/etc/passwd' into table items",
        "lock tables items write",
        "flush tables with read lock",
        "selec",
        "",
    ],
)
def test_statement_that_would_write_or_leave_is_refused(
    enter: Login, mariadb: MariadbTarget, sql: str
) -> None:
    with pytest.raises(BaselayerError):
        rows(enter(), sql)
    assert mariadb.admin("select count(*) from items") == [(1000,)]
    assert mariadb.admin("show tables like 'sneaky'") == []


@pytest.mark.parametrize("sql", ["select 1 \0; commit", "select '\ud800'"])
def test_text_that_cannot_be_sent_is_refused(enter: Login, sql: str) -> None:
    with pytest.raises(QueryFailedError):
        rows(enter(), sql)


def test_refusal_names_state_and_number(enter: Login) -> None:
    with pytest.raises(QueryFailedError, match="nosuch") as caught:
        rows(enter(), "select * from nosuch")
    assert caught.value.details == {"sqlstate": "42S02", "number": 1146}


def test_writer_writes_and_is_counted(enter: Login, mariadb: MariadbTarget) -> None:
    session = enter("writer", read_only=False)
    rows(session, "create table written (a int)")
    assert rows(session, "insert into written values (1), (2)") == []
    assert session.rowcount == 2
    session.stream("insert into written values (3)", 10)
    session.close()
    assert mariadb.admin("select a from written") == [(1,), (2,)]


def test_session_is_used_again(enter: Login) -> None:
    session = enter()
    assert [rows(session, f"select {i}")[0] for i in range(5)] == [(i,) for i in range(5)]
    assert session.rowcount is None


def test_cancel_ends_the_statement_on_the_server(enter: Login, mariadb: MariadbTarget) -> None:
    flag_seen = threading.Event()
    session = enter()

    def cancel() -> None:
        wait_until(lambda: running(mariadb, session.backend_id))
        session.cancel()
        flag_seen.set()

    threading.Thread(target=cancel).start()
    begun = time.monotonic()
    with pytest.raises(RunCancelledError):
        rows(session, ENDLESS)
    assert time.monotonic() - begun < SOON_SECONDS
    assert flag_seen.wait(5)
    wait_until(lambda: not running(mariadb, session.backend_id))
    with pytest.raises(RunCancelledError):
        rows(session, "select 1")


def test_cancel_in_the_middle_of_the_rows(enter: Login) -> None:
    session = enter()
    _, batches = session.stream(MANY_ROWS, 1_000)
    next(batches)
    session.cancel()
    with pytest.raises(RunCancelledError):
        for _ in batches:
            pass


def test_server_keeps_the_time(enter: Login) -> None:
    begun = time.monotonic()
    with pytest.raises(QueryTimeoutError, match=r"0\.5 s"):
        rows(enter(timeout_seconds=0.5), ENDLESS)
    assert time.monotonic() - begun < SOON_SECONDS


def test_time_is_kept_when_the_server_was_told_not_to(enter: Login) -> None:
    begun = time.monotonic()
    with pytest.raises(QueryTimeoutError):
        rows(enter(timeout_seconds=0.5), f"set statement max_statement_time=0 for {ENDLESS}")
    assert time.monotonic() - begun < SOON_SECONDS


def test_connection_is_cut_when_the_server_does_not_listen(
    mariadb: MariadbTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql_session, "GRACE_SECONDS", 0.3)
    with proxy_to(mariadb.port) as proxy:
        target = mariadb.target(port=proxy.port, timeout_seconds=0.5)
        session = driver_for("mariadb").open(target, mariadb.way)
        threading.Timer(0.2, proxy.swallow.set).start()
        begun = time.monotonic()
        with pytest.raises(QueryTimeoutError):
            rows(session, ENDLESS)
        session.close()
        assert time.monotonic() - begun < SOON_SECONDS


def test_lost_connection_is_told(mariadb: MariadbTarget) -> None:
    with proxy_to(mariadb.port) as proxy:
        session = driver_for("mariadb").open(mariadb.target(port=proxy.port), mariadb.way)
        threading.Timer(0.2, proxy.cut).start()
        with pytest.raises(TargetUnreachableError, match="lost"):
            rows(session, ENDLESS)
        session.close()


def test_reader_that_wants_no_more_stops_the_server(enter: Login, mariadb: MariadbTarget) -> None:
    session = enter()
    _, batches = session.stream(MANY_ROWS, 1_000)
    assert next(batches).num_rows == 512
    batches.close()
    session.commit()
    session.close()
    wait_until(lambda: not running(mariadb, session.backend_id))


def test_rows_are_streamed_in_bounded_memory(enter: Login) -> None:
    _, batches = enter().stream(f"{MANY_ROWS.replace('2000000', '300000')}", 16_384)
    sizes = [next(batches).num_rows]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sizes += [batch.num_rows for batch in batches]
    assert sum(sizes) == 300_000
    assert max(sizes) <= 16_384
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


def test_long_values_are_cut_and_said_to_be(enter: Login) -> None:
    session = enter(limit_cell_bytes=5)
    _, batches = session.stream("select repeat('é', 4) a, repeat(x'ff', 9) b, 'short' c", 10)
    batch = next(batches)
    assert batch.to_pylist() == [{"a": "éé", "b": b"\xff" * 5, "c": "short"}]
    assert cut_in(batch.schema.metadata) == {0: {0: 8}, 1: {0: 9}}


def test_large_rows_come_in_small_batches(enter: Login) -> None:
    _, batches = enter().stream("select repeat('x', 1000000) from items limit 20", 16_384)
    assert max(batch.num_rows for batch in batches) <= 6
