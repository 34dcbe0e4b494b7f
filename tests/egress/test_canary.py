"""Nobody comes to a canary that may not be dialled: the egress rows of the security study.

| row | attempt | held by |
| --- | --- | --- |
| S01 | literal addresses in every spelling | here; `test_policy`, `test_dialler`; `handlers/` |
| S02 | mixed answers, rebinding | here; `test_dialler` |
| S04 | the proxy's host, the host behind it | `test_proxies`; host lists: here |
| S05 | one answer for what is closed or another protocol | here |
| S06 | our database, our port, Unix sockets | here; `handlers/test_connections` |
| S07 | a MySQL server that asks for a file | `drivers/test_mysql` |
| S08 | a field that says more than itself, unknown options | here; `drivers/test_postgresql` |
| S09 | libpq's ambient credentials | here; `drivers/test_postgresql`; `executor/test_process` |

S03 (redirects) belongs to the connections over HTTP.
"""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from baselayer.app.connections.drivers import mysql_wire, postgresql_wire
from baselayer.app.connections.drivers.base import Target
from baselayer.app.connections.drivers.registry import driver_for, engines
from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.egress.proxies import ProxiedWay, Proxy
from baselayer.app.egress.way import DirectWay, Way
from baselayer.app.errors import (
    AddressNotAllowedError,
    BaselayerError,
    TargetUnreachableError,
    UnknownOptionError,
)
from tests.egress.conftest import Canary
from tests.targets import HERE, free_port

WIRE = ("postgresql", "mysql", "mariadb")
CLOSED = EgressPolicy()

LOOPBACK = [
    "127.0.0.1",
    "localhost",
    "::1",
    "::ffff:7f00:1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.1",
    "127.0.0.1.",
    "0",
    "0.0.0.0",  # noqa: S104 - asked for, never bound
    "::",
    "①②⑦.⓪.⓪.①",
]
METADATA = [
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
]
INJECTED = [
    "/tmp",
    "/var/run/postgresql",
    "@abstract",
    "a,b",
    "127.0.0.1,127.0.0.2",
    "x?host=/tmp",
    "host=/tmp/pgd",
    "db user=super",
    "h%00",
    "db\n",
    "db\0",
    "user@db",
    "db:5432",
    "(DESCRIPTION=(ADDRESS=(HOST=127.0.0.1)))",
]


def target(engine: str, host: str, port: int, **changes: Any) -> Target:
    fields = {"database": "shop", "username": "reader", "password": "secret"} | changes
    return Target(engine, host, port, tls_mode="disable", connect_timeout_seconds=3, **fields)


def attempt(aim: Target, way: Way) -> None:
    driver_for(aim.engine).open(aim, way).close()


@pytest.mark.parametrize("engine", WIRE)
@pytest.mark.parametrize("host", LOOPBACK + METADATA + INJECTED)
def test_refused_host_is_never_dialled(engine: str, host: str, canary: Canary) -> None:
    with pytest.raises((AddressNotAllowedError, TargetUnreachableError)) as caught:
        attempt(target(engine, host, canary.port), DirectWay(CLOSED))
    # A spelling that this system's resolver does not read has no address: refused all the same.
    assert isinstance(caught.value, AddressNotAllowedError) or "no address" in str(caught.value)
    assert canary.visits() == 0


def test_canary_sings_when_it_is_visited(canary: Canary) -> None:
    with pytest.raises(BaselayerError):
        attempt(
            target("postgresql", HERE, canary.port, options={}),
            DirectWay(EgressPolicy(allow_loopback=True)),
        )
    assert canary.visits() > 0


@pytest.mark.parametrize("engine", WIRE)
@pytest.mark.parametrize("host", METADATA + INJECTED)
def test_proxy_is_not_visited_for_what_is_never_allowed(
    engine: str, host: str, canary: Canary
) -> None:
    way = ProxiedWay(EgressPolicy(allow_loopback=True), Proxy("socks5", HERE, canary.port))
    with pytest.raises(AddressNotAllowedError):
        attempt(target(engine, host, 5432), way)
    assert canary.visits() == 0


@pytest.mark.parametrize("engine", WIRE)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "::ffff:7f00:1", "127.9.9.9"])
def test_our_own_listeners_are_never_targets(engine: str, host: str, canary: Canary) -> None:
    own = (
        frozenset({("0.0.0.0", canary.port)})  # noqa: S104 - compared with, never bound
        if host == "127.9.9.9"
        else frozenset({("127.0.0.1", canary.port), ("::1", canary.port)})
    )
    policy = EgressPolicy(allow_loopback=True, allow_private=True, refused=own)
    with pytest.raises(AddressNotAllowedError):
        attempt(target(engine, host, canary.port), DirectWay(policy))
    assert canary.visits() == 0


class Dns:
    """Answers questions for a name with one list of addresses after the other."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host[0].isdigit():  # an address is itself to every resolver
            found = [host]
        else:
            found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (ip, port)) for ip in found]


@pytest.mark.parametrize("engine", WIRE)
def test_name_with_one_bad_address_is_not_dialled(
    engine: str, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for answers in (["203.0.113.5", "127.0.0.1"], ["8.8.8.8", "::ffff:127.0.0.1"]):
        monkeypatch.setattr(socket, "getaddrinfo", Dns(answers))
        with pytest.raises(AddressNotAllowedError):
            attempt(target(engine, "mixed.example", canary.port), DirectWay(CLOSED))
    assert canary.visits() == 0


@pytest.mark.parametrize("engine", WIRE)
def test_name_that_changes_after_the_check_is_not_followed(
    engine: str, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 127.0.0.9 is what was checked, where nobody listens; the canary is at the second answer.
    monkeypatch.setattr(socket, "getaddrinfo", Dns(["127.0.0.9"], [HERE]))
    way = DirectWay(EgressPolicy(allow_loopback=True))
    with pytest.raises(TargetUnreachableError):
        attempt(target(engine, "rebind.example", canary.port), way)
    assert canary.visits() == 0


@pytest.mark.parametrize("engine", WIRE)
def test_closed_port_and_other_protocol_look_alike(engine: str) -> None:
    told = []
    way = DirectWay(EgressPolicy(allow_loopback=True))
    with socket.create_server((HERE, 0)) as silent:
        for port in (free_port(), silent.getsockname()[1]):
            with pytest.raises(TargetUnreachableError) as caught:
                attempt(target(engine, HERE, port), way)
            told.append((caught.value.code, caught.value.message.replace(str(port), "PORT")))
    assert told[0][0] == told[1][0]


AMBIENT = (
    *("passfile", "service", "servicefile", "sslkey", "sslcert", "sslrootcert", "options"),
    *("hostaddr", "host", "requirepeer", "gssencmode", "local_infile", "read_default_file"),
    *("unix_socket", "init_command", "client_flag", "ssl_ca", "Trusted_Connection", "config_dir"),
    *("wallet_location", "password", "user", "", "application_name ", "APPLICATION_NAME"),
)


@pytest.fixture
def nobody_dials(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the driver was called")

    monkeypatch.setattr(postgresql_wire, "connect", refuse)
    monkeypatch.setattr(mysql_wire.Wire, "login", refuse)


@pytest.mark.parametrize("engine", sorted(engines()))
@pytest.mark.parametrize("option", AMBIENT)
@pytest.mark.usefixtures("nobody_dials")
def test_option_that_is_not_offered_never_reaches_a_driver(
    engine: str, option: str, canary: Canary
) -> None:
    aim = target(engine, HERE, canary.port, options={option: "/etc/shadow"})
    with pytest.raises(UnknownOptionError):
        attempt(aim, DirectWay(EgressPolicy(allow_loopback=True)))
    assert canary.visits() == 0


NASTY = [
    "x?host=/tmp",
    "db user=super",
    "host=/tmp/pgd",
    "x' passfile='/etc/shadow",
    "x\\' service=other",
    "postgresql://super@127.0.0.1/x?sslkey=/etc/shadow",
    "a,b",
    "two\nlines",
    "service=other",
]


@pytest.fixture
def conninfos(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What libpq would be given, parsed by libpq itself."""
    seen: list[dict[str, Any]] = []

    def spy(conninfo: str, _: object) -> None:
        seen.append(conninfo_to_dict(conninfo))
        raise postgresql_wire.ConnectError("nothing")

    monkeypatch.setattr(postgresql_wire, "connect", spy)
    yield seen


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("field", ["database", "username", "password", "application_name"])
def test_field_of_postgresql_stays_one_value(
    field: str, nasty: str, conninfos: list[dict[str, Any]]
) -> None:
    option = field == "application_name"
    changes: dict[str, Any] = {"options": {field: nasty}} if option else {field: nasty}
    with pytest.raises(BaselayerError):
        attempt(
            target("postgresql", HERE, 5432, **changes),
            DirectWay(EgressPolicy(allow_loopback=True)),
        )
    with pytest.raises(BaselayerError):
        attempt(target("postgresql", HERE, 5432), DirectWay(EgressPolicy(allow_loopback=True)))
    word = {"database": "dbname", "username": "user"}.get(field, field)
    attacked, plain = conninfos
    assert attacked.pop(word) == nasty
    plain.pop(word)
    assert attacked == plain


def test_libpq_takes_nothing_from_a_service_file(
    canary: Canary, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    port = free_port()
    service = tmp_path / ".pg_service.conf"
    service.write_text(
        f"[leak]\nhost={HERE}\nhostaddr={HERE}\nport={canary.port}\nuser=super\npassword=leaked\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    monkeypatch.setenv("PGSERVICE", "leak")
    monkeypatch.setenv("PGPORT", str(canary.port))
    with pytest.raises(BaselayerError):
        attempt(target("postgresql", HERE, port), DirectWay(EgressPolicy(allow_loopback=True)))
    assert canary.visits() == 0
