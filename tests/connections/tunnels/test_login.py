"""Logging in: by key, by key and passphrase, by password, by both; and what is refused."""

from pathlib import Path

import pytest

from baselayer.app.connections.tunnels.hop import SshHop
from baselayer.app.connections.tunnels.registry import Tunnels
from baselayer.app.errors import SshKeyError, SshLoginError
from tests.connections.tunnels.conftest import ask, way_of
from tests.sshd import NEEDED, Sshd, has_sshd, make_key, sshd

SECRET = "s3cret-never-told"


def add_key(server: Sshd, path: Path) -> None:
    with (server.home / "authorized_keys").open("a") as keys:
        keys.write(path.with_suffix(".pub").read_text())


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_key_with_passphrase_logs_in(
    server: Sshd, echo: int, tunnels: Tunnels, tmp_path: Path, kind: str
) -> None:
    text = make_key(tmp_path / "key", kind=kind, passphrase=SECRET)
    add_key(server, tmp_path / "key")
    hop = server.hop(private_key=text, passphrase=SECRET)
    assert ask(way_of(tunnels, hop), echo) == b"ping"


def test_password_logs_in(
    server: Sshd, echo: int, tunnels: Tunnels, person: tuple[str, str]
) -> None:
    name, password = person
    hop = server.hop(username=name, private_key=None, password=password)
    assert ask(way_of(tunnels, hop), echo) == b"ping"


def test_password_logs_in_where_the_key_is_refused(
    server: Sshd, echo: int, tunnels: Tunnels, person: tuple[str, str], tmp_path: Path
) -> None:
    name, password = person
    hop = server.hop(username=name, private_key=make_key(tmp_path / "k"), password=password)
    assert ask(way_of(tunnels, hop), echo) == b"ping"


def test_server_may_ask_for_both(echo: int, tunnels: Tunnels, person: tuple[str, str]) -> None:
    if not has_sshd():
        pytest.skip(NEEDED)
    name, password = person
    with sshd("AuthenticationMethods publickey,password") as server:
        hop = server.hop(username=name, password=password)
        assert ask(way_of(tunnels, hop), echo) == b"ping"
        tunnels.close_all()
        with pytest.raises(SshLoginError):
            ask(way_of(tunnels, server.hop(username=name)), echo)


def refusal(tunnels: Tunnels, hop: SshHop, port: int) -> SshLoginError:
    with pytest.raises(SshLoginError) as raised:
        ask(way_of(tunnels, hop), port)
    assert SECRET not in str(raised.value)
    assert SECRET not in repr(hop)
    return raised.value


def test_wrong_key_is_refused_with_what_is_offered(
    server: Sshd, echo: int, tunnels: Tunnels, tmp_path: Path
) -> None:
    error = refusal(tunnels, server.hop(private_key=make_key(tmp_path / "other")), echo)
    assert error.details["methods"] == ["publickey", "password"]
    assert f"{server.hop().name} refused" in error.message
    assert "the private key" in error.message


def test_wrong_password_is_refused(
    server: Sshd, echo: int, tunnels: Tunnels, person: tuple[str, str]
) -> None:
    hop = server.hop(username=person[0], private_key=None, password=SECRET)
    assert "the password" in refusal(tunnels, hop, echo).message


def test_method_that_is_not_offered_is_refused(echo: int, tunnels: Tunnels) -> None:
    if not has_sshd():
        pytest.skip(NEEDED)
    with sshd("PasswordAuthentication no") as server:
        error = refusal(tunnels, server.hop(private_key=None, password=SECRET), echo)
    assert error.details["methods"] == ["publickey"]


def test_nothing_stored_is_said(server: Sshd, echo: int, tunnels: Tunnels) -> None:
    error = refusal(tunnels, server.hop(private_key=None), echo)
    assert "neither" in error.message


def test_wrong_passphrase_is_an_unreadable_key(
    server: Sshd, echo: int, tunnels: Tunnels, tmp_path: Path
) -> None:
    text = make_key(tmp_path / "sealed", passphrase="right")
    with pytest.raises(SshKeyError):
        ask(way_of(tunnels, server.hop(private_key=text, passphrase=SECRET)), echo)


def test_agent_and_keys_of_this_account_are_not_asked(
    server: Sshd, echo: int, tunnels: Tunnels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_ed25519").write_text(server.private_key)
    (home / ".ssh" / "known_hosts").write_text(server.known_hosts)
    monkeypatch.setenv("HOME", str(home))
    refusal(tunnels, server.hop(private_key=make_key(tmp_path / "other")), echo)
