"""Tunnels: shared by their key, replaced when they change, bounded, and gone without a trace."""

import gc
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from baselayer.app.connections.tunnels.hop import TunnelBounds
from baselayer.app.connections.tunnels.registry import Tunnels
from baselayer.app.errors import SshBusyError, SshLoginError, SshUnreachableError
from tests.connections.tunnels.conftest import ask, ssh_threads, wait_until, way_of
from tests.sshd import Sshd, make_key
from tests.targets import HERE, free_port


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def logins(server: Sshd) -> int:
    return server.log().count("Accepted publickey")


def open_files() -> Counter[str]:
    gc.collect()
    kinds: Counter[str] = Counter()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            kinds[str(entry.readlink()).split(":")[0]] += 1
        except OSError:
            continue
    return kinds


def test_many_threads_share_one_tunnel(fresh: Sshd, echo: int, tunnels: Tunnels) -> None:
    way = way_of(tunnels, fresh.hop())
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(way, echo))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [b"ping"] * 10
    assert logins(fresh) == 1


def test_records_do_not_share(fresh: Sshd, echo: int, tunnels: Tunnels) -> None:
    for key in ("one", "another", "one"):
        assert ask(way_of(tunnels, fresh.hop(), key=key), echo) == b"ping"
    assert logins(fresh) == 2


def test_other_credentials_do_not_ride_the_old_tunnel(
    fresh: Sshd, echo: int, tunnels: Tunnels, tmp_path: Path
) -> None:
    way = way_of(tunnels, fresh.hop())
    with way.dial(HERE, echo, timeout_seconds=10) as connected:
        with pytest.raises(SshLoginError):
            ask(way_of(tunnels, fresh.hop(private_key=make_key(tmp_path / "other"))), echo)
        connected.settimeout(10)
        connected.sendall(b"still")
        assert connected.recv(10) == b"still"
    wait_until(lambda: not ssh_threads())  # the replaced one has ended with its last user


def test_closing_ends_what_is_open(server: Sshd, echo: int, tunnels: Tunnels) -> None:
    one, other = (way_of(tunnels, server.hop(), key=key) for key in ("one", "other"))
    first, second = (way.dial(HERE, echo, timeout_seconds=10) for way in (one, other))
    with first, second:
        first.settimeout(10)
        second.settimeout(10)
        tunnels.close("one")
        assert first.recv(1) == b""
        second.sendall(b"still")
        assert second.recv(10) == b"still"
        tunnels.close_all()
        assert second.recv(1) == b""
    tunnels.close("one")
    wait_until(lambda: not ssh_threads())


def test_dead_bastion_is_not_hammered(server: Sshd, echo: int) -> None:
    clock = Clock()
    tunnels = Tunnels(clock=clock)
    dead = way_of(tunnels, server.hop(port=free_port()))
    pauses = []
    for _ in range(9):
        with pytest.raises(SshUnreachableError) as first:
            dead.dial(HERE, echo, timeout_seconds=5)
        assert "a moment ago" not in first.value.message
        with pytest.raises(SshUnreachableError, match="a moment ago") as second:
            dead.dial(HERE, echo, timeout_seconds=5)
        assert second.value.details == first.value.details
        pauses.append(float(second.value.message.split()[-2]))
        clock.now += pauses[-1] + 0.1
    assert 0.2 <= pauses[0] <= 0.5
    assert 15 <= pauses[-1] <= 30
    assert ask(way_of(tunnels, server.hop()), echo) == b"ping"  # what was mended need not wait
    tunnels.close_all()


def test_success_forgets_the_failures(fresh: Sshd, echo: int) -> None:
    clock = Clock()
    tunnels = Tunnels(clock=clock)
    way = way_of(tunnels, fresh.hop())
    fresh.kill()
    for _ in range(3):
        with pytest.raises(SshUnreachableError):
            ask(way, echo)
        clock.now += 60
    fresh.start()
    assert ask(way, echo) == b"ping"
    fresh.kill()
    with pytest.raises(SshUnreachableError):
        ask(way, echo)
    with pytest.raises(SshUnreachableError, match=r"in 0\.\d s"):
        ask(way, echo)
    tunnels.close_all()


def test_tunnels_are_bounded_and_unused_ones_make_room(server: Sshd, echo: int) -> None:
    tunnels = Tunnels(TunnelBounds(tunnels=2))
    ways = [way_of(tunnels, server.hop(), key=key) for key in "abc"]
    opened = [way.dial(HERE, echo, timeout_seconds=10) for way in ways[:2]]
    with pytest.raises(SshBusyError):
        ask(ways[2], echo)
    opened[0].close()
    wait_until(lambda: len([one for one in ssh_threads() if one.name == "ssh-pump"]) == 2)
    tunnels_again = replace(ways[2])
    assert ask(tunnels_again, echo) == b"ping"
    opened[1].close()
    tunnels.close_all()


def test_credentials_are_forgotten_with_their_tunnel(
    server: Sshd, echo: int, tunnels: Tunnels
) -> None:
    assert ask(way_of(tunnels, server.hop(), key="one"), echo) == b"ping"
    tunnels.close("one")
    assert ask(way_of(tunnels, server.hop(), key="other"), echo) == b"ping"
    assert list(tunnels._places) == ["other"]


def cycle(tunnels: Tunnels, server: Sshd, echo: int, number: int) -> None:
    """Open, use and close; now and then close the tunnel, too, or meet an error."""
    way = way_of(tunnels, server.hop())
    assert ask(way, echo) == b"ping"
    if number % 5 == 0:
        tunnels.close("connection")
    if number % 7 == 0:
        with pytest.raises(SshUnreachableError):
            ask(way_of(tunnels, server.hop(port=free_port()), key=f"dead {number}"), echo)
    if number % 11 == 0:
        endpoints = way.endpoints(HERE, echo, timeout_seconds=10)
        endpoints.close()


def check_leaks(server: Sshd, echo: int, cycles: int) -> None:
    before = open_files()
    tunnels = Tunnels()
    for number in range(cycles):
        cycle(tunnels, server, echo, number)
    tunnels.close_all()
    wait_until(lambda: not ssh_threads())
    wait_until(lambda: open_files()["socket"] <= before["socket"])
    assert open_files() == before


def test_nothing_is_left_of_many_cycles(server: Sshd, echo: int) -> None:
    check_leaks(server, echo, 50)


@pytest.mark.faults
def test_nothing_is_left_of_a_thousand_cycles(server: Sshd, echo: int) -> None:
    check_leaks(server, echo, 1_000)
