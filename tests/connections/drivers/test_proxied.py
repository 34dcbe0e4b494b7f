"""Both wire drivers through each kind of proxy: TLS by the host's own name, cancel, no remains."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from baselayer.app.connections.drivers.base import Session, Target
from baselayer.app.connections.drivers.registry import driver_for
from baselayer.app.egress.proxies import ProxiedWay, Proxy
from baselayer.app.egress.pumping import bridged
from baselayer.app.egress.way import Endpoints, Way
from baselayer.app.errors import (
    BaselayerError,
    ProxyLoginError,
    ProxyRefusedError,
    ProxyUnreachableError,
    QueryTimeoutError,
    RunCancelledError,
    TargetLoginError,
    TargetTlsError,
)
from tests.connections.drivers.reading import rows, wait_until
from tests.mariadb import MariadbTarget
from tests.proxies import proxy_running
from tests.targets import LOCAL_WAY, TLS_NAME, PostgresTarget, free_port, make_certificates

KINDS = ("http", "https", "socks5")
CANCEL_SECONDS = 2.0


@pytest.fixture(scope="module")
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def running(held: ExitStack) -> dict[str, Proxy]:
    return {}


@pytest.fixture(params=KINDS)
def proxy(request: pytest.FixtureRequest, held: ExitStack, running: dict[str, Proxy]) -> Proxy:
    kind: str = request.param
    if kind not in running:
        running[kind] = held.enter_context(proxy_running(kind))
    return running[kind]


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> PostgresTarget | MariadbTarget:
    name = "shop" if request.param == "postgresql" else "mariadb"
    found: PostgresTarget | MariadbTarget = request.getfixturevalue(name)
    return found


@pytest.fixture
def opened() -> Iterator[Callable[[Target, Way], Session]]:
    sessions: list[Session] = []

    def open_session(target: Target, way: Way) -> Session:
        sessions.append(driver_for(target.engine).open(target, way))
        return sessions[-1]

    yield open_session
    for session in sessions:
        session.close()


Open = Callable[[Target, Way], Session]


def verified(server: PostgresTarget | MariadbTarget, **changes: Any) -> Target:
    assert server.certificates
    safe = replace(
        server.target(),
        host=TLS_NAME,
        tls_mode="verify-full",
        tls_ca=server.certificates.authority,
    )
    return replace(safe, **changes)


def proxied(proxy: Proxy) -> ProxiedWay:
    return ProxiedWay(LOCAL_WAY.policy, proxy)


def is_encrypted(session: Session, engine: str) -> bool:
    if engine == "postgresql":
        return rows(session, "select ssl from pg_stat_ssl where pid = pg_backend_pid()") == [
            (True,)
        ]
    return bool(rows(session, "show session status like 'Ssl_cipher'")[0][1])


def test_reads_through_the_proxy_with_tls_by_name(
    proxy: Proxy, server: PostgresTarget | MariadbTarget, opened: Open
) -> None:
    target = verified(server)
    session = opened(target, proxied(proxy))
    assert len(rows(session, "select * from items")) == 1_000
    assert is_encrypted(session, target.engine)


def test_wrong_name_or_authority_is_refused_inside_the_proxy(
    proxy: Proxy, server: PostgresTarget | MariadbTarget, opened: Open
) -> None:
    for target in (
        verified(server, host="127.0.0.1"),
        verified(server, tls_ca=make_certificates().authority),
    ):
        with pytest.raises(TargetTlsError):
            opened(target, proxied(proxy))


def test_target_login_and_proxy_login_are_told_apart(
    proxy: Proxy, server: PostgresTarget | MariadbTarget, opened: Open
) -> None:
    with pytest.raises(TargetLoginError):
        opened(verified(server, password="wrong"), proxied(proxy))
    with pytest.raises(ProxyLoginError):
        opened(verified(server), proxied(replace(proxy, password="wrong")))


def test_proxys_own_error_is_told(
    proxy: Proxy, server: PostgresTarget | MariadbTarget, opened: Open
) -> None:
    with pytest.raises(ProxyRefusedError):
        opened(verified(server, port=free_port()), proxied(proxy))
    with pytest.raises(ProxyUnreachableError):
        opened(verified(server), proxied(replace(proxy, port=free_port())))


def test_proxy_that_is_silent_is_named_and_not_the_database(
    server: PostgresTarget | MariadbTarget, opened: Open
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = Proxy("socks5", "127.0.0.1", listener.getsockname()[1])
        target = verified(server, connect_timeout_seconds=1)
        with pytest.raises(ProxyUnreachableError, match="in time"):
            opened(target, proxied(silent))


def test_cancel_goes_through_the_proxy_too(
    proxy: Proxy, server: PostgresTarget | MariadbTarget, opened: Open
) -> None:
    target = verified(server, timeout_seconds=60)
    session = opened(target, proxied(proxy))
    sleep = "select pg_sleep(30)" if target.engine == "postgresql" else "select sleep(30)"
    ended: list[tuple[float, BaselayerError]] = []

    def run() -> None:
        try:
            rows(session, sleep)
        except BaselayerError as error:
            ended.append((time.monotonic(), error))

    worker = threading.Thread(target=run)
    worker.start()
    table = "pg_stat_activity where state = 'active' and query like 'select pg_sleep%'"
    if target.engine == "mariadb":
        table = "information_schema.processlist where info like 'select sleep%'"
    wait_until(lambda: bool(server.admin(f"select 1 from {table}")))
    begun = time.monotonic()
    session.cancel()
    worker.join(20)
    assert isinstance(ended[0][1], RunCancelledError)
    assert ended[0][0] - begun < CANCEL_SECONDS


def test_time_limit_holds_through_the_proxy(
    proxy: Proxy, server: PostgresTarget | MariadbTarget, opened: Open
) -> None:
    target = verified(server, timeout_seconds=1)
    session = opened(target, proxied(proxy))
    sleep = "select pg_sleep(30)" if target.engine == "postgresql" else "select sleep(30)"
    begun = time.monotonic()
    with pytest.raises(QueryTimeoutError):
        rows(session, sleep)
    assert time.monotonic() - begun < 1 + 5


def test_closed_session_leaves_no_thread_of_ours(
    proxy: Proxy, server: PostgresTarget | MariadbTarget
) -> None:
    def ours() -> list[threading.Thread]:
        return [t for t in threading.enumerate() if t.name in ("forwarder", "forward", "pump")]

    target = verified(server)
    for _ in range(5):
        session = driver_for(target.engine).open(target, proxied(proxy))
        assert rows(session, "select 1") == [(1,)]
        session.close()
    wait_until(lambda: not ours())


class PairedWay:
    """Gives one end of a socket pair, as a tunnel does: no address, no TCP options."""

    is_private = False

    def dial(self, host: str, port: int, *, timeout_seconds: float) -> socket.socket:
        return bridged(LOCAL_WAY.dial(host, port, timeout_seconds=timeout_seconds))

    def again(self, host: str, connected: socket.socket) -> str:
        return host

    def endpoints(self, host: str, port: int, *, timeout_seconds: float) -> Endpoints:
        raise AssertionError("a driver that takes a socket has no use for endpoints")


def test_mysql_lives_on_one_end_of_a_socket_pair(mariadb: MariadbTarget, opened: Open) -> None:
    session = opened(verified(mariadb), PairedWay())
    assert rows(session, "select count(*) from items") == [(1_000,)]
    assert is_encrypted(session, "mariadb")
