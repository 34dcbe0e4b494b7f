"""The way through SSH servers: what drivers are given for a connection with a bastion."""

import socket
import time
from dataclasses import dataclass, field

from baselayer.app.connections.tunnels.chain import Chain
from baselayer.app.connections.tunnels.hop import MAX_HOPS, SshHop
from baselayer.app.connections.tunnels.registry import Tunnels
from baselayer.app.egress.forwarding import forwarded
from baselayer.app.egress.way import Endpoints, Way
from baselayer.app.errors import SshUnreachableError


@dataclass(frozen=True)
class SshWay:
    """From the end of the way `first` through `hops`, jump hosts first, the bastion last.

    All ways with the same `key` (a connection record) share a tunnel of `tunnels` while the hops
    are the same. The last hop resolves the host: names and addresses are those that it sees.
    """

    first: Way
    hops: tuple[SshHop, ...]
    tunnels: Tunnels = field(compare=False, repr=False)
    key: str
    is_private: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        """Refuse what is no chain."""
        if not 1 <= len(self.hops) <= MAX_HOPS:
            raise SshUnreachableError(
                f"A way leads through 1 to {MAX_HOPS} SSH servers, not {len(self.hops)}: at most "
                f"{MAX_HOPS - 1} jump hosts and the bastion."
            )

    def dial(self, host: str, port: int, *, timeout_seconds: float) -> socket.socket:
        """Return one end of a pair of sockets; the other leads through the tunnel to `host`.

        A tunnel that turns out to be dead is replaced, once: nothing was sent through it.
        """
        deadline = time.monotonic() + timeout_seconds
        chain = self._chain(timeout_seconds)
        try:
            return chain.open(host, port, timeout_seconds=_left(deadline))
        except SshUnreachableError:
            if chain.is_alive or time.monotonic() >= deadline:
                raise
        return self._chain(_left(deadline)).open(host, port, timeout_seconds=_left(deadline))

    def again(self, host: str, connected: socket.socket) -> str:
        """Return the host itself: which address the bastion chose is not known here."""
        return host

    def endpoints(self, host: str, port: int, *, timeout_seconds: float) -> Endpoints:
        """Return an endpoint of this process alone that leads to `host`.

        The tunnel is opened before, so that what is wrong with it is said here.
        """
        self._chain(timeout_seconds)
        return forwarded(lambda: self.dial(host, port, timeout_seconds=timeout_seconds))

    def _chain(self, seconds: float) -> Chain:
        return self.tunnels.chain(self.key, self.first, self.hops, timeout_seconds=seconds)


def _left(deadline: float) -> float:
    return max(0.1, deadline - time.monotonic())
