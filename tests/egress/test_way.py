"""The direct way: dials and names only what was checked."""

import socket
from collections.abc import Iterator

import pytest

from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.egress.way import DirectWay
from baselayer.app.errors import AddressNotAllowedError
from tests.targets import HERE, LOCAL_WAY


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server((HERE, 0)) as server:
        yield server.getsockname()[1]


def test_socket_and_endpoints_lead_to_the_checked_address(port: int) -> None:
    with LOCAL_WAY.dial("localhost", port, timeout_seconds=5) as connected:
        assert connected.getpeername()[:2] == (HERE, port)
        assert LOCAL_WAY.again("localhost", connected) == HERE
    endpoints = LOCAL_WAY.endpoints("localhost", port, timeout_seconds=5)
    assert (HERE, port) in endpoints.addresses
    endpoints.close()
    endpoints.close()


def test_neither_is_had_of_an_address_that_is_not_allowed(port: int) -> None:
    closed = DirectWay(EgressPolicy())
    for ask in (closed.dial, closed.endpoints):
        with pytest.raises(AddressNotAllowedError):
            ask(HERE, port, timeout_seconds=5)
