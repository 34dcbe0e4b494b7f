"""A way through each kind of proxy, and a canary that tells who came."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from baselayer.app.egress.proxies import Proxy
from tests.proxies import proxy_running
from tests.targets import HERE

KINDS = ("http", "https", "socks5")


@pytest.fixture(scope="session")
def proxies() -> Iterator["Proxies"]:
    """Each kind of proxy, started when it is first asked for."""
    with ExitStack() as held:
        yield Proxies(held, {})


@dataclass(frozen=True)
class Proxies:
    """Real proxies by protocol."""

    held: ExitStack
    running: dict[str, Proxy]

    def of(self, protocol: str) -> Proxy:
        if protocol not in self.running:
            self.running[protocol] = self.held.enter_context(proxy_running(protocol))
        return self.running[protocol]


@dataclass(frozen=True)
class Canary:
    """A listener that counts who comes."""

    listener: socket.socket

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port

    def visits(self) -> int:
        """Return how many came since the last question."""
        count = 0
        self.listener.settimeout(0.05)
        while True:
            try:
                self.listener.accept()[0].close()
            except TimeoutError:
                return count
            count += 1


@pytest.fixture
def canary() -> Iterator[Canary]:
    with socket.create_server((HERE, 0)) as listener:
        yield Canary(listener)
