"""The talk with a proxy, byte for byte, and what its answers mean."""

import time
from http import HTTPStatus
from typing import Protocol

from baselayer.app.egress.pumping import CHUNK_BYTES, Stream
from baselayer.app.errors import (
    ProxyLoginError,
    ProxyRefusedError,
    ProxyUnreachableError,
    TargetError,
    TargetUnreachableError,
)

LIMIT_ANSWER_BYTES = 16_384
# RFC 9110 section 15.5.8; tinyproxy says 401 when it was given a login that is wrong (1.11.1).
_LOGIN_NEEDED = (401, 407)
_SOCKS_CONNECT = b"\x05\x01\x00"  # RFC 1928 section 4
_SOCKS_NO_METHOD = b"\x05\xff"  # section 3
_SHORTEST_CONNECT_BYTES = 7
_REPLIES = {  # section 6
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "time to live expired",
    7: "command not supported",
    8: "address type not supported",
}


class KnockedError(Exception):
    """The proxy let us in, and that was all that we wanted to know."""


class HungUpError(OSError):
    """The proxy closed in the middle of its answer."""


class BoundedStream(Stream, Protocol):
    """A stream whose waits can be bounded."""

    def settimeout(self, seconds: float | None, /) -> object:
        """Bound each further wait."""


class Greeting:
    """What python-socks talks over: it never reads further than the proxy's answer goes."""

    def __init__(self, stream: BoundedStream, deadline: float) -> None:
        """Talk over `stream` until `deadline` (monotonic seconds), whatever its pace."""
        self._stream = stream
        self._deadline = deadline
        self.said = b""
        self.heard = b""

    @property
    def is_late(self) -> bool:
        """Tell whether the time is over."""
        return time.monotonic() >= self._deadline

    @property
    def asks_target(self) -> bool:
        """Tell whether the last that was said names the target."""
        is_socks = self.said.startswith(_SOCKS_CONNECT)
        return self.said.startswith(b"CONNECT ") or (
            is_socks and len(self.said) >= _SHORTEST_CONNECT_BYTES
        )

    def connect(self, **_: object) -> "Greeting":
        """Be what python-socks dials through: it has been dialled already."""
        return self

    def write(self, data: bytes) -> None:
        """Send."""
        self.said, self.heard = bytes(data), b""
        self._bound()
        self._stream.sendall(self.said)

    def read(self, max_bytes: int = CHUNK_BYTES) -> bytes:
        """Return the head of an HTTP answer (RFC 9112 section 2), and nothing of what follows."""
        while not self.heard.endswith((b"\r\n\r\n", b"\n\n")):
            if len(self.heard) >= LIMIT_ANSWER_BYTES:
                raise HungUpError
            self.heard += self._receive(1)
        return self.heard

    def read_exactly(self, n: int) -> bytes:
        """Return the next `n` bytes."""
        found = b""
        while len(found) < n:
            found += self._receive(n - len(found))
        self.heard += found
        return found

    def close(self) -> None:
        """Leave the stream to who gave it."""

    def _receive(self, size: int) -> bytes:
        self._bound()
        data = self._stream.recv(size)
        if not data:
            raise HungUpError
        return data

    def _bound(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._stream.settimeout(left)


class Knock(Greeting):
    """A greeting that ends with the login: KnockedError when we are in."""

    def __init__(self, stream: BoundedStream, deadline: float, protocol: str) -> None:
        """Know by `protocol` where a login ends."""
        super().__init__(stream, deadline)
        self._protocol = protocol

    def write(self, data: bytes) -> None:
        """Send, unless it is the question that comes after a SOCKS5 login."""
        if self._protocol == "socks5" and data.startswith(_SOCKS_CONNECT) and self.said:
            raise KnockedError
        super().write(data)

    def read(self, max_bytes: int = CHUNK_BYTES) -> bytes:
        """Return an HTTP proxy's answer when it is "log in"; any other is a welcome."""
        answer = super().read(max_bytes)
        status = answer.split(maxsplit=2)[1:2]
        if answer.startswith(b"HTTP/") and status not in [[b"%d" % code] for code in _LOGIN_NEEDED]:
            raise KnockedError
        return answer


def failure(
    protocol: str, place: str, target: str, greeting: Greeting, code: int | None
) -> TargetError:
    """Return our error for a talk that failed, with the proxy's answer in our own words."""
    if greeting.is_late:
        return _late(place, target, greeting)
    if code is None:
        return _garbled(protocol, place, greeting)
    if protocol == "socks5":
        words = _REPLIES.get(code, f"reply {code}")
    elif code in _LOGIN_NEEDED:
        return _login(place)
    else:
        words = _status(code)
    return ProxyRefusedError(
        f"The proxy {place} does not lead to {target}: {words}. Check what it allows, and the "
        "target's host and port.",
        answer=words,
    )


def _late(place: str, target: str, greeting: Greeting) -> TargetError:
    if greeting.asks_target:
        return TargetUnreachableError(
            f"The proxy {place} did not reach {target} in time: check the target's host and port."
        )
    return ProxyUnreachableError(
        f"The proxy {place} did not answer in time: check its protocol and port."
    )


def _garbled(protocol: str, place: str, greeting: Greeting) -> TargetError:
    """Judge an answer without a code: a SOCKS5 login that failed, silence, or another protocol."""
    is_login = greeting.said[:1] == b"\x01"  # RFC 1929: the version of the login
    if protocol == "socks5" and (is_login or greeting.heard == _SOCKS_NO_METHOD):
        return _login(place)
    return ProxyUnreachableError(
        f"What answers at {place} is no {protocol} proxy, or hung up: check the proxy's protocol "
        "and port."
    )


def _login(place: str) -> ProxyLoginError:
    return ProxyLoginError(
        f"The proxy {place} asks for a user name and password, or refused those that it was given: "
        "enter them again."
    )


def _status(code: int) -> str:
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return f"status {code}"
