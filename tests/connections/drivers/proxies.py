"""Servers that misbehave: a proxy that can stop or cut, and one that asks for the password."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

from tests.targets import HERE


@dataclass
class Proxy:
    """Passes bytes on to `port` until `cut`; `swallow` keeps the connection and loses bytes."""

    port: int = 0
    swallow: threading.Event = field(default_factory=threading.Event)
    _sockets: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        """Drop every connection."""
        for end in self._sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def serve(self, listener: socket.socket, target_port: int) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection((HERE, target_port))
                self._sockets += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if not self.swallow.is_set():
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def proxy_to(target_port: int) -> Iterator[Proxy]:
    """Run a proxy in threads."""
    with closing(socket.create_server((HERE, 0))) as listener:
        proxy = Proxy(listener.getsockname()[1])
        thread = threading.Thread(target=proxy.serve, args=(listener, target_port), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            proxy.cut()


@dataclass
class Eavesdropper:
    """A fake server: answers the start of a login with `answer` and keeps what it is told."""

    answer: bytes
    port: int = 0
    heard: bytearray = field(default_factory=bytearray)

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client:
                    client.settimeout(1)
                    self.heard += client.recv(4096)
                    client.sendall(self.answer)
                    with suppress(OSError):
                        while data := client.recv(4096):
                            self.heard += data


@contextmanager
def eavesdropper(answer: bytes) -> Iterator[Eavesdropper]:
    """Run a fake server in a thread."""
    with closing(socket.create_server((HERE, 0))) as listener:
        fake = Eavesdropper(answer, listener.getsockname()[1])
        thread = threading.Thread(target=fake.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


# PostgreSQL's protocol, "Message Formats": Authentication* messages begin with R.
ASKS_CLEAR_PASSWORD = b"R" + (8).to_bytes(4, "big") + (3).to_bytes(4, "big")
SAYS_AUTHENTICATED = b"R" + (8).to_bytes(4, "big") + (0).to_bytes(4, "big")
