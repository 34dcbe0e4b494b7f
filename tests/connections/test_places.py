"""What each engine needs to be found, and what it must not have."""

from typing import Any, get_args

import pytest

from baselayer.app.connections.drivers.registry import engines
from baselayer.app.connections.places import settle_place
from baselayer.app.connections.ways import WAY
from baselayer.app.errors import InvalidRequestError, UnknownOptionError
from baselayer.app.schemas.connections import ConnectionCreate


def fields(engine: str, **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "engine": engine,
        "host": None,
        "port": None,
        "database": "d",
        "options": {},
    }
    way = dict.fromkeys((*WAY, "authentication_method"))
    return way | plain | {"read_only": True, "tls_mode": "verify-full"} | changes


def test_api_offers_exactly_the_engines_that_have_a_driver() -> None:
    offered = get_args(ConnectionCreate.model_fields["engine"].annotation)
    assert set(offered) == set(engines())


@pytest.mark.parametrize(("engine", "port"), [("postgresql", 5432), ("mariadb", 3306)])
def test_server_gets_its_usual_port(engine: str, port: int) -> None:
    assert settle_place(fields(engine, host="db.example.org"))["port"] == port
    assert settle_place(fields(engine, host="db.example.org", port=99))["port"] == 99


def test_server_needs_a_host() -> None:
    with pytest.raises(InvalidRequestError, match="say at which host"):
        settle_place(fields("mysql"))


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_file_has_no_server(engine: str) -> None:
    settled = settle_place(fields(engine))
    assert (settled["host"], settled["port"], settled["tls_mode"]) == ("", 0, "disable")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"host": "db.example.org"}, "host"),
        ({"read_only": False}, "read_only"),
        ({"database": "/etc/passwd"}, "database"),
        ({"database": "a/../../b"}, "database"),
    ],
)
def test_file_refuses_what_a_server_has_and_ways_out(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        settle_place(fields("sqlite", **changes))
    assert list(refused.value.details["fields"]) == [field]


def test_unknown_option_is_refused() -> None:
    with pytest.raises(UnknownOptionError):
        settle_place(fields("postgresql", host="db", options={"passfile": "/etc/shadow"}))
