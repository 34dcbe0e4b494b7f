"""TLS on top of a socket that may itself carry TLS inside, read and written by two threads.

`ssl.SSLSocket` offers neither: wrapped again it talks past the outer TLS, and one OpenSSL object
must not be read and written at the same time. Here OpenSSL sees memory only, under a lock.
"""

import socket
import ssl
import threading
from contextlib import suppress

RECORD_BYTES = 16_384  # RFC 8446 section 5.1


class TlsStream:
    """A `Stream` through TLS; `connected` belongs to it. `handshake` comes first."""

    def __init__(self, connected: socket.socket, context: ssl.SSLContext, name: str) -> None:
        """Prepare; `name` is what the server's certificate has to name."""
        self._socket = connected
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._lock = threading.Lock()  # the OpenSSL object
        self._sending = threading.Lock()  # the order of what leaves; taken before `_lock`

    def handshake(self) -> None:
        """Agree on keys and check the certificate; ssl.SSLError or OSError when it fails."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._feed()
            except ssl.SSLError:
                with suppress(OSError):
                    self._flush()  # the alert says to the other side what is wrong
                raise
            else:
                return self._flush()

    def settimeout(self, seconds: float | None) -> None:
        """Bound each further wait for the network."""
        self._socket.settimeout(seconds)

    def recv(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end, whether it was said or only happened."""
        while True:
            try:
                with self._lock:
                    return self._tls.read(size)
            except ssl.SSLWantReadError:
                self._answer()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            self._feed()

    def sendall(self, data: bytes, /) -> None:
        """Send all of `data`."""
        with self._sending:
            for start in range(0, len(data), RECORD_BYTES):
                with self._lock:
                    self._tls.write(data[start : start + RECORD_BYTES])
                self._flush()

    def shutdown(self, how: int, /) -> None:
        """Say goodbye inside TLS and outside, or end both directions of the socket at once."""
        if how == socket.SHUT_WR:
            with self._sending:
                with self._lock, suppress(ssl.SSLError):
                    self._tls.unwrap()
                self._flush()
        self._socket.shutdown(how)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _feed(self) -> None:
        data = self._socket.recv(4 * RECORD_BYTES)
        with self._lock:
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()

    def _flush(self) -> None:
        with self._lock:
            data = self._outgoing.read()
        if data:
            self._socket.sendall(data)

    def _answer(self) -> None:
        """Send what reading led to (new keys), unless a sender is at work: he sends it along."""
        if self._outgoing.pending and self._sending.acquire(blocking=False):
            try:
                self._flush()
            finally:
                self._sending.release()
