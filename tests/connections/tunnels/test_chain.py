"""Chains: jump hosts, what a bastion does not lead to, and how a dead one is noticed."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from baselayer.app.connections.tunnels.hop import TunnelBounds
from baselayer.app.connections.tunnels.registry import Tunnels
from baselayer.app.connections.tunnels.way import SshWay
from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.egress.way import DirectWay
from baselayer.app.errors import (
    AddressNotAllowedError,
    SshBusyError,
    SshForwardError,
    SshHostKeyUnknownError,
    SshLoginError,
)
from tests.connections.tunnels.conftest import (
    QUICK,
    ask,
    listening,
    ssh_threads,
    wait_until,
    way_of,
)
from tests.sshd import NEEDED, Sshd, has_sshd, make_key, sshd
from tests.targets import HERE, free_port

DETECTED_SECONDS = 45.0
"""How long a dead bastion may go unnoticed (reference: security, F08)."""


@contextmanager
def closing(tunnels: Tunnels) -> Iterator[Tunnels]:
    try:
        yield tunnels
    finally:
        tunnels.close_all()


def test_jump_host_leads_to_the_bastion(
    server: Sshd, fresh: Sshd, echo: int, tunnels: Tunnels
) -> None:
    before = server.log().count("Accepted publickey"), fresh.log().count("Accepted publickey")
    way = way_of(tunnels, fresh.hop(), server.hop())
    assert ask(way, echo) == ask(way, echo) == b"ping"
    after = server.log().count("Accepted publickey"), fresh.log().count("Accepted publickey")
    assert after == (before[0] + 1, before[1] + 1)


def test_what_is_wrong_names_its_hop(
    server: Sshd, fresh: Sshd, echo: int, tunnels: Tunnels, tmp_path: Path
) -> None:
    other = make_key(tmp_path / "other")
    for hops, named, error in (
        ((fresh.hop(private_key=other), server.hop()), fresh, SshLoginError),
        ((fresh.hop(), server.hop(private_key=other)), server, SshLoginError),
        ((fresh.hop(), server.hop(known_hosts="")), server, SshHostKeyUnknownError),
        ((fresh.hop(), server.hop(port=free_port())), fresh, SshForwardError),
    ):
        with pytest.raises(error, match=f"{HERE}:{named.port}"):
            ask(way_of(tunnels, *hops), echo)
    wait_until(lambda: not ssh_threads())


def test_egress_policy_binds_the_first_hop(server: Sshd, tunnels: Tunnels) -> None:
    way = SshWay(DirectWay(EgressPolicy()), (server.hop(),), tunnels, "a")
    with pytest.raises(AddressNotAllowedError):
        way.dial(HERE, 5432, timeout_seconds=5)


def test_database_that_is_down_is_said_to_be_unreachable_from_there(
    server: Sshd, tunnels: Tunnels
) -> None:
    port = free_port()
    with pytest.raises(SshForwardError, match=f"cannot reach {HERE}:{port}") as refusal:
        way_of(tunnels, server.hop()).dial(HERE, port, timeout_seconds=10)
    assert refusal.value.details["reason"] == "unreachable"


@pytest.mark.parametrize("settings", ["PermitOpen 127.0.0.1:1", "AllowTcpForwarding no"])
def test_forwarding_that_is_forbidden_is_said_to_be(
    echo: int, tunnels: Tunnels, settings: str
) -> None:
    if not has_sshd():
        pytest.skip(NEEDED)
    with sshd(settings) as server:
        with pytest.raises(SshForwardError, match="does not permit") as refusal:
            ask(way_of(tunnels, server.hop()), echo)
        assert refusal.value.details["reason"] == "prohibited"
        tunnels.close_all()


def test_refused_channel_does_not_end_the_others(server: Sshd, echo: int, tunnels: Tunnels) -> None:
    way = way_of(tunnels, server.hop())
    with way.dial(HERE, echo, timeout_seconds=10) as connected:
        with pytest.raises(SshForwardError):
            way.dial(HERE, free_port(), timeout_seconds=10)
        connected.settimeout(10)
        connected.sendall(b"still")
        assert connected.recv(10) == b"still"


def test_channels_are_bounded(server: Sshd, echo: int) -> None:
    with closing(Tunnels(TunnelBounds(channels=2))) as tunnels:
        way = way_of(tunnels, server.hop())
        opened = [way.dial(HERE, echo, timeout_seconds=10) for _ in range(2)]
        with pytest.raises(SshBusyError):
            way.dial(HERE, echo, timeout_seconds=10)
        for one in opened:
            one.close()
        wait_until(lambda: len([t for t in ssh_threads() if t.name == "ssh-pump"]) == 0)
        assert ask(way, echo) == b"ping"


def waiting(connected: socket.socket, seconds: float) -> float:
    """Wait for an answer that never comes, as a query does; return when the end came."""
    begun = time.monotonic()
    connected.settimeout(seconds)
    with suppress(ConnectionError):
        assert connected.recv(1) == b""
    return time.monotonic() - begun


def test_killed_bastion_ends_what_waits_and_the_next_reconnects(
    fresh: Sshd, echo: int, tunnels: Tunnels
) -> None:
    way = way_of(tunnels, fresh.hop())
    connected = way.dial(HERE, echo, timeout_seconds=10)
    fresh.kill()
    assert waiting(connected, DETECTED_SECONDS) < 5
    connected.close()
    fresh.start()
    assert ask(way, echo) == b"ping"


def test_silent_bastion_is_noticed_and_the_next_reconnects(
    fresh: Sshd, echo: int, quick: Tunnels
) -> None:
    way = way_of(quick, fresh.hop())
    connected = way.dial(HERE, echo, timeout_seconds=10)
    fresh.signal(signal.SIGSTOP)
    assert waiting(connected, DETECTED_SECONDS) < 10
    connected.close()
    fresh.signal(signal.SIGCONT)
    assert ask(way, echo) == b"ping"


def test_silent_bastion_is_noticed_by_who_sends(fresh: Sshd, quick: Tunnels) -> None:
    """With all buffers full the sign of life cannot even be asked for."""
    release = threading.Event()

    def ignore(client: socket.socket) -> None:
        with client:
            release.wait(60)

    with listening(ignore) as port:
        connected = way_of(quick, fresh.hop()).dial(HERE, port, timeout_seconds=10)
        fresh.signal(signal.SIGSTOP)
        connected.settimeout(DETECTED_SECONDS)
        with pytest.raises(ConnectionError):
            while True:
                connected.sendall(bytes(1 << 20))
        connected.close()
        release.set()
    wait_until(lambda: not [one for one in ssh_threads() if one.name != "ssh-probe"])


def test_silent_bastion_behind_a_jump_host_is_noticed(
    server: Sshd, fresh: Sshd, echo: int, quick: Tunnels
) -> None:
    connected = way_of(quick, server.hop(), fresh.hop()).dial(HERE, echo, timeout_seconds=10)
    fresh.signal(signal.SIGSTOP)
    assert waiting(connected, DETECTED_SECONDS) < 10
    connected.close()


def test_lost_hop_ends_the_whole_chain_at_once(
    server: Sshd, fresh: Sshd, echo: int, tunnels: Tunnels
) -> None:
    assert ask(way_of(tunnels, server.hop(), fresh.hop()), echo) == b"ping"
    fresh.kill()
    wait_until(lambda: not ssh_threads())


def test_idle_tunnel_is_closed(server: Sshd, echo: int) -> None:
    with closing(Tunnels(replace(QUICK, idle_seconds=0.3))) as tunnels:
        way = way_of(tunnels, server.hop())
        assert ask(way, echo) == b"ping"
        wait_until(lambda: not ssh_threads())
        assert ask(way, echo) == b"ping"


@pytest.mark.parametrize("bound", ["age_seconds", "transferred_bytes"])
def test_old_tunnel_is_replaced_and_ends_with_its_last_user(
    fresh: Sshd, echo: int, bound: str
) -> None:
    bounds = replace(QUICK, age_seconds=0.5) if bound == "age_seconds" else QUICK
    bounds = replace(bounds, transferred_bytes=3) if bound != "age_seconds" else bounds
    with closing(Tunnels(bounds)) as tunnels:
        way = way_of(tunnels, fresh.hop())
        with way.dial(HERE, echo, timeout_seconds=10) as old:
            old.settimeout(10)
            old.sendall(b"before")
            assert old.recv(10) == b"before"
            time.sleep(0.6)
            with way.dial(HERE, echo, timeout_seconds=10) as new:
                assert fresh.log().count("Accepted publickey") == 2
                for one in (old, new):
                    one.settimeout(10)
                    one.sendall(b"both")
                    assert one.recv(10) == b"both"
        wait_until(lambda: not ssh_threads())


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_dead_bastion_is_noticed_in_time_as_shipped(
    fresh: Sshd, echo: int, tunnels: Tunnels, number: signal.Signals
) -> None:
    connected = way_of(tunnels, fresh.hop()).dial(HERE, echo, timeout_seconds=10)
    fresh.signal(number)
    seconds = waiting(connected, 2 * DETECTED_SECONDS)
    print(f"{number.name} was noticed after {seconds:.1f} s")  # noqa: T201 - a figure
    assert seconds < DETECTED_SECONDS
    connected.close()
