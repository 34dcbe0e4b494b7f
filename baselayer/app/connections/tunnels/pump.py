"""The pump: carries bytes between a channel of a tunnel and one end of a pair of sockets."""

import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import paramiko

_PIECE_BYTES = 64 << 10


class Pump:
    """Two threads, one for each direction: in one, both could wait for each other.

    The end of one direction is passed on; the end of both, or any error, closes both ends and
    calls `ended`.
    """

    def __init__(self, channel: paramiko.Channel, near: socket.socket, ended: Callable[[], None]):
        self._channel, self._near, self._ended = channel, near, ended
        self._lock = threading.Lock()
        self._running = 2
        self.carried_bytes = 0

    def start(self) -> None:
        """Begin to carry."""
        for direction in (self._inwards, self._outwards):
            threading.Thread(
                target=self._carry, args=(direction,), daemon=True, name="ssh-pump"
            ).start()

    def cut(self) -> None:
        """End both directions at once: whoever uses the socket reads its end."""
        with suppress(OSError):
            self._near.shutdown(socket.SHUT_RDWR)
        with suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.close()

    def _carry(self, direction: Callable[[], bool]) -> None:
        is_half = False
        try:
            with suppress(OSError, EOFError, paramiko.SSHException):
                is_half = direction()
        finally:
            if not is_half:
                self.cut()
            self._finish()

    def _finish(self) -> None:
        with self._lock:
            self._running -= 1
            is_last = self._running == 0
        if is_last:
            self.cut()
            self._near.close()
            self._ended()

    def _inwards(self) -> bool:
        """Carry from the channel; tell whether the other direction may go on."""
        while piece := self._channel.recv(_PIECE_BYTES):
            self.carried_bytes += len(piece)
            self._near.sendall(piece)
        if self._channel.closed:
            return False
        self._near.shutdown(socket.SHUT_WR)
        return True

    def _outwards(self) -> bool:
        while piece := self._near.recv(_PIECE_BYTES):
            self.carried_bytes += len(piece)
            self._channel.sendall(piece)
        if _is_gone(self._near):
            return False
        self._channel.shutdown_write()
        return True


def _is_gone(near: socket.socket) -> bool:
    """Tell a socket whose other end was closed from one that only has no more to send."""
    poll = select.poll()
    poll.register(near, 0)
    return any(event & select.POLLHUP for _, event in poll.poll(0))
