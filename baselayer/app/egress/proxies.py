"""Through a proxy: HTTP CONNECT, the same over TLS, or SOCKS5.

The proxy itself is dialled like any host, checked and pinned. The target's name goes to the proxy,
which resolves it. python-socks has the protocols; the bytes pass through our hands, because it
reads on past the end of an answer, where a database's greeting may already be.
"""

import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Any

from python_socks import ProxyError, ProxyTimeoutError, ProxyType
from python_socks.sync.v2 import Proxy as Negotiation

from baselayer.app.egress.dialler import check_plain, dial
from baselayer.app.egress.forwarding import forwarded
from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.egress.proxy_answers import Greeting, Knock, KnockedError, failure
from baselayer.app.egress.pumping import bridged
from baselayer.app.egress.tls_stream import TlsStream
from baselayer.app.egress.way import Endpoints
from baselayer.app.errors import (
    AddressNotAllowedError,
    ProxyLoginError,
    ProxyTlsError,
    ProxyUnreachableError,
    TargetUnreachableError,
)

PROTOCOLS = ("http", "https", "socks5")
# RFC 6761 section 6.4: a name that nobody resolves. To log in to an HTTP proxy is to ask for one.
_NOWHERE = ("baselayer.invalid", 443)
_LIMIT_SOCKS_BYTES = 255  # RFC 1929


@dataclass(frozen=True)
class Proxy:
    """A proxy and who we are to it. `tls_ca` is the authority of an HTTPS proxy, as PEM text.

    Without it the system's authorities are trusted. To any other proxy the password goes in clear.
    """

    protocol: str
    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls_ca: str | None = None

    @property
    def place(self) -> str:
        """Where it is, for a message."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class ProxiedWay:
    """A `Way` from this machine to what a proxy reaches."""

    policy: EgressPolicy
    proxy: Proxy
    is_private: bool = field(default=False, init=False)  # the proxy reads it, and who is behind it

    def dial(self, host: str, port: int, *, timeout_seconds: float) -> socket.socket:
        """Have the proxy connect to `host`; an address that is never allowed it is not told."""
        check_plain(host)
        self.policy.check_beyond(host, port)
        deadline = time.monotonic() + timeout_seconds
        stream = _reached(self.proxy, self.policy, deadline)
        try:
            _negotiate(self.proxy, Greeting(stream, deadline), host, port)
        except BaseException:
            stream.close()
            raise
        stream.settimeout(None)
        return stream if isinstance(stream, socket.socket) else bridged(stream)

    def again(self, host: str, connected: socket.socket) -> str:
        """Return the name: where it led to, only the proxy knows."""
        return host

    def endpoints(self, host: str, port: int, *, timeout_seconds: float) -> Endpoints:
        """Return an endpoint of this process's own, which leads through the proxy."""
        check_plain(host)
        self.policy.check_beyond(host, port)
        return forwarded(lambda: self.dial(host, port, timeout_seconds=timeout_seconds))


def probe(proxy: Proxy, policy: EgressPolicy, *, timeout_seconds: float) -> None:
    """Reach the proxy and log in as far as its protocol lets without a target; or our error.

    SOCKS5 has a login of its own. HTTP has none before the request: it is asked for a name that
    does not exist, and any answer but "log in" is a good one.
    """
    deadline = time.monotonic() + timeout_seconds
    stream = _reached(proxy, policy, deadline)
    try:
        _negotiate(proxy, Knock(stream, deadline, proxy.protocol), *_NOWHERE)
    except KnockedError:
        return
    finally:
        stream.close()


def _reached(proxy: Proxy, policy: EgressPolicy, deadline: float) -> socket.socket | TlsStream:
    _check(proxy)
    left = max(0.001, deadline - time.monotonic())
    try:
        connected = dial(proxy.host, proxy.port, policy, timeout_seconds=left)
    except TargetUnreachableError:
        raise ProxyUnreachableError(
            f"No proxy answered at {proxy.place} within {left:.3g} s: check the proxy's host and "
            "port."
        ) from None
    if proxy.protocol != "https":
        return connected
    try:
        return _secured(proxy, connected, deadline)
    except BaseException:
        connected.close()
        raise


def _secured(proxy: Proxy, connected: socket.socket, deadline: float) -> TlsStream:
    stream = TlsStream(connected, _context(proxy), proxy.host)
    connected.settimeout(max(0.001, deadline - time.monotonic()))
    try:
        stream.handshake()
    except ssl.SSLCertVerificationError as error:
        raise ProxyTlsError(
            f"The certificate of the proxy {proxy.place} is not to be trusted "
            f"({error.verify_message}): check its host and authority."
        ) from None
    except OSError:
        raise ProxyTlsError(
            f"The proxy {proxy.place} speaks no TLS that is safe: check its protocol and port."
        ) from None
    return stream


def _context(proxy: Proxy) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if proxy.tls_ca:
            context.load_verify_locations(cadata=proxy.tls_ca)
        else:
            context.load_default_certs()
    except (ssl.SSLError, ValueError):
        raise ProxyTlsError("The proxy's authority is no PEM text that can be read.") from None
    return context


def _negotiate(proxy: Proxy, greeting: Greeting, host: str, port: int) -> None:
    """Say who we are and where to, and turn whatever goes wrong into one of our errors."""
    kind = ProxyType.SOCKS5 if proxy.protocol == "socks5" else ProxyType.HTTP
    through: Any = greeting  # python-socks asks for one of its own, and calls `connect` alone
    negotiation = Negotiation(
        kind,
        proxy.host,
        proxy.port,
        username=proxy.username or None,
        password=(proxy.password or "") if proxy.username else None,
        rdns=True,
        forward=through,
    )
    try:
        negotiation.connect(host, port)
    except (ProxyError, ProxyTimeoutError, OSError, ValueError) as error:
        code = getattr(error, "error_code", None)
        target = f"{host}:{port}"
        raise failure(proxy.protocol, proxy.place, target, greeting, code) from None


def _check(proxy: Proxy) -> None:
    """Refuse what the protocol cannot say, before anybody is dialled."""
    if proxy.protocol not in PROTOCOLS:
        raise AddressNotAllowedError(
            f"{proxy.protocol!r} is no proxy protocol; there are: {', '.join(PROTOCOLS)}."
        )
    for text in filter(None, (proxy.username, proxy.password)):
        is_long = proxy.protocol == "socks5" and len(text) > _LIMIT_SOCKS_BYTES
        if is_long or not text.isascii() or not text.isprintable():
            raise ProxyLoginError(
                "The proxy's user name and password must be printable ASCII, for SOCKS5 up to "
                f"{_LIMIT_SOCKS_BYTES} characters each."
            )
    if proxy.protocol != "socks5" and ":" in (proxy.username or ""):
        raise ProxyLoginError("The user name for an HTTP proxy cannot hold a colon.")
