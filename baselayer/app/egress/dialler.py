"""Resolve a host, check every answer against the policy, and dial the checked address."""

import re
import socket
import threading
import time
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from baselayer.app.egress.addresses import parse
from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.errors import AddressNotAllowedError, TargetUnreachableError

# Letters, digits, dots, dashes and underscores. Everything that a driver reads as more than one
# host (",", "/", "@", "?", NUL, blanks) stays outside.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?")


def resolve(
    host: str, port: int, policy: EgressPolicy, *, timeout_seconds: float = 10.0
) -> list[str]:
    """Return the addresses of `host`, all of them checked; one bad answer refuses all.

    IPv4 mapped into IPv6 comes back as IPv4. Dial what is returned, never the name again: the
    next answer may be another. AddressNotAllowedError, or TargetUnreachableError when nothing
    answers within `timeout_seconds`.
    """
    check_plain(host)
    answers = _lookup(host, port, timeout_seconds)
    for answer in answers:
        policy.check(answer, port)
    return list(dict.fromkeys(str(parse(answer)) for answer in answers))


def check_plain(host: str) -> None:
    """Raise AddressNotAllowedError unless `host` is one name or address to everybody."""
    if not _is_plain(host):
        raise AddressNotAllowedError(
            "The host must be one plain host name or address: ASCII letters, digits, dots and "
            "dashes, without port, path, list or blanks."
        )


def dial(host: str, port: int, policy: EgressPolicy, *, timeout_seconds: float) -> socket.socket:
    """Connect to a checked address of `host`, trying one after the other; blocking socket."""
    deadline = time.monotonic() + timeout_seconds
    for ip in resolve(host, port, policy, timeout_seconds=timeout_seconds):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            connected = socket.create_connection((ip, port), timeout=left)
        except OSError:
            continue
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connected.settimeout(None)
        return connected
    raise TargetUnreachableError(
        f"Nobody answered at {host}:{port} within {timeout_seconds:g} s: check host and port."
    )


def _is_plain(host: str) -> bool:
    if ":" not in host:
        labels = host.removesuffix(".").split(".")
        return bool(_PLAIN_NAME.fullmatch(host)) and all(0 < len(one) < 64 for one in labels)
    try:
        return "%" not in host and str(IPv6Address(host)) != ""
    except ValueError:
        return False


@dataclass
class _Lookup:
    answers: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def run(self, host: str, port: int) -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            self.answers = [str(entry[4][0]) for entry in found]
        except (OSError, UnicodeError):
            self.answers = []
        finally:
            self.done.set()


def _lookup(host: str, port: int, timeout_seconds: float) -> list[str]:
    """Ask the system's resolver, which cannot be interrupted, in a thread that may be left."""
    if not 1 <= port <= 65_535:
        raise AddressNotAllowedError(f"{port} is not a port: it must be from 1 to 65535.")
    lookup = _Lookup()
    threading.Thread(target=lookup.run, args=(host, port), daemon=True, name="resolve").start()
    if not lookup.done.wait(timeout_seconds):
        raise TargetUnreachableError(
            f"The name {host} was not resolved within {timeout_seconds:g} s: check the host."
        )
    if not lookup.answers:
        raise TargetUnreachableError(f"The name {host} has no address: check the host.")
    return lookup.answers
