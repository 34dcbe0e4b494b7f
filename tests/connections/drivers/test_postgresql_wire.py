"""Every wait ends: with the answer, a cancellation, or the deadline, whatever the server does."""

import os
import signal
import threading
import time

import pytest

from baselayer.app.connections.drivers import postgresql_session
from baselayer.app.connections.drivers.postgresql_session import PostgresqlSession
from baselayer.app.connections.drivers.postgresql_wire import (
    Patience,
    WaitCancelledError,
    WaitExpiredError,
)
from baselayer.app.connections.drivers.registry import driver_for
from baselayer.app.errors import (
    QueryTimeoutError,
    RunCancelledError,
    TargetError,
    TargetUnreachableError,
)
from tests.connections.drivers.conftest import Login, rows, running, wait_until
from tests.connections.drivers.proxies import proxy_to
from tests.targets import SOON_SECONDS, PostgresTarget


def test_patience_ends_at_the_deadline_and_earlier_when_cancelled() -> None:
    flag = threading.Event()
    patience = Patience(time.monotonic() + 60, flag, grace_seconds=0)
    assert 0 < patience.slice_seconds() <= 0.25
    flag.set()
    with pytest.raises(WaitCancelledError):
        patience.slice_seconds()
    with pytest.raises(WaitExpiredError):
        Patience(time.monotonic() - 1, threading.Event()).slice_seconds()


def test_cancel_from_another_thread_ends_a_running_statement(
    login: Login, shop: PostgresTarget
) -> None:
    session = login()
    assert isinstance(session, PostgresqlSession)
    _, batches = session.stream("select pg_sleep(60)", 10)
    session._wire.patience.grace_seconds = 60
    canceller = threading.Timer(0.3, session.cancel)
    canceller.start()
    begun = time.monotonic()
    with pytest.raises(RunCancelledError):
        list(batches)
    assert time.monotonic() - begun < SOON_SECONDS
    canceller.join()
    wait_until(lambda: not running(shop, session), seconds=SOON_SECONDS)


def test_cancel_goes_over_verified_tls_too(login: Login, shop: PostgresTarget) -> None:
    assert shop.certificates is not None
    ca = shop.certificates.authority
    session = login(host="localhost", tls_mode="verify-full", tls_ca=ca)
    assert isinstance(session, PostgresqlSession)
    _, batches = session.stream("select pg_sleep(60)", 10)
    session._wire.patience.grace_seconds = 60
    canceller = threading.Timer(0.2, session.cancel)
    canceller.start()
    begun = time.monotonic()
    with pytest.raises(RunCancelledError):
        list(batches)
    assert time.monotonic() - begun < SOON_SECONDS
    canceller.join()


def test_cancel_before_the_statement_keeps_it_from_starting(
    login: Login, shop: PostgresTarget
) -> None:
    session = login("writer", read_only=False)
    session.cancel()
    session.cancel()
    with pytest.raises(RunCancelledError):
        session.stream("insert into items values (99999)", 10)
    session.close()
    session.cancel()
    assert shop.admin("select count(*) from items") == [(1000,)]


def test_cancelled_write_is_not_committed(login: Login, shop: PostgresTarget) -> None:
    session = login("writer", read_only=False)
    _, batches = session.stream("delete from items", 10)
    assert list(batches) == []
    session.cancel()
    with pytest.raises(RunCancelledError):
        session.commit()
    session.close()
    assert shop.admin("select count(*) from items") == [(1000,)]


def test_statement_timeout_of_the_server_is_a_timeout(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_session, "OVERTIME_SECONDS", 60)
    begun = time.monotonic()
    with pytest.raises(QueryTimeoutError, match=r"0\.4 s"):
        rows(login(timeout_seconds=0.4), "select pg_sleep(60)")
    assert time.monotonic() - begun < SOON_SECONDS


def test_statement_that_switches_its_timeout_off_is_stopped_by_us(
    login: Login, shop: PostgresTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_session, "OVERTIME_SECONDS", 0.3)
    session = login(timeout_seconds=0.5)
    begun = time.monotonic()
    with pytest.raises(QueryTimeoutError):
        # The timer of this statement runs already, so the function must disarm its successor.
        rows(session, "select set_config('statement_timeout', '0', false), pg_sleep(60)")
    assert time.monotonic() - begun < SOON_SECONDS
    session.close()
    wait_until(lambda: not running(shop, session), seconds=SOON_SECONDS)


def test_server_that_hangs_is_left_after_the_overtime(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_session, "OVERTIME_SECONDS", 0.3)
    session = login(timeout_seconds=0.5)
    _, batches = session.stream("select pg_sleep(60)", 10)
    assert session.backend_id is not None
    os.kill(session.backend_id, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        with pytest.raises(QueryTimeoutError):
            list(batches)
        session.close()
        assert time.monotonic() - begun < SOON_SECONDS
    finally:
        os.kill(session.backend_id, signal.SIGCONT)


def test_server_that_ignores_a_cancel_is_left_after_the_grace(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = login()
    assert isinstance(session, PostgresqlSession)
    _, batches = session.stream("select pg_sleep(60)", 10)
    session._wire.patience.grace_seconds = 0.3
    assert session.backend_id is not None
    os.kill(session.backend_id, signal.SIGSTOP)
    try:
        threading.Timer(0.1, session.cancel).start()
        begun = time.monotonic()
        with pytest.raises(RunCancelledError):
            list(batches)
        assert time.monotonic() - begun < SOON_SECONDS
        session.close()
    finally:
        os.kill(session.backend_id, signal.SIGCONT)


def test_lost_connection_is_told(shop: PostgresTarget) -> None:
    with proxy_to(shop.port) as proxy:
        session = driver_for("postgresql").open(shop.target(port=proxy.port), shop.way)
        _, batches = session.stream("select pg_sleep(60)", 10)
        threading.Timer(0.2, proxy.cut).start()
        with pytest.raises(TargetUnreachableError, match="was lost"):
            list(batches)
        session.close()


def test_terminated_backend_is_told(login: Login, shop: PostgresTarget) -> None:
    session = login()
    _, batches = session.stream("select pg_sleep(60)", 10)
    shop.admin("select pg_terminate_backend(%s)", (session.backend_id,))
    with pytest.raises(TargetError):
        list(batches)
