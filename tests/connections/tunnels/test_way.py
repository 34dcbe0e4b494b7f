"""The way through SSH: real databases behind it, and nobody else at its endpoints."""

import os
import subprocess
import sys

import pytest

from baselayer.app.connections.drivers.registry import driver_for
from baselayer.app.connections.tunnels.registry import Tunnels
from baselayer.app.errors import SshForwardError, SshUnreachableError
from tests.connections.tunnels.conftest import ask, way_of
from tests.sshd import NEEDS_ROOT, Sshd
from tests.targets import HERE, LOCAL_WAY, TLS_NAME, free_port, postgres_target

_ASK = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10) as connected:
    connected.settimeout(10)
    try:
        connected.sendall(b"ping")
        print(connected.recv(100))
    except ConnectionError:
        print(b"")
"""


def asked_by(account: str | None, port: int) -> str:
    told = subprocess.run(
        [sys.executable if account is None else "/usr/bin/python3", "-c", _ASK, str(port)],
        capture_output=True,
        text=True,
        check=True,
        user=account,
        cwd="/",
    )
    return told.stdout.strip()


def test_database_is_read_through_a_jump_host_with_verified_tls(
    server: Sshd, fresh: Sshd, tunnels: Tunnels
) -> None:
    with postgres_target(tls=True) as shop:
        assert shop.certificates is not None
        way = way_of(tunnels, fresh.hop(), server.hop())
        target = shop.target(
            host=TLS_NAME, tls_mode="verify-full", tls_ca=shop.certificates.authority
        )
        session = driver_for("postgresql").open(target, way)
        try:
            _, batches = session.stream("select count(*) from items", 10)
            assert [batch.to_pydict() for batch in batches] == [{"count": [1_000]}]
        finally:
            session.close()


def test_endpoint_leads_this_process_to_the_host(server: Sshd, echo: int, tunnels: Tunnels) -> None:
    way = way_of(tunnels, server.hop())
    endpoints = way.endpoints(HERE, echo, timeout_seconds=10)
    (address,) = endpoints.addresses
    with LOCAL_WAY.dial(*address, timeout_seconds=5) as connected:
        connected.settimeout(10)
        connected.sendall(b"ping")
        assert connected.recv(10) == b"ping"
    endpoints.close()


@pytest.mark.parametrize("account", [None, "nobody"])
def test_another_process_cannot_ride_the_tunnel(
    server: Sshd, echo: int, tunnels: Tunnels, account: str | None
) -> None:
    if account is not None and os.geteuid() != 0:
        pytest.skip(NEEDS_ROOT)
    endpoints = way_of(tunnels, server.hop()).endpoints(HERE, echo, timeout_seconds=10)
    assert asked_by(account, endpoints.addresses[0][1]) == "b''"
    assert asked_by(account, echo) == "b'ping'"
    endpoints.close()


def test_endpoint_says_what_is_wrong_with_the_tunnel(
    server: Sshd, echo: int, tunnels: Tunnels
) -> None:
    with pytest.raises(SshUnreachableError):
        way_of(tunnels, server.hop(port=free_port())).endpoints(HERE, echo, timeout_seconds=5)


def test_host_is_resolved_by_the_bastion(server: Sshd, echo: int, tunnels: Tunnels) -> None:
    way = way_of(tunnels, server.hop())
    with way.dial("localhost", echo, timeout_seconds=10) as connected:
        assert way.again("localhost", connected) == "localhost"
    with pytest.raises(SshForwardError):
        way.dial("no-such-host.invalid", echo, timeout_seconds=20)
    assert ask(way, echo) == b"ping"


def test_too_many_hops_are_refused(server: Sshd, tunnels: Tunnels) -> None:
    for hops in ((), (server.hop(),) * 5):
        with pytest.raises(SshUnreachableError, match="at most 3 jump hosts"):
            way_of(tunnels, *hops)


def test_secrets_are_not_printed(server: Sshd, tunnels: Tunnels) -> None:
    way = way_of(tunnels, server.hop(password="s3cret", passphrase="s3cret"))
    assert "s3cret" not in repr(way)
    assert "PRIVATE KEY" not in repr(way)
