"""Logins that the database asks a directory about: a real slapd behind PostgreSQL and MariaDB."""

import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from baselayer.app.connections.drivers.base import Target
from baselayer.app.connections.drivers.ldap import LDAP, check_ldap
from baselayer.app.connections.drivers.registry import driver_for
from baselayer.app.egress.way import DirectWay
from baselayer.app.errors import (
    BaselayerError,
    TargetLoginError,
    TargetPasswordMissingError,
    TargetTlsError,
)
from tests.mariadb import MariadbTarget, has_mariadb, mariadb_target
from tests.slapd import NEEDED, directory, has_slapd, let_postgresql_ask, mariadb_asking
from tests.targets import HERE, LOCAL_POLICY, LOCAL_WAY, PostgresTarget, postgres_target

VERIFIED: dict[str, Any] = {"host": "localhost", "tls_mode": "verify-full"}


@dataclass(frozen=True)
class PrivateWay(DirectWay):
    """Stands for a tunnel, which nobody can look into."""

    is_private: bool = field(default=True, init=False)


PRIVATE_WAY = PrivateWay(LOCAL_POLICY)


@pytest.fixture(scope="module")
def targets() -> Iterator[dict[str, Target]]:
    """Ada's logins, right and over verified TLS."""
    if not has_slapd():
        pytest.skip(NEEDED)
    if not has_mariadb():
        pytest.skip("needs mariadbd: install mariadb-server")
    if os.geteuid() != 0:
        pytest.skip("only root may tell PAM of a service")
    with directory() as found, postgres_target(tls=True) as shop, mariadb_target() as market:
        let_postgresql_ask(found, shop)
        with mariadb_asking(found, market):
            yield {
                "postgresql": _as_ada(shop, found.password),
                "mariadb": _as_ada(market, found.password),
            }


def _as_ada(server: PostgresTarget | MariadbTarget, password: str) -> Target:
    assert server.certificates is not None
    return server.target(
        "ada",
        password=password,
        tls_ca=server.certificates.authority,
        authentication_method=LDAP,
        **VERIFIED,
    )


@pytest.fixture(params=["postgresql", "mariadb"])
def ada(request: pytest.FixtureRequest, targets: dict[str, Target]) -> Target:
    return targets[request.param]


def _count(target: Target, way: DirectWay = LOCAL_WAY) -> list[Any]:
    session = driver_for(target.engine).open(target, way)
    try:
        _, batches = session.stream("select count(*) as n from items", 10)
        return [row["n"] for batch in batches for row in batch.to_pylist()]
    finally:
        session.close()


def _refusal(target: Target, way: DirectWay = LOCAL_WAY) -> BaselayerError:
    with pytest.raises(BaselayerError) as caught:
        driver_for(target.engine).open(target, way)
    return caught.value


def test_right_password_is_let_in_over_verified_tls(ada: Target) -> None:
    assert _count(ada) == [1000]


def test_wrong_password_is_a_login_error(ada: Target) -> None:
    refused = _refusal(replace(ada, password="wrong"))
    assert isinstance(refused, TargetLoginError)
    assert "wrong" not in refused.message


@pytest.mark.parametrize("password", [None, "", "pass\0word"])
def test_password_that_is_none_is_refused_before_any_packet(
    ada: Target, password: str | None
) -> None:
    with socket.create_server((HERE, 0)) as canary:
        target = replace(ada, password=password, port=canary.getsockname()[1])
        assert isinstance(_refusal(target), TargetPasswordMissingError)
        _expect_nobody(canary)


@pytest.mark.parametrize("tls_mode", ["disable", "require"])
def test_clear_text_is_refused_before_any_packet(ada: Target, tls_mode: str) -> None:
    with socket.create_server((HERE, 0)) as canary:
        target = replace(ada, tls_mode=tls_mode, port=canary.getsockname()[1])
        assert isinstance(_refusal(target), TargetTlsError)
        _expect_nobody(canary)


def test_tunnel_stands_in_for_tls(ada: Target) -> None:
    assert _count(replace(ada, tls_mode="disable"), PRIVATE_WAY) == [1000]


def test_wrong_authority_learns_no_password(ada: Target, targets: dict[str, Target]) -> None:
    other = targets["mariadb" if ada.engine == "postgresql" else "postgresql"]
    assert isinstance(_refusal(replace(ada, tls_ca=other.tls_ca)), TargetTlsError)


def test_other_logins_are_left_alone(ada: Target) -> None:
    check_ldap(replace(ada, authentication_method="tcpip", password=None), LOCAL_WAY)


def _expect_nobody(canary: socket.socket) -> None:
    canary.settimeout(0.2)
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        canary.accept()
    assert time.monotonic() - begun >= 0.19
