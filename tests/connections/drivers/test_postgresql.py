"""Logging in: what is dialled, how TLS is proven, and what a failure is called."""

import base64
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from baselayer.app.connections.drivers import postgresql, postgresql_wire
from baselayer.app.connections.drivers.base import Session, Target
from baselayer.app.connections.drivers.registry import driver_for
from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.egress.way import DirectWay, Way
from baselayer.app.errors import (
    AddressNotAllowedError,
    BaselayerError,
    InvalidRequestError,
    RunCancelledError,
    TargetLoginError,
    TargetPasswordMissingError,
    TargetTlsError,
    TargetUnreachableError,
    UnknownOptionError,
)
from tests.connections.drivers.conftest import Login
from tests.connections.drivers.proxies import (
    ASKS_CLEAR_PASSWORD,
    SAYS_AUTHENTICATED,
    eavesdropper,
    proxy_to,
)
from tests.targets import LOCAL_WAY, SOON_SECONDS, PostgresTarget, free_port, make_certificates

DRIVER = driver_for("postgresql")


def value(session: Session, sql: str) -> Any:
    _, batches = session.stream(sql, 10)
    found = [row for batch in batches for row in batch.to_pylist()]
    session.commit()
    return next(iter(found[0].values()))


def refusal(target: Target, way: Way = LOCAL_WAY) -> BaselayerError:
    with pytest.raises(BaselayerError) as caught:
        DRIVER.open(target, way)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


def test_login_runs_and_knows_its_backend(login: Login) -> None:
    session = login()
    assert value(session, "select pg_backend_pid()") == session.backend_id
    assert value(session, "show application_name") == "baselayer"


def test_options_reach_the_session(login: Login) -> None:
    session = login(
        options={"application_name": "report's", "search_path": "pg_catalog", "work_mem": "7MB"}
    )
    assert value(session, "show application_name") == "report's"
    assert value(session, "show search_path") == "pg_catalog"
    assert value(session, "show work_mem") == "7MB"
    assert value(session, "show statement_timeout") == "20s"


def test_unknown_option_is_refused_before_anything_is_dialled(shop: PostgresTarget) -> None:
    target = shop.target(port=free_port(), options={"sslkey": "/etc/shadow"})
    assert isinstance(refusal(target), UnknownOptionError)


def test_option_that_the_server_refuses_is_named(shop: PostgresTarget) -> None:
    error = refusal(shop.target(options={"timezone": "Middle-earth/Shire"}))
    assert isinstance(error, InvalidRequestError)
    assert "Middle-earth/Shire" in error.message


@pytest.mark.parametrize(
    "host", ["/tmp", "127.0.0.1,10.0.0.1", "@x", "", "db host=/tmp", "localhost\0", "a'b"]
)
def test_host_that_libpq_would_read_otherwise_never_reaches_it(
    shop: PostgresTarget, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("libpq was called")

    monkeypatch.setattr(postgresql_wire, "connect", refuse)
    assert isinstance(refusal(shop.target(host=host)), AddressNotAllowedError)


@pytest.mark.parametrize(
    ("field", "nasty"),
    [
        ("username", "reader host=/tmp"),
        ("username", "reader' passfile='/etc/shadow"),
        ("database", "shop user=postgres"),
        ("database", "postgresql://postgres@127.0.0.1/shop"),
        ("database", "service=other"),
        ("password", "x' options='-c role=postgres"),
    ],
)
def test_fields_stay_one_value_each(shop: PostgresTarget, field: str, nasty: str) -> None:
    target = shop.target(**{field: nasty})
    parsed = conninfo_to_dict(
        make_conninfo(**postgresql.keywords(target, ("127.0.0.1", 5433), None))
    )
    assert parsed["hostaddr"] == "127.0.0.1"
    assert parsed["passfile"] == "/dev/null/none"
    assert {"username": "user", "database": "dbname"}.get(field, field) in parsed
    assert nasty in parsed.values()
    assert isinstance(refusal(target), TargetLoginError)


def test_checked_address_is_pinned_and_the_name_kept(shop: PostgresTarget) -> None:
    words = postgresql.keywords(shop.target(host="localhost"), ("127.0.0.1", 5433), None)
    assert (words["host"], words["hostaddr"], words["port"]) == ("localhost", "127.0.0.1", "5433")


def test_policy_refuses_before_libpq(shop: PostgresTarget) -> None:
    assert isinstance(refusal(shop.target(), DirectWay(EgressPolicy())), AddressNotAllowedError)


def test_wrong_password_role_and_database_are_login_errors(shop: PostgresTarget) -> None:
    for wrong in ({"password": "wrong"}, {"username": "nobody"}, {"database": "nothing"}):
        error = refusal(shop.target(**wrong))
        assert isinstance(error, TargetLoginError), wrong
        assert error.details["reason"]


def test_missing_password_is_told_apart(shop: PostgresTarget) -> None:
    assert isinstance(refusal(shop.target(password=None)), TargetPasswordMissingError)


def test_nobody_at_the_port_is_unreachable(shop: PostgresTarget) -> None:
    assert isinstance(refusal(shop.target(port=free_port())), TargetUnreachableError)


def test_server_that_never_answers_times_out(shop: PostgresTarget) -> None:
    with proxy_to(shop.port) as proxy:
        proxy.swallow.set()
        begun = time.monotonic()
        error = refusal(shop.target(port=proxy.port, connect_timeout_seconds=0.5))
        assert isinstance(error, TargetUnreachableError)
        assert time.monotonic() - begun < SOON_SECONDS


def test_other_protocols_look_like_nobody(shop: PostgresTarget) -> None:
    with eavesdropper(b"SSH-2.0-OpenSSH_9.9\r\n") as fake:
        error = refusal(shop.target(port=fake.port, connect_timeout_seconds=3))
    assert isinstance(error, TargetUnreachableError)
    assert "SSH" not in repr(error) + repr(error.details)


@pytest.mark.parametrize("answer", [ASKS_CLEAR_PASSWORD, SAYS_AUTHENTICATED])
@pytest.mark.parametrize("tls_mode", ["disable"])
def test_password_is_never_shown_to_an_unproven_server(
    shop: PostgresTarget, answer: bytes, tls_mode: str
) -> None:
    with eavesdropper(answer) as fake:
        target = shop.target(port=fake.port, tls_mode=tls_mode, connect_timeout_seconds=3)
        error = refusal(target)
    assert isinstance(error, TargetLoginError)
    assert b"reader" in fake.heard  # it did hear us
    assert shop.passwords["reader"].encode() not in fake.heard


def test_tls_is_refused_when_the_server_offers_none(shop: PostgresTarget) -> None:
    for mode in ("require", "verify-full"):
        with eavesdropper(b"N") as fake:
            error = refusal(
                shop.target(
                    port=fake.port,
                    host="localhost",
                    tls_mode=mode,
                    tls_ca=make_certificates().authority,
                    connect_timeout_seconds=3,
                )
            )
        assert isinstance(error, TargetTlsError)
        assert b"reader" not in fake.heard


ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"


def test_each_tls_mode_does_what_it_says(login: Login, shop: PostgresTarget) -> None:
    assert shop.certificates is not None
    ca = shop.certificates.authority
    assert value(login(tls_mode="disable"), ENCRYPTED) is False
    assert value(login(tls_mode="require"), ENCRYPTED) is True
    assert value(login(tls_mode="verify-ca", tls_ca=ca), ENCRYPTED) is True
    assert value(login(host="localhost", tls_mode="verify-full", tls_ca=ca), ENCRYPTED) is True


def test_clear_password_goes_to_a_proven_server_only(login: Login, shop: PostgresTarget) -> None:
    assert shop.certificates is not None
    ca = shop.certificates.authority
    proven = {"host": "localhost", "tls_mode": "verify-full", "tls_ca": ca}
    assert value(login("plain", **proven), ENCRYPTED) is True
    for mode in ("disable", "require"):
        assert isinstance(refusal(shop.target("plain", tls_mode=mode)), TargetLoginError)


def test_client_certificate_logs_in_without_password(login: Login, shop: PostgresTarget) -> None:
    assert shop.certificates is not None
    ours = {
        "host": "localhost",
        "tls_mode": "verify-full",
        "tls_ca": shop.certificates.authority,
        "password": None,
        "tls_certificate": shop.certificates.client_certificate,
        "tls_key": shop.certificates.client_key,
    }
    assert value(login("machine", **ours), "select current_user") == "machine"
    without = {**ours, "tls_certificate": None, "tls_key": None}
    assert refusal(shop.target("machine", **without)).code in (
        *("target_login_failed", "target_password_missing", "target_tls_failed"),
    )
    broken = {**ours, "tls_key": shop.certificates.key}
    assert isinstance(refusal(shop.target("machine", **broken)), TargetTlsError)


def test_wrong_authority_wrong_name_and_unknown_mode_are_tls_errors(shop: PostgresTarget) -> None:
    assert shop.certificates is not None
    other, ours = make_certificates().authority, shop.certificates.authority
    for changes in (
        {"tls_mode": "verify-ca", "tls_ca": other},
        {"tls_mode": "require", "tls_ca": other},
        {"tls_mode": "verify-full", "tls_ca": other, "host": "localhost"},
        {"tls_mode": "verify-full", "tls_ca": ours},  # the certificate names localhost only
        {"tls_mode": "verify-full", "host": "localhost"},  # signed by no public authority
        {"tls_mode": "verify-ca"},
        {"tls_mode": "verify-full", "tls_ca": "not a certificate", "host": "localhost"},
        {"tls_mode": "prefer"},
        {"tls_mode": ""},
    ):
        assert isinstance(refusal(shop.target(**changes)), TargetTlsError), changes


def test_pem_files_are_gone_with_the_session(
    login: Login, shop: PostgresTarget, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert shop.certificates is not None
    ca = shop.certificates.authority
    refusal(shop.target(tls_mode="verify-full", tls_ca=ca))
    assert list(tmp_path.iterdir()) == []
    session = login(host="localhost", tls_mode="verify-full", tls_ca=ca)
    assert [path.name for path in tmp_path.rglob("*.pem")] == ["authority.pem"]
    session.close()
    assert list(tmp_path.iterdir()) == []


def test_ambient_credentials_are_not_used(
    shop: PostgresTarget, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    passfile = tmp_path / ".pgpass"
    passfile.write_text(f"*:*:*:*:{shop.passwords['reader']}\n")
    passfile.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    monkeypatch.setenv("PGPASSWORD", shop.passwords["reader"])
    monkeypatch.setenv("PGHOST", "127.0.0.9")
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.9")
    monkeypatch.setenv("PGOPTIONS", "-c role=nobody")
    assert isinstance(refusal(shop.target(password=None)), TargetPasswordMissingError)
    DRIVER.open(shop.target(), LOCAL_WAY).close()


def test_cancelled_login_gives_up_at_once(shop: PostgresTarget) -> None:
    cancelled = threading.Event()
    with proxy_to(shop.port) as proxy:
        proxy.swallow.set()
        threading.Timer(0.2, cancelled.set).start()
        begun = time.monotonic()
        with pytest.raises(RunCancelledError):
            DRIVER.open(shop.target(port=proxy.port), LOCAL_WAY, cancelled=cancelled)
        assert time.monotonic() - begun < SOON_SECONDS


def test_no_error_of_a_login_holds_the_password(shop: PostgresTarget) -> None:
    secret = "CANARY-9f3a"
    shop.admin(f"create role canary login password '{secret}'")
    failures: list[dict[str, Any]] = [
        {"username": "reader"},
        {"username": "no-such-role"},
        {"database": "nothing"},
        {"port": free_port()},
        {"host": "no-such-host.invalid"},
        {"tls_mode": "verify-full"},
        {"options": {"timezone": secret}},  # the server repeats the value
    ]
    for changes in failures:
        error = refusal(shop.target(**{"username": "canary", "password": secret, **changes}))
        shown = repr(error) + repr(error.details)
        for form in (secret, base64.b64encode(secret.encode()).decode(), secret.encode().hex()):
            assert form not in shown, changes
