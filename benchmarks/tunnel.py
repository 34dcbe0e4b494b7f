"""The tunnel: bytes through our SSH tunnel against `ssh -L` with the same cipher."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from baselayer.app.connections.tunnels.registry import Tunnels
from baselayer.app.connections.tunnels.way import SshWay
from benchmarks.table import Table, medians_ms
from tests.sshd import Sshd, sshd
from tests.targets import HERE, LOCAL_WAY, free_port

SIZE = 200 << 20
ROUNDS = 5
SMALL_ROUNDS = 60
CIPHER = "aes128-gcm@openssh.com"
_PIECE = 1 << 20

# A process of its own, so that only what is measured shares this one. The client's first byte says
# what it wants: d(own) SIZE bytes, u(p) SIZE bytes and then an answer, or one byte back.
_SERVER = f"""
import socket, threading
def serve(peer):
    with peer:
        wish = peer.recv(1)
        if wish == b"d":
            peer.sendall(bytes({SIZE}))
        left = {SIZE} if wish == b"u" else 0
        while left > 0:
            left -= len(peer.recv({_PIECE}))
        peer.sendall(b"!")
        peer.recv(1)
with socket.create_server(("{HERE}", 0)) as server:
    print(server.getsockname()[1], flush=True)
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""


def run() -> list[Table]:
    """Return the table of this benchmark."""
    with sshd() as server, _target() as port, _command(server, port) as local, _ours(server) as way:

        def through_ssh() -> socket.socket:
            return socket.create_connection((HERE, local))

        def through_us() -> socket.socket:
            return way.dial(HERE, port, timeout_seconds=30)

        dials = {"ssh -L": through_ssh, "our tunnel": through_us}
        return [_big(dials), _small(dials)]


def _big(dials: dict[str, Callable[[], socket.socket]]) -> Table:
    conditions = f"{SIZE >> 20} MiB, {CIPHER}, OpenSSH on this machine; {ROUNDS} rounds."
    table = Table("Through an SSH tunnel", conditions, ["what", "median ms", "MB/s", "x ssh -L"])
    for word, transfer in (("down", _down), ("up", _up)):
        found = medians_ms({name: _with(dial, transfer) for name, dial in dials.items()}, ROUNDS)
        for name, ms in found.items():
            speed, ratio = SIZE / ms / 1000, found["ssh -L"] / ms
            table.rows.append([f"{word}, {name}", f"{ms:.0f}", f"{speed:.0f}", f"{ratio:.2f}"])
    return table


def _small(dials: dict[str, Callable[[], socket.socket]]) -> Table:
    conditions = f"A connection through a tunnel that stands, to its first byte; {SMALL_ROUNDS}."
    table = Table("First byte through an SSH tunnel", conditions, ["what", "median ms", "x ssh -L"])
    found = medians_ms({name: _with(dial, _first) for name, dial in dials.items()}, SMALL_ROUNDS)
    for name, ms in found.items():
        table.rows.append([name, f"{ms:.2f}", f"{ms / found['ssh -L']:.1f}"])
    return table


def _with(
    dial: Callable[[], socket.socket], transfer: Callable[[socket.socket], None]
) -> Callable[[], None]:
    def measured() -> None:
        with dial() as connected:
            transfer(connected)

    return measured


def _down(connected: socket.socket) -> None:
    connected.sendall(b"d")
    left = SIZE + 1
    while left > 0:
        piece = connected.recv(_PIECE)
        assert piece
        left -= len(piece)


def _up(connected: socket.socket) -> None:
    connected.sendall(b"u")
    piece = bytes(_PIECE)
    for _ in range(SIZE // _PIECE):
        connected.sendall(piece)
    assert connected.recv(1)


def _first(connected: socket.socket) -> None:
    connected.sendall(b"x")
    assert connected.recv(1)


@contextmanager
def _target() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def _ours(server: Sshd) -> Iterator[SshWay]:
    tunnels = Tunnels()
    try:
        yield SshWay(LOCAL_WAY, (server.hop(),), tunnels, "benchmark")
    finally:
        tunnels.close_all()


@contextmanager
def _command(server: Sshd, port: int) -> Iterator[int]:
    local = free_port()
    known = server.home / "known_hosts"
    known.write_text(server.known_hosts)
    options = ("BatchMode=yes", f"UserKnownHostsFile={known}", "ExitOnForwardFailure=yes")
    command = ["ssh", "-N", "-F", "none", "-c", CIPHER, "-i", str(server.home / "client")]
    command += [part for option in options for part in ("-o", option)]
    command += ["-L", f"{HERE}:{local}:{HERE}:{port}", "-p", str(server.port)]
    command.append(f"{server.username}@{HERE}")
    with subprocess.Popen(command, env={"PATH": os.environ.get("PATH", os.defpath)}) as process:
        try:
            _await(local, process)
            yield local
        finally:
            process.terminate()


def _await(local: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((HERE, local), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
