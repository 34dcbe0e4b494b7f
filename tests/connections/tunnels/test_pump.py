"""The pump: what goes in comes out, ends are passed on, and both ends are closed."""

import hashlib
import os
import socket
import threading

import pytest

from baselayer.app.connections.tunnels.registry import Tunnels
from tests.connections.tunnels.conftest import listening, ssh_threads, wait_until, way_of
from tests.sshd import Sshd
from tests.targets import HERE

SIZE = 16 << 20


def read_all(connected: socket.socket) -> bytes:
    pieces = []
    while piece := connected.recv(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def test_bytes_arrive_unchanged_in_both_directions_at_once(
    server: Sshd, echo: int, tunnels: Tunnels
) -> None:
    sent = os.urandom(SIZE)
    with way_of(tunnels, server.hop()).dial(HERE, echo, timeout_seconds=20) as connected:
        connected.settimeout(60)

        def send() -> None:
            connected.sendall(sent)
            connected.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=send)
        thread.start()
        got = read_all(connected)
        thread.join()
    assert hashlib.sha256(got).digest() == hashlib.sha256(sent).digest()


def test_end_of_one_direction_is_passed_on(server: Sshd, tunnels: Tunnels) -> None:
    def answer_after_the_end(client: socket.socket) -> None:
        with client:
            client.sendall(b"%d" % len(read_all(client)))

    with (
        listening(answer_after_the_end) as port,
        way_of(tunnels, server.hop()).dial(HERE, port, timeout_seconds=20) as connected,
    ):
        connected.settimeout(20)
        connected.sendall(b"four")
        connected.shutdown(socket.SHUT_WR)
        assert read_all(connected) == b"4"


def test_end_by_the_database_is_the_end_here(server: Sshd, tunnels: Tunnels) -> None:
    with (
        listening(lambda client: client.close()) as port,
        way_of(tunnels, server.hop()).dial(HERE, port, timeout_seconds=20) as connected,
    ):
        connected.settimeout(20)
        assert connected.recv(1) == b""


@pytest.mark.parametrize("is_reading", [True, False])
def test_closing_here_ends_a_database_that_never_stops(
    server: Sshd, tunnels: Tunnels, is_reading: bool
) -> None:
    ended = threading.Event()

    def never_stop(client: socket.socket) -> None:
        try:
            while True:
                client.sendall(bytes(65_536))
        except OSError:
            ended.set()
        finally:
            client.close()

    with listening(never_stop) as port:
        connected = way_of(tunnels, server.hop()).dial(HERE, port, timeout_seconds=20)
        connected.settimeout(20)
        if is_reading:
            assert connected.recv(1)
        connected.close()
        assert ended.wait(10)
    wait_until(lambda: not [one for one in ssh_threads() if one.name == "ssh-pump"])


def test_closing_here_ends_a_database_that_ignores_the_end(server: Sshd, tunnels: Tunnels) -> None:
    """A closed socket is told from one that has no more to send, or its channel would stay."""
    release = threading.Event()

    def ignore(client: socket.socket) -> None:
        with client:
            client.recv(1)
            release.wait(30)

    with listening(ignore) as port:
        way_of(tunnels, server.hop()).dial(HERE, port, timeout_seconds=20).close()
        wait_until(lambda: not [one for one in ssh_threads() if one.name == "ssh-pump"])
        release.set()
