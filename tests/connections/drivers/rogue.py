"""A server that speaks just enough MySQL to ask for what it should not get."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

from tests.targets import HERE

_CAPABILITIES = 0x0001 | 0x0008 | 0x0200 | 0x8000 | 0x0008_0000  # 4.1, with plugins; no TLS
_SALT = b"abcdefghijklmnopqrst"
OK = b"\x00\x00\x00\x02\x00\x00\x00"
ASKS_FILE = b"\xfb/etc/passwd"


@dataclass
class Rogue:
    """Greets, answers the login with `to_login`, and every statement with `to_query`."""

    plugin: bytes
    to_login: bytes
    to_query: bytes = OK
    port: int = 0
    heard: bytearray = field(default_factory=bytearray)

    def greeting(self) -> bytes:
        low, high = _CAPABILITIES & 0xFFFF, _CAPABILITIES >> 16
        return (
            b"\x0a8.0.99\0\x05\x00\x00\x00"
            + _SALT[:8]
            + b"\0"
            + low.to_bytes(2, "little")
            + b"\x2d\x02\x00"
            + high.to_bytes(2, "little")
            + bytes([21])
            + bytes(10)
            + _SALT[8:]
            + b"\0"
            + self.plugin
            + b"\0"
        )

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client, suppress(OSError):
                    client.settimeout(5)
                    _send(client, 0, self.greeting())
                    self._take(client)
                    _send(client, 2, self.to_login)
                    number = 1 if self.to_login == OK else 4
                    while self._take(client):
                        _send(client, number, self.to_query)

    def _take(self, client: socket.socket) -> bytes:
        data = client.recv(65_536)
        self.heard += data
        return data


@contextmanager
def rogue(plugin: bytes, to_login: bytes, to_query: bytes = OK) -> Iterator[Rogue]:
    """Run such a server in a thread."""
    with closing(socket.create_server((HERE, 0))) as listener:
        server = Rogue(plugin, to_login, to_query, listener.getsockname()[1])
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def switch_to(plugin: bytes) -> bytes:
    """Return the packet that asks for another kind of login."""
    return b"\xfe" + plugin + b"\0" + _SALT + b"\0"


def _send(client: socket.socket, number: int, payload: bytes) -> None:
    client.sendall(len(payload).to_bytes(3, "little") + bytes([number]) + payload)
