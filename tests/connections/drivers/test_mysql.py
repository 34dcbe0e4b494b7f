"""Logging in to MariaDB: what is dialled, how TLS is proven, and who is taken for a reader."""

import threading
import time

import pytest

from baselayer.app.connections.drivers.base import Target
from baselayer.app.connections.drivers.registry import driver_for
from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.egress.way import DirectWay, Way
from baselayer.app.errors import (
    AddressNotAllowedError,
    BaselayerError,
    InvalidRequestError,
    RoleMayWriteError,
    RunCancelledError,
    TargetError,
    TargetLoginError,
    TargetPasswordMissingError,
    TargetTlsError,
    TargetUnreachableError,
    UnknownOptionError,
)
from tests.connections.drivers.conftest import Login
from tests.connections.drivers.proxies import eavesdropper, proxy_to
from tests.connections.drivers.reading import rows
from tests.connections.drivers.rogue import ASKS_FILE, OK, rogue, switch_to
from tests.mariadb import MariadbTarget
from tests.targets import LOCAL_WAY, SOON_SECONDS, TLS_NAME, free_port, make_certificates

DRIVER = driver_for("mariadb")
CIPHER = "show status like 'ssl_cipher'"


def plain_target(port: int, **changes: object) -> Target:
    target = {
        "engine": "mysql",
        "host": "127.0.0.1",
        "port": port,
        "database": "shop",
        "username": "reader",
        "password": "hunter2",
        "tls_mode": "disable",
        "connect_timeout_seconds": 3.0,
    }
    return Target(**(target | changes))  # type: ignore[arg-type]


def refusal(target: Target, way: Way = LOCAL_WAY) -> BaselayerError:
    with pytest.raises(BaselayerError) as caught:
        DRIVER.open(target, way)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert str(target.password) not in str(caught.value.message)
    return caught.value


def test_login_knows_its_session_and_pins_it(enter: Login) -> None:
    session = enter()
    asked = "select connection_id(), @@sql_mode, @@time_zone, @@character_set_client"
    mode = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
    assert rows(session, asked) == [(session.backend_id, mode, "+00:00", "utf8mb4")]
    assert rows(session, "select @@max_statement_time, @@tx_isolation, @@tx_read_only") == [
        (20.0, "REPEATABLE-READ", 1)
    ]


def test_backslash_and_quotes_mean_what_the_guard_takes_them_for(enter: Login) -> None:
    """The server's own default has ANSI_QUOTES and NO_BACKSLASH_ESCAPES."""
    assert rows(enter(), r"""select "a", 'b\'c', 'd' 'e'""") == [("a", "b'c", "de")]


def test_options_reach_the_session(enter: Login) -> None:
    session = enter(
        options={
            "collation": "utf8mb4_bin",
            "group_concat_max_len": "7",
            "only_full_group_by": "on",
        }
    )
    found = rows(session, "select @@collation_connection, @@group_concat_max_len, @@sql_mode")
    assert found[0][:2] == ("utf8mb4_bin", 7)
    assert "ONLY_FULL_GROUP_BY" in found[0][2]


@pytest.mark.parametrize(
    "option", ["local_infile", "read_default_file", "unix_socket", "init_command", "client_flag"]
)
def test_unknown_option_is_refused_before_anything_is_dialled(option: str) -> None:
    assert isinstance(refusal(plain_target(free_port(), options={option: "1"})), UnknownOptionError)


@pytest.mark.parametrize("value", ["utf8mb4_bin, sql_mode = ''", "latin1_bin", "'"])
def test_option_cannot_say_more_than_it_may(mariadb: MariadbTarget, value: str) -> None:
    error = refusal(mariadb.target(options={"collation": value}))
    assert isinstance(error, InvalidRequestError)


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_tls_is_used_as_asked(enter: Login, mariadb: MariadbTarget, mode: str) -> None:
    session = enter(tls_mode=mode, host=TLS_NAME, tls_ca=mariadb.certificates.authority)
    assert rows(session, CIPHER)[0][1].startswith("TLS_")


def test_name_of_the_server_is_proven(mariadb: MariadbTarget) -> None:
    ca = mariadb.certificates.authority
    assert isinstance(refusal(mariadb.target(tls_mode="verify-full", tls_ca=ca)), TargetTlsError)
    assert isinstance(refusal(mariadb.target(tls_mode="verify-full")), TargetTlsError)
    other = make_certificates().authority
    for mode in ("verify-ca", "verify-full"):
        target = mariadb.target(tls_mode=mode, host=TLS_NAME, tls_ca=other)
        assert isinstance(refusal(target), TargetTlsError)


@pytest.mark.parametrize(
    "changes",
    [
        {"tls_mode": "prefer"},
        {"tls_mode": "verify-ca"},
        {"tls_mode": "verify-full", "tls_ca": "no certificate"},
        {"tls_mode": "require", "tls_certificate": "no certificate", "tls_key": "no key"},
    ],
)
def test_tls_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    assert isinstance(refusal(plain_target(free_port(), **changes)), TargetTlsError)


def test_server_without_tls_gets_no_password_where_tls_is_asked() -> None:
    with rogue(b"mysql_native_password", OK) as server:
        error = refusal(plain_target(server.port, tls_mode="require"))
    assert isinstance(error, TargetTlsError)
    assert not server.heard


@pytest.mark.parametrize(
    "plugin",
    [b"mysql_clear_password", b"dialog", b"sha256_password", b"mysql_old_password", b"unheard_of"],
)
def test_unproven_server_cannot_ask_for_the_password(plugin: bytes) -> None:
    for greeting in (plugin, b"mysql_native_password"):
        with rogue(greeting, switch_to(plugin)) as server:
            error = refusal(plain_target(server.port))
        assert isinstance(error, TargetLoginError)
        assert b"hunter2" not in server.heard


def test_unproven_server_gets_no_password_under_a_key_of_its_own() -> None:
    full_login = b"\x01\x04"  # caching_sha2_password: "I do not remember you, tell me"
    with rogue(b"caching_sha2_password", full_login) as server:
        error = refusal(plain_target(server.port))
    assert isinstance(error, TargetLoginError)
    assert "verify-full" in error.message
    assert b"hunter2" not in server.heard
    assert not server.heard.endswith(b"\x01\x00\x00\x03\x02")


def test_server_that_asks_for_files_gets_none() -> None:
    with rogue(b"mysql_native_password", OK, ASKS_FILE) as server:
        error = refusal(plain_target(server.port))
    assert isinstance(error, TargetError)
    assert "file" in error.message
    assert b"root:" not in server.heard


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n", b"\xff" * 50, b"\x05\0\0\0\x0a8.0"])
def test_what_speaks_no_mysql_is_unreachable(answer: bytes) -> None:
    with eavesdropper(answer) as server:
        target = plain_target(server.port, connect_timeout_seconds=0.7)
        assert isinstance(refusal(target), TargetUnreachableError)


def test_wrong_logins_are_told_apart(mariadb: MariadbTarget) -> None:
    assert isinstance(refusal(mariadb.target(password="wrong")), TargetLoginError)
    assert isinstance(refusal(mariadb.target(password=None)), TargetPasswordMissingError)
    assert isinstance(refusal(mariadb.target(username="")), TargetLoginError)
    assert isinstance(refusal(mariadb.target(database="nosuch")), TargetLoginError)
    assert isinstance(refusal(mariadb.target(port=free_port())), TargetUnreachableError)


def test_address_is_checked(mariadb: MariadbTarget) -> None:
    for policy in (
        EgressPolicy(),
        EgressPolicy(True, True, frozenset({("127.0.0.1", mariadb.port)})),
    ):
        assert isinstance(refusal(mariadb.target(), DirectWay(policy)), AddressNotAllowedError)


def test_login_that_hangs_is_given_up(mariadb: MariadbTarget) -> None:
    with proxy_to(mariadb.port) as proxy:
        proxy.swallow.set()
        begun = time.monotonic()
        target = mariadb.target(port=proxy.port, connect_timeout_seconds=0.5)
        assert isinstance(refusal(target), TargetUnreachableError)
        assert time.monotonic() - begun < SOON_SECONDS


def test_cancel_ends_a_login_that_hangs(mariadb: MariadbTarget) -> None:
    flag = threading.Event()
    threading.Timer(0.2, flag.set).start()
    with proxy_to(mariadb.port) as proxy:
        proxy.swallow.set()
        begun = time.monotonic()
        with pytest.raises(RunCancelledError):
            DRIVER.open(mariadb.target(port=proxy.port), LOCAL_WAY, cancelled=flag)
        assert time.monotonic() - begun < SOON_SECONDS


@pytest.mark.parametrize(
    ("role", "privilege"), [("writer", "INSERT"), ("owner", "ADMIN OPTION"), ("roled", None)]
)
def test_role_that_may_write_is_refused(
    mariadb: MariadbTarget, role: str, privilege: str | None
) -> None:
    error = refusal(mariadb.target(role))
    assert isinstance(error, RoleMayWriteError)
    assert error.details.get("privilege") == privilege
    DRIVER.open(mariadb.target(role, read_only=False), mariadb.way).close()
