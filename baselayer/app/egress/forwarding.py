"""Endpoints of our own, for libraries that dial by themselves: each leads to one place only.

A listener on the loopback interface can be reached by everybody on this machine. Hence only this
very process is let in: the caller's socket must be one of ours, or it is closed unheard.
"""

import os
import socket
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from baselayer.app.egress.pumping import Pump
from baselayer.app.egress.way import Endpoints
from baselayer.app.errors import BaselayerError

_HERE = "127.0.0.1"
# A session dials once, and once more for a cancel: more at a time is nothing that it does.
LIMIT_DIALLING = 4
_CLOSE_SECONDS = 2.0
_TCP_TABLE = Path("/proc/net/tcp")
_OWN_FILES = Path("/proc/self/fd")


def forwarded(dial: Callable[[], socket.socket]) -> Endpoints:
    """Return an endpoint of this machine; whoever of us connects to it gets what `dial` dials.

    `dial` is called once for each connection, in a thread, and raises our errors. One that fails
    closes the connection at once, and `Endpoints.failure` then says why.
    """
    forwarder = _Forwarder(dial)
    return Endpoints((forwarder.address,), forwarder.close, forwarder.failure)


def is_own(peer: tuple[str, int], here: tuple[str, int]) -> bool:
    """Tell whether the socket at `peer`, connected to `here`, is held open by this process.

    Linux tells both (proc(5)); where it does not, nothing is anybody's.
    """
    try:
        inode = _inode(peer, here)
        return inode is not None and inode in _own_sockets()
    except OSError:
        return False


class _Forwarder:
    """The listener, who is dialling, and the pumps."""

    def __init__(self, dial: Callable[[], socket.socket]) -> None:
        self._dial = dial
        self._failure: BaselayerError | None = None
        self._lock = threading.Lock()
        self._is_closed = False
        self._dialling: set[socket.socket] = set()
        self._pumps: set[Pump] = set()
        self._listener = socket.create_server((_HERE, 0), backlog=LIMIT_DIALLING)
        self.address: tuple[str, int] = self._listener.getsockname()
        self._serving = threading.Thread(target=self._serve, daemon=True, name="forwarder")
        self._serving.start()

    def failure(self) -> BaselayerError | None:
        return self._failure

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            dialling, pumps = list(self._dialling), list(self._pumps)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        for near in dialling:  # its dial cannot be interrupted: it ends alone, in its own time
            with suppress(OSError):
                near.shutdown(socket.SHUT_RDWR)
        for pump in pumps:
            pump.cut()
        if threading.current_thread() is not self._serving:
            self._serving.join(_CLOSE_SECONDS)
        for pump in pumps:
            pump.wait(_CLOSE_SECONDS)

    def _serve(self) -> None:
        with self._listener, suppress(OSError):  # an error is the end: of the listener, or of all
            while True:
                near, peer = self._listener.accept()
                if is_own(peer, self.address) and self._admit(near):
                    threading.Thread(
                        target=self._lead, args=(near,), daemon=True, name="forward"
                    ).start()
                else:
                    near.close()

    def _admit(self, near: socket.socket) -> bool:
        with self._lock:
            if self._is_closed or len(self._dialling) >= LIMIT_DIALLING:
                return False
            self._dialling.add(near)
            return True

    def _lead(self, near: socket.socket) -> None:
        far: socket.socket | None = None
        try:
            far = self._dial()
        except BaselayerError as error:
            self._failure = error  # before the caller sees its connection closed
        finally:
            pump = self._begin(near, far)
        if pump is not None:
            pump.start()

    def _begin(self, near: socket.socket, far: socket.socket | None) -> Pump | None:
        """Keep the new pump; without one, nothing stays open."""
        with self._lock:
            self._dialling.discard(near)
            if far is not None and not self._is_closed:
                near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                pump = Pump(near, far, self._forget)
                self._pumps.add(pump)
                return pump
        near.close()
        if far is not None:
            far.close()
        return None

    def _forget(self, pump: Pump) -> None:
        with self._lock:
            self._pumps.discard(pump)


def _inode(peer: tuple[str, int], here: tuple[str, int]) -> int | None:
    """Return the number of the socket that has the other end, as the kernel's table gives it."""
    wanted = [_written(*peer), _written(*here)]
    for line in _TCP_TABLE.read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1:3] == wanted:
            return int(fields[9])
    return None


def _written(ip: str, port: int) -> str:
    """Write an address as /proc/net/tcp does: the kernel's own four bytes as one number."""
    return f"{int.from_bytes(socket.inet_aton(ip), sys.byteorder):08X}:{port:04X}"


def _own_sockets() -> Iterator[int]:
    for entry in _OWN_FILES.iterdir():
        with suppress(OSError):  # closed meanwhile
            found = os.fstat(int(entry.name))
            if stat.S_ISSOCK(found.st_mode):
                yield found.st_ino
