"""The handshake: a server is known by its key before anything is told to it."""

import socket
import time

import pytest

from baselayer.app.connections.tunnels.handshake import seen_host_key
from baselayer.app.connections.tunnels.registry import Tunnels
from baselayer.app.errors import (
    SshHostKeyChangedError,
    SshHostKeyUnknownError,
    SshKnownHostsError,
    SshUnreachableError,
    TargetUnreachableError,
)
from tests.connections.tunnels.conftest import ask, listening, ssh_threads, wait_until, way_of
from tests.sshd import Sshd
from tests.targets import HERE, LOCAL_WAY, free_port


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_server_is_known_by_any_type_of_key(
    server: Sshd, echo: int, tunnels: Tunnels, kind: str
) -> None:
    hop = server.hop(known_hosts=server.known_line(kind))
    assert ask(way_of(tunnels, hop), echo) == b"ping"


@pytest.mark.parametrize("text", ["", "other.test ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA=="])
def test_unknown_server_is_not_logged_in_at(
    server: Sshd, echo: int, tunnels: Tunnels, text: str
) -> None:
    hop = server.hop(known_hosts=text, username="never-told")
    with pytest.raises(SshHostKeyUnknownError) as refusal:
        ask(way_of(tunnels, hop), echo)
    assert refusal.value.details["fingerprint"] == server.fingerprint()
    assert "never-told" not in server.log()
    line = refusal.value.details["known_hosts_line"]
    assert ask(way_of(tunnels, server.hop(known_hosts=line)), echo) == b"ping"


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_changed_key_is_refused_with_both_fingerprints(
    server: Sshd, fresh: Sshd, echo: int, tunnels: Tunnels, kind: str
) -> None:
    stored = fresh.known_line(kind).replace(str(fresh.port), str(server.port))
    hop = server.hop(known_hosts=stored, username="never-told")
    with pytest.raises(SshHostKeyChangedError) as refusal:
        ask(way_of(tunnels, hop), echo)
    details = refusal.value.details
    assert details["fingerprint"] == server.fingerprint(kind)
    assert details["stored_fingerprints"] == [fresh.fingerprint(kind)]
    assert "never-told" not in server.log()


def test_server_without_the_stored_type_of_key_has_changed(
    server: Sshd, fresh: Sshd, echo: int, tunnels: Tunnels
) -> None:
    """It could otherwise look like an unknown one: no key of a weaker type is taken instead."""
    config = fresh.home / "sshd_config"
    lines = config.read_text().splitlines()
    config.write_text("\n".join(line for line in lines if "host_ed25519" not in line))
    fresh.kill()
    fresh.start()
    with pytest.raises(SshHostKeyChangedError) as refusal:
        ask(way_of(tunnels, fresh.hop()), echo)
    assert refusal.value.details["key_type"].startswith("ecdsa")
    assert refusal.value.details["stored_fingerprints"] == [fresh.fingerprint()]


def test_text_that_cannot_be_read_is_refused(server: Sshd, echo: int, tunnels: Tunnels) -> None:
    with pytest.raises(SshKnownHostsError):
        ask(way_of(tunnels, server.hop(known_hosts="nonsense")), echo)


def test_key_is_seen_without_a_login(server: Sshd) -> None:
    seen = seen_host_key(LOCAL_WAY, HERE, server.port, timeout_seconds=10)
    assert (seen.key_type, seen.fingerprint) == ("ssh-ed25519", server.fingerprint())
    assert seen.known_hosts_line == server.known_hosts.strip()
    wait_until(lambda: not ssh_threads())


def test_key_of_a_server_behind_another_is_seen(
    server: Sshd, fresh: Sshd, tunnels: Tunnels
) -> None:
    way = way_of(tunnels, fresh.hop())
    seen = seen_host_key(way, HERE, server.port, timeout_seconds=10)
    assert seen.fingerprint == server.fingerprint()


def test_nobody_there_is_unreachable(echo: int, server: Sshd, tunnels: Tunnels) -> None:
    with pytest.raises(TargetUnreachableError):
        seen_host_key(LOCAL_WAY, HERE, free_port(), timeout_seconds=5)
    with pytest.raises(SshUnreachableError, match="Nobody answered"):
        ask(way_of(tunnels, server.hop(port=free_port())), echo)


def test_what_speaks_no_ssh_is_unreachable_within_the_time(server: Sshd, tunnels: Tunnels) -> None:
    def silent(client: socket.socket) -> None:
        with client:
            client.recv(1_000)
            client.recv(1_000)

    def other(client: socket.socket) -> None:
        with client:
            client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200)

    for answer in (silent, other):
        with listening(answer) as port:
            begun = time.monotonic()
            way = way_of(tunnels, server.hop(port=port), key=answer.__name__)
            with pytest.raises(SshUnreachableError, match="no SSH handshake"):
                way.dial(HERE, 1, timeout_seconds=1)
            assert time.monotonic() - begun < 5
    wait_until(lambda: not ssh_threads())
