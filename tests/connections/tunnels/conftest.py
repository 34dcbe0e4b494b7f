"""A real SSH server, a database's stand-in that echoes, and tunnels that are closed afterwards."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from baselayer.app.connections.tunnels.hop import SshHop, TunnelBounds
from baselayer.app.connections.tunnels.registry import Tunnels
from baselayer.app.connections.tunnels.way import SshWay
from tests.sshd import NEEDED, NEEDS_ROOT, Sshd, has_sshd, password_user, sshd
from tests.targets import HERE, LOCAL_WAY

QUICK = TunnelBounds(probe_seconds=0.3, answer_seconds=0.5)
"""Notices a silent server within a second."""


@pytest.fixture(scope="session")
def server() -> Iterator[Sshd]:
    """Serve all tests that do it no harm."""
    if not has_sshd():
        pytest.skip(NEEDED)
    with sshd() as running:
        yield running


@pytest.fixture
def fresh() -> Iterator[Sshd]:
    """Serve one test, which may kill it."""
    if not has_sshd():
        pytest.skip(NEEDED)
    with sshd() as running:
        yield running


@pytest.fixture(scope="session")
def person() -> Iterator[tuple[str, str]]:
    """Return the name and the password of somebody who may log in."""
    if os.geteuid() != 0:
        pytest.skip(NEEDS_ROOT)
    with password_user() as made:
        yield made


@pytest.fixture(scope="session")
def echo() -> Iterator[int]:
    """Return the port of a server that sends back what it gets."""
    with listening(_answer) as port:
        yield port


@pytest.fixture
def tunnels() -> Iterator[Tunnels]:
    made = Tunnels()
    yield made
    made.close_all()


@pytest.fixture
def quick() -> Iterator[Tunnels]:
    made = Tunnels(QUICK)
    yield made
    made.close_all()


def way_of(tunnels: Tunnels, *hops: SshHop, key: str = "connection") -> SshWay:
    return SshWay(LOCAL_WAY, hops, tunnels, key)


def ask(way: SshWay, port: int, text: bytes = b"ping") -> bytes:
    """Send text through the way to an echo, and return what comes back."""
    with way.dial(HERE, port, timeout_seconds=20) as connected:
        connected.settimeout(20)
        connected.sendall(text)
        return connected.recv(100)


def wait_until(is_true: Callable[[], bool], seconds: float = 8.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        names = sorted(one.name for one in threading.enumerate())
        assert time.monotonic() < deadline, f"it did not become true in time; threads: {names}"
        time.sleep(0.02)


def ssh_threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith("ssh")]


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    def serve(listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(client,), daemon=True, name="echo").start()

    with socket.create_server((HERE, 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _answer(client: socket.socket) -> None:
    with client, suppress(OSError):
        while data := client.recv(65_536):
            client.sendall(data)
