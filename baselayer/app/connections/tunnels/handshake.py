"""The handshake: speak SSH, and know the server by its key before anything is told to it."""

import socket
import time
from dataclasses import dataclass
from typing import Any

import paramiko

from baselayer.app.connections.tunnels.hop import SshHop
from baselayer.app.connections.tunnels.host_keys import (
    HostKey,
    KnownKeys,
    changed,
    known_keys,
)
from baselayer.app.connections.tunnels.wire import Wire
from baselayer.app.egress.way import Way
from baselayer.app.errors import SshUnreachableError


@dataclass(frozen=True)
class SeenHostKey:
    """What a server showed to anybody who asked; nobody has vouched for it."""

    key_type: str
    fingerprint: str
    known_hosts_line: str


def seen_host_key(way: Way, host: str, port: int, *, timeout_seconds: float) -> SeenHostKey:
    """Ask an SSH server for its key, and log in nowhere: for an enrolment that a person confirms.

    `way` leads to the server, through jump hosts where there are any. SshUnreachableError when no
    SSH server answers.
    """
    deadline = time.monotonic() + timeout_seconds
    connected = way.dial(host, port, timeout_seconds=timeout_seconds)
    key = _shown_key(connected, host, port, deadline)
    return SeenHostKey(key.type, key.fingerprint, key.line(host, port))


class KeyMissingError(Exception):
    """The server has no key of the types on file, or nothing else in common with us."""


def shaken(sock: Any, hop: SshHop, *, deadline: float) -> Wire:
    """Return the wire over `sock` to `hop`, its key verified; nobody has logged in yet.

    KeyMissingError when its keys are of other types than those on file: `other_key` then says how
    they have changed. The socket is closed with each error.
    """
    known = KnownKeys((), ())
    wire: Wire | None = None
    try:
        known = known_keys(hop.known_hosts, hop.host, hop.port)
        types = {key.type for key in known.trusted} or None
        wire = Wire(sock, types)
        _negotiate(wire, hop.host, hop.port, deadline)
        known.check(_key_of(wire), hop.host, hop.port)
    except BaseException:
        _end(wire, sock)
        raise
    return wire


def other_key(sock: Any, hop: SshHop, *, deadline: float) -> Exception:
    """Return the error for a server that has no key of the types on file: which one it has."""
    try:
        seen = _shown_key(sock, hop.host, hop.port, deadline)
    except KeyMissingError:
        return _nothing_in_common(hop.host, hop.port)
    known = known_keys(hop.known_hosts, hop.host, hop.port)
    return changed(seen, known.trusted, hop.host, hop.port)


def _shown_key(sock: socket.socket, host: str, port: int, deadline: float) -> HostKey:
    wire = Wire(sock)
    try:
        _negotiate(wire, host, port, deadline)
        return _key_of(wire)
    except KeyMissingError:
        raise _nothing_in_common(host, port) from None
    finally:
        _end(wire, sock)


def _negotiate(wire: Wire, host: str, port: int, deadline: float) -> None:
    left = max(0.1, deadline - time.monotonic())
    wire.banner_timeout = wire.handshake_timeout = left
    try:
        wire.start_client(timeout=left)
    except paramiko.ssh_exception.IncompatiblePeer:
        raise KeyMissingError from None
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise _no_ssh(host, port) from error
    if not wire.initial_kex_done:
        raise _no_ssh(host, port)


def _key_of(wire: Wire) -> HostKey:
    key = wire.get_remote_server_key()
    return HostKey(key.get_name(), key.asbytes())


def _end(wire: Wire | None, sock: Any) -> None:
    if wire is not None:
        wire.packetizer.complete_handshake()  # stops its timer, a thread of its own
        wire.close()
    sock.close()


def _no_ssh(host: str, port: int) -> SshUnreachableError:
    return SshUnreachableError(
        f"What answers at {host}:{port} completed no SSH handshake in time: check host and port of "
        "the SSH server.",
        host=host,
        port=port,
    )


def _nothing_in_common(host: str, port: int) -> SshUnreachableError:
    return SshUnreachableError(
        f"The SSH server {host}:{port} offers only algorithms that are no longer safe: have its "
        "software updated.",
        host=host,
        port=port,
    )
