"""Pass bytes between two ends, both ways, until either is done: the middle of every detour."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

CHUNK_BYTES = 65_536
# How long one direction may go on alone: no database says half a goodbye and then works on.
LINGER_SECONDS = 10.0


class Stream(Protocol):
    """What is pumped: a blocking socket, or what does as one does.

    `shutdown(SHUT_RDWR)` has to wake whoever waits in `recv` or `sendall`.
    """

    def recv(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end."""

    def sendall(self, data: bytes, /) -> object:
        """Send all of `data`."""

    def shutdown(self, how: int, /) -> object:
        """Say that no more will be sent (SHUT_WR), or end both directions (SHUT_RDWR)."""

    def close(self) -> object:
        """Give it back."""


class Pump:
    """Two threads between `near` and `far`, which belong to it: both are closed at the end.

    A half-close is passed on; an error on one end ends both. Two threads and not one loop: with
    both buffers full, one loop would wait for itself.
    """

    def __init__(
        self, near: Stream, far: Stream, on_end: Callable[["Pump"], None] | None = None
    ) -> None:
        """Prepare; nothing moves before `start`. `on_end` is called when both are closed."""
        self._ends = (near, far)
        self._on_end = on_end
        self._lock = threading.Lock()
        self._running = 2
        self._both_ended = threading.Event()

    def start(self) -> None:
        """Begin, in threads of its own."""
        near, far = self._ends
        for source, sink in ((near, far), (far, near)):
            thread = threading.Thread(
                target=self._carry, args=(source, sink), daemon=True, name="pump"
            )
            thread.start()

    def cut(self) -> None:
        """End both directions now, from any thread."""
        for end in self._ends:
            with suppress(OSError, EOFError):
                end.shutdown(socket.SHUT_RDWR)

    def wait(self, seconds: float) -> bool:
        """Wait until both ends are closed; tell whether they are."""
        return self._both_ended.wait(seconds)

    def _carry(self, source: Stream, sink: Stream) -> None:
        try:
            while data := source.recv(CHUNK_BYTES):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except (OSError, EOFError):
            self.cut()
        finally:
            self._leave()

    def _leave(self) -> None:
        """Close both ends as the last one out; as the first, see that the other comes too."""
        with self._lock:
            self._running -= 1
            is_last = self._running == 0
        if is_last:
            self._close()
        elif not self._both_ended.wait(LINGER_SECONDS):
            self.cut()

    def _close(self) -> None:
        for end in self._ends:
            with suppress(OSError, EOFError):
                end.close()
        if self._on_end is not None:
            self._on_end(self)
        self._both_ended.set()


def bridged(far: Stream) -> socket.socket:
    """Return a socket that leads to `far`, for who takes nothing but sockets; no listener."""
    near, ours = socket.socketpair()
    Pump(ours, far).start()
    return near
