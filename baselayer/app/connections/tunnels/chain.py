"""A chain: the SSH connections from hop to hop, alive together, with channels at their end."""

import random
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import paramiko

from baselayer.app.connections.tunnels.handshake import KeyMissingError, other_key, shaken
from baselayer.app.connections.tunnels.hop import SshHop, TunnelBounds
from baselayer.app.connections.tunnels.login import log_in
from baselayer.app.connections.tunnels.pump import Pump
from baselayer.app.connections.tunnels.wire import WINDOW_BYTES, Wire
from baselayer.app.egress.way import Way
from baselayer.app.errors import (
    SshBusyError,
    SshForwardError,
    SshUnreachableError,
    TargetUnreachableError,
)
from baselayer.log import make_log

log = make_log("ssh")

_PROHIBITED = 1
"""SSH_OPEN_ADMINISTRATIVELY_PROHIBITED (RFC 4254 section 5.1)."""


class Chain:
    """Connected hops; `open` opens channels to hosts that the last one can reach.

    A thread of its own asks the last hop for a sign of life and ends the chain when there is none,
    when one of its hops is lost, when it was idle for long, and when it is old and empty.
    """

    def __init__(self, wires: list[Wire], hops: tuple[SshHop, ...], bounds: TunnelBounds) -> None:
        self._wires, self._hops, self._bounds = wires, hops, bounds
        self._lock = threading.Lock()
        self._pumps: set[Pump] = set()
        self._opening = 0
        self._carried_bytes = 0
        self._is_retired = False
        self._ended, self._wake = threading.Event(), threading.Event()
        for wire in wires:
            wire.at_end = self._wake.set
        self._born = self._used = time.monotonic()
        threading.Thread(target=self._keep, daemon=True, name="ssh-keeper").start()

    @property
    def is_alive(self) -> bool:
        """Tell whether all hops are connected, as far as is known."""
        return not self._ended.is_set() and all(wire.is_active() for wire in self._wires)

    @property
    def takes_more(self) -> bool:
        """Tell whether new channels may be opened: alive, and neither old nor retired."""
        return self.is_alive and not self._is_retired and not self._is_old()

    @property
    def is_idle(self) -> bool:
        """Tell whether no channel is open."""
        with self._lock:
            return not self._pumps and not self._opening

    def open(self, host: str, port: int, *, timeout_seconds: float) -> socket.socket:
        """Return a socket to `host`, as the last hop reaches it."""
        self._enter()
        try:
            channel = self._channel(host, port, timeout_seconds)
            return self._pumped(channel)
        finally:
            self._leave()

    def retire(self) -> None:
        """Take no more channels, and end with the last one."""
        self._is_retired = True
        self._end_when_done()

    def end(self) -> None:
        """Close everything at once; who uses a socket of the chain reads its end."""
        self._ended.set()
        self._wake.set()
        with self._lock:
            pumps = list(self._pumps)
        # The wires first: a pump may wait for one of them.
        for wire in reversed(self._wires):
            _close(wire)
        for pump in pumps:
            pump.cut()

    def _enter(self) -> None:
        with self._lock:
            if len(self._pumps) + self._opening >= self._bounds.channels:
                raise SshBusyError(
                    f"{self._bounds.channels} connections are open through the SSH tunnel over "
                    f"{self._hops[-1].name}: wait until one has ended."
                )
            self._opening += 1

    def _leave(self) -> None:
        with self._lock:
            self._opening -= 1
            self._used = time.monotonic()
        self._end_when_done()

    def _channel(self, host: str, port: int, timeout_seconds: float) -> paramiko.Channel:
        wire = self._wires[-1]
        return opened(wire, self._hops[-1], host, port, timeout_seconds=timeout_seconds)

    def _pumped(self, channel: paramiko.Channel) -> socket.socket:
        far, near = socket.socketpair()
        pump = Pump(channel, near, lambda: self._forget(pump))
        with self._lock:
            self._pumps.add(pump)
        pump.start()
        if self._ended.is_set():  # it ended while the channel was opened
            pump.cut()
        return far

    def _forget(self, pump: Pump) -> None:
        with self._lock:
            self._pumps.discard(pump)
            self._carried_bytes += pump.carried_bytes
            self._used = time.monotonic()
        self._end_when_done()

    def _end_when_done(self) -> None:
        if self.is_idle and not self.takes_more and not self._ended.is_set():
            self.end()

    def _is_old(self) -> bool:
        with self._lock:
            carried = self._carried_bytes + sum(pump.carried_bytes for pump in self._pumps)
        is_aged = time.monotonic() - self._born > self._bounds.age_seconds
        return is_aged or carried > self._bounds.transferred_bytes

    def _keep(self) -> None:
        """Watch until the end."""
        try:
            while self.is_alive:
                self._wake.wait(self._pause())
                if self.is_alive and (self._is_unused() or not self._answers()):
                    return
                self._end_when_done()
        finally:
            self.end()

    def _pause(self) -> float:
        shortest = min(self._bounds.probe_seconds, self._bounds.idle_seconds)
        return shortest * random.uniform(0.8, 1.0)  # noqa: S311 - spreads work, hides nothing

    def _is_unused(self) -> bool:
        return self.is_idle and time.monotonic() - self._used > self._bounds.idle_seconds

    def _answers(self) -> bool:
        """Ask the last hop, through all others; in a thread, for the asking itself may hang."""
        answered = threading.Event()

        def ask() -> None:
            with suppress(paramiko.SSHException, EOFError, OSError):
                self._wires[-1].global_request("keepalive@openssh.com", wait=True)
                answered.set()

        threading.Thread(target=ask, daemon=True, name="ssh-probe").start()
        if answered.wait(self._bounds.answer_seconds):
            return True
        log.warning(f"The SSH tunnel over {self._hops[-1].name} is silent, and is closed.")
        return False


def connect(first: Way, hops: tuple[SshHop, ...], bounds: TunnelBounds, seconds: float) -> Chain:
    """Connect from hop to hop within `seconds`: dial, verify the key, log in."""
    deadline = time.monotonic() + seconds
    wires: list[Wire] = []
    try:
        for index, hop in enumerate(hops):
            dial = _dialler(first, wires, hops[:index], hop, deadline)
            wires.append(_verified(dial, hop, deadline))
            log_in(wires[-1], hop, deadline=deadline)
        return Chain(wires, hops, bounds)
    except BaseException:
        for wire in reversed(wires):
            _close(wire)
        raise


def opened(
    wire: Wire, hop: SshHop, host: str, port: int, *, timeout_seconds: float
) -> paramiko.Channel:
    """Open a channel to `host` that `hop` leads to; SshForwardError when it does not."""
    try:
        return wire.open_channel(
            "direct-tcpip",
            (host, port),
            ("127.0.0.1", 0),
            window_size=WINDOW_BYTES,
            timeout=timeout_seconds,
        )
    except paramiko.ChannelException as refusal:
        raise _not_led(hop, host, port, refusal.code == _PROHIBITED) from refusal
    except (paramiko.SSHException, EOFError, OSError) as error:
        if not wire.is_active():
            raise SshUnreachableError(
                f"The connection to the SSH server {hop.name} was lost: run it again.",
                host=hop.host,
                port=hop.port,
            ) from error
        raise _not_led(hop, host, port, False) from error


def _not_led(hop: SshHop, host: str, port: int, is_prohibited: bool) -> SshForwardError:
    if is_prohibited:
        why = f"does not permit {hop.username!r} to be led to {host}:{port}: its administrator "
        why += "decides it (AllowTcpForwarding, PermitOpen, or permitopen of the key)."
    else:
        why = f"cannot reach {host}:{port}: check that host and port are right as seen from there."
    return SshForwardError(
        f"The SSH server {hop.name} {why}",
        host=host,
        port=port,
        hop=hop.name,
        reason="prohibited" if is_prohibited else "unreachable",
    )


def _dialler(
    first: Way, wires: list[Wire], before: tuple[SshHop, ...], hop: SshHop, deadline: float
) -> Callable[[], Any]:
    """Return what dials `hop`: directly, or by a channel of the hop before it."""

    def dial() -> Any:
        left = max(0.1, deadline - time.monotonic())
        if before:
            return opened(wires[-1], before[-1], hop.host, hop.port, timeout_seconds=left)
        try:
            connected = first.dial(hop.host, hop.port, timeout_seconds=left)
        except TargetUnreachableError as error:
            raise SshUnreachableError(
                f"Nobody answered at the SSH server {hop.name} in time: check its host and port.",
                host=hop.host,
                port=hop.port,
            ) from error
        with suppress(OSError):  # a way may lead over what is no TCP
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return connected

    return dial


def _verified(dial: Callable[[], Any], hop: SshHop, deadline: float) -> Wire:
    try:
        return shaken(dial(), hop, deadline=deadline)
    except KeyMissingError:
        raise other_key(dial(), hop, deadline=deadline) from None


def _close(wire: Wire) -> None:
    with suppress(OSError, EOFError, paramiko.SSHException):
        wire.packetizer.complete_handshake()
        wire.close()
        wire.sock.close()
