"""libpq's texts are judged once and never passed on."""

import pytest

from baselayer.app.connections.drivers.base import Target
from baselayer.app.connections.drivers.postgresql_errors import Complaint, login_error, scrub

TARGET = Target(
    "postgresql", "db.example", 5432, "shop", "ann", password="hun ter/2", tls_key="KEY"
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("connection failed: Connection refused", "target_unreachable"),
        ("connection failed: timeout expired", "target_unreachable"),
        ("expected authentication request from server, but received H", "target_unreachable"),
        ('FATAL:  password authentication failed for user "ann"', "target_login_failed"),
        ('FATAL:  database "shop" does not exist', "target_login_failed"),
        ("FATAL:  Passwort-Authentifizierung fehlgeschlagen", "target_login_failed"),
        ("FATAL:  sorry, too many clients already", "target_unreachable"),
        ("FATAL:  the database system is starting up", "target_unreachable"),
        ("server does not support SSL, but SSL was required", "target_tls_failed"),
        ("SSL error: certificate verify failed", "target_tls_failed"),
        ('server certificate for "a" does not match host name "b"', "target_tls_failed"),
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4", no encryption', "target_tls_failed"),
        ('authentication method requirement "scram-sha-256" failed', "target_login_failed"),
    ],
)
def test_failed_login_is_named(text: str, code: str) -> None:
    assert login_error(text, TARGET, needs_password=False).code == code


def test_reason_of_the_server_is_scrubbed() -> None:
    error = login_error(
        "FATAL:  no hun ter/2, hun%20ter/2, hun%20ter%2F2", TARGET, needs_password=True
    )
    assert error.details["reason"] == "no •••, •••, •••"
    assert "hun" not in error.message


def test_scrub_takes_the_key_too_and_nothing_without_secrets() -> None:
    assert scrub("KEY and x", TARGET) == "••• and x"
    bare = Target("postgresql", "db", 1, "d", "u")
    assert scrub("KEY and x", bare) == "KEY and x"


@pytest.mark.parametrize(
    ("position", "place"), [(1, (1, 1)), (8, (1, 8)), (10, (2, 1)), (12, (2, 3))]
)
def test_position_becomes_line_and_column(position: int, place: tuple[int, int]) -> None:
    error = Complaint("42601", "syntax error", "try again", position).to_error("select 1\n  oops")
    assert (error.details["line"], error.details["column"]) == place
    assert error.details["hint"] == "try again"
    assert f"line {place[0]}, column {place[1]}" in error.message
