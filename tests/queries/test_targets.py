"""A connection as the executor is told of it: its secrets sealed still, and only for there."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from baselayer.app.connections.credentials import seal_secrets
from baselayer.app.connections.drivers.base import proxy_secret_context, ssh_secret_context
from baselayer.app.connections.models import SLOTS, SqlConnection
from baselayer.app.db.types import uuid7
from baselayer.app.errors import SealError
from baselayer.app.queries.executor.protocol import ProxyFrame, SshHopFrame
from baselayer.app.queries.targets import target_of
from baselayer.app.sealing.ring import KeyRing


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.load_or_create(tmp_path / "secrets" / "keys.json")


@pytest.fixture
def record(ring: KeyRing) -> SqlConnection:
    made = SqlConnection(
        id=uuid7(),
        engine="postgresql",
        host="db.example",
        port=5432,
        database="shop",
        username="reader",
        tls_mode="verify-full",
        options={"jit": "off"},
        timeout_seconds=5.0,
        connect_timeout_seconds=2.0,
    )
    seal_secrets(made, ring, password="the password", tls_key="the key")
    return made


@pytest.fixture
def way(ring: KeyRing, record: SqlConnection) -> SqlConnection:
    """The same over a proxy and two SSH hosts, its server's name not verified."""
    record.tls_mode, record.tls_ca = "require", "-----BEGIN CERTIFICATE-----"
    record.proxy_protocol, record.proxy_host, record.proxy_port = "socks5", "proxy.example", 1080
    record.proxy_username, record.ssh_host, record.ssh_port = "p", "bastion.example", 22
    record.ssh_username, record.ssh_known_hosts = "s", "bastion.example ssh-ed25519 AAAA"
    record.ssh_jumps = [{"host": "jump.example", "port": 2222, "username": "j"}]
    seal_secrets(record, ring, **{slot: f"the {slot}" for slot in SLOTS})
    return record


def test_secrets_travel_sealed_and_open_where_they_belong(
    ring: KeyRing, record: SqlConnection
) -> None:
    frame = target_of(record, read_only=True)
    assert b"the password" not in msgspec.msgpack.encode(frame)
    target = frame.open(ring)
    assert (target.password, target.tls_key) == ("the password", "the key")
    assert (target.host, target.port, target.options) == ("db.example", 5432, {"jit": "off"})
    assert "the password" not in repr(target)


@pytest.mark.parametrize("change", [{"host": "evil"}, {"port": 1}, {"tls_mode": "disable"}])
def test_frame_that_leads_elsewhere_does_not_open(
    ring: KeyRing, record: SqlConnection, change: dict[str, object]
) -> None:
    frame = msgspec.structs.replace(target_of(record, read_only=True), **change)
    with pytest.raises(SealError):
        frame.open(ring)


def test_way_travels_in_order_and_its_secrets_open_there(ring: KeyRing, way: SqlConnection) -> None:
    frame = target_of(way, read_only=True)
    assert b"the " not in msgspec.msgpack.encode(frame)
    assert frame.open(ring).password == "the password"
    proxy, (jump, bastion) = frame.proxy, frame.ssh
    assert proxy is not None
    assert (proxy.protocol, proxy.host, proxy.port) == ("socks5", "proxy.example", 1080)
    assert (jump.host, jump.port, jump.username) == ("jump.example", 2222, "j")
    assert jump.known_hosts == bastion.known_hosts == way.ssh_known_hosts
    assert jump.sealed_password is None
    assert str(way.id) in frame.record
    assert proxy.sealed_password is not None
    context = proxy_secret_context(proxy.protocol, proxy.host, proxy.port, proxy.username)
    assert proxy.sealed_password.open(ring, context) == "the proxy_password"
    context = ssh_secret_context(bastion.host, bastion.port, bastion.username)
    slots = {"password": "password", "private_key": "private_key", "passphrase": "key_passphrase"}
    for name, slot in slots.items():
        sealed = getattr(bastion, f"sealed_{name}")
        assert sealed.open(ring, context) == f"the ssh_{slot}"
        with pytest.raises(SealError):
            sealed.open(ring, ssh_secret_context("evil.example", bastion.port, bastion.username))


@pytest.mark.parametrize(
    "change",
    [
        {"tls_ca": None},
        {"tls_ca": "another"},
        {"proxy": None},
        {"proxy": ProxyFrame("socks5", "evil.example", 1080)},
        {"proxy": ProxyFrame("http", "proxy.example", 1080)},
        {"ssh": []},
        {"ssh": [SshHopFrame("bastion.example", 22, "s")]},
        {"authentication_method": "ldap_user_pwd"},
    ],
)
def test_password_opens_for_no_other_way(
    ring: KeyRing, way: SqlConnection, change: dict[str, object]
) -> None:
    frame = msgspec.structs.replace(target_of(way, read_only=True), **change)
    with pytest.raises(SealError):
        frame.open(ring)


def test_proven_server_is_reached_by_any_way(ring: KeyRing, way: SqlConnection) -> None:
    way.tls_mode = "verify-full"
    seal_secrets(way, ring, password="the password", tls_key=None)
    frame = msgspec.structs.replace(target_of(way, read_only=True), proxy=None, ssh=[])
    assert frame.open(ring).password == "the password"


def test_connection_without_secrets_has_none(ring: KeyRing, record: SqlConnection) -> None:
    seal_secrets(record, ring, password=None, tls_key=None)
    target = target_of(record, read_only=False).open(ring)
    assert (target.password, target.tls_key, target.read_only) == (None, None, False)
    assert replace(target, username="x").username == "x"
