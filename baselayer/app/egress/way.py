"""Ways: how a connection to a host is had, directly or through what stands before it.

A driver is given a way and never an address. One that takes a socket calls `dial`; one whose
library dials by itself goes to the `endpoints`, which lead nowhere else.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from baselayer.app.egress.dialler import dial, resolve
from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.errors import BaselayerError

# What whoever waits for a way waits longer than the way itself: the way knows what went wrong.
GRACE_SECONDS = 0.5


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Endpoints:
    """Where a library that dials by itself reaches the host: (address, port), in order.

    They hold until `close`, which may be called again and never raises. TLS is verified against
    the host's own name all the same. When a library that was let in is thrown out again, `failure`
    returns our error for the reason.
    """

    addresses: tuple[tuple[str, int], ...]
    close: Callable[[], None] = _nothing
    failure: Callable[[], BaselayerError | None] = _nothing


class Way(Protocol):
    """A way to hosts; used by many threads at a time."""

    @property
    def is_private(self) -> bool:
        """Tell whether nobody on this machine's side of it can read what goes through (SSH)."""

    def dial(self, host: str, port: int, *, timeout_seconds: float) -> socket.socket:
        """Return a blocking socket to `host`, or one of our errors within the time."""

    def again(self, host: str, connected: socket.socket) -> str:
        """Return what to dial to get to the very server that `connected`, of `dial`, leads to."""

    def endpoints(self, host: str, port: int, *, timeout_seconds: float) -> Endpoints:
        """Return where `host` is reached by who does not take a socket; close them afterwards."""


@dataclass(frozen=True)
class DirectWay:
    """From this machine to the checked address of a host."""

    policy: EgressPolicy
    is_private: bool = field(default=False, init=False)

    def dial(self, host: str, port: int, *, timeout_seconds: float) -> socket.socket:
        """Connect to a checked address of `host`, as `dialler.dial` does."""
        return dial(host, port, self.policy, timeout_seconds=timeout_seconds)

    def again(self, host: str, connected: socket.socket) -> str:
        """Return the address: the same name may lead to another server the next time."""
        return str(connected.getpeername()[0])

    def endpoints(self, host: str, port: int, *, timeout_seconds: float) -> Endpoints:
        """Return the addresses of `host`, all of them checked."""
        found = resolve(host, port, self.policy, timeout_seconds=timeout_seconds)
        return Endpoints(tuple((address, port) for address in found))
