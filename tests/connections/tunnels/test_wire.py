"""The wire: only algorithms that are safe, and no key exchange that stops it."""

import threading

import pytest

from baselayer.app.connections.tunnels import wire as wires
from baselayer.app.connections.tunnels.registry import Tunnels
from baselayer.app.errors import SshUnreachableError
from tests.connections.tunnels.conftest import ask, way_of
from tests.sshd import NEEDED, Sshd, has_sshd, sshd

UNSAFE = (
    "Ciphers aes128-cbc,3des-cbc",
    "MACs hmac-md5,hmac-sha1\nCiphers aes128-ctr",
    "KexAlgorithms diffie-hellman-group14-sha1",
)


def test_best_cipher_is_taken(server: Sshd, echo: int, tunnels: Tunnels) -> None:
    way = way_of(tunnels, server.hop())
    assert ask(way, echo) == b"ping"
    chain = tunnels.chain("connection", way.first, way.hops, timeout_seconds=5)
    assert chain._wires[0].local_cipher == "aes128-gcm@openssh.com"


@pytest.mark.parametrize("settings", UNSAFE)
def test_server_with_unsafe_algorithms_only_is_refused(
    echo: int, tunnels: Tunnels, settings: str
) -> None:
    if not has_sshd():
        pytest.skip(NEEDED)
    with sshd(settings) as server, pytest.raises(SshUnreachableError, match="no longer safe"):
        ask(way_of(tunnels, server.hop()), echo)


@pytest.mark.parametrize("cipher", ["aes256-ctr", "aes256-gcm@openssh.com"])
def test_other_safe_ciphers_work(echo: int, tunnels: Tunnels, cipher: str) -> None:
    if not has_sshd():
        pytest.skip(NEEDED)
    with sshd(f"Ciphers {cipher}") as server:
        assert ask(way_of(tunnels, server.hop()), echo) == b"ping"
        tunnels.close_all()


def test_channels_open_and_close_while_keys_are_exchanged(
    fresh: Sshd, echo: int, tunnels: Tunnels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel's end that comes in a key exchange stopped paramiko for 30 s (its issue 822)."""
    monkeypatch.setattr(wires._Packets, "REKEY_BYTES", 20_000)
    way = way_of(tunnels, fresh.hop())
    answers: list[bytes] = []

    def use() -> None:
        for _ in range(40):
            answers.append(ask(way, echo, bytes(100)))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == [bytes(100)] * 160
    assert fresh.log().count("Accepted publickey") == 1
