"""The policy's table: what is never allowed, what a setting opens, what is our own."""

import socket

import pytest

from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.errors import AddressNotAllowedError

CLOSED = EgressPolicy()
LOOPBACK = EgressPolicy(allow_loopback=True)
PRIVATE = EgressPolicy(allow_private=True)
OPEN = EgressPolicy(allow_loopback=True, allow_private=True)

NEVER = [
    "0.0.0.0",  # noqa: S104 - refused, not bound
    "0.1.2.3",
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "fe80::1",
    "fe80::1%lo",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "::a9fe:a9fe",
    "::2",
    "2001::1",
]
ONLY_LOOPBACK = ["127.0.0.1", "127.8.9.1", "::1", "::ffff:7f00:1"]
ONLY_PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.5",
    "192.88.99.1",
    "fc00::1",
    "fd12:3456::1",
    "2001:db8::1",
    "2001:0:808:808:8000:63bf:f7f7:f7f7",
    "2002:808:808::1",
    "64:ff9b::808:808",
    "100::1",
    "::808:808",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "192.169.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]


def refuses(policy: EgressPolicy, ip: str, port: int = 5432) -> bool:
    try:
        policy.check(ip, port)
    except AddressNotAllowedError:
        return True
    return False


@pytest.mark.parametrize("ip", NEVER)
def test_no_setting_opens_what_is_never_allowed(ip: str) -> None:
    assert refuses(OPEN, ip)


@pytest.mark.parametrize("ip", ONLY_LOOPBACK)
def test_loopback_needs_its_setting(ip: str) -> None:
    assert (refuses(CLOSED, ip), refuses(PRIVATE, ip), refuses(LOOPBACK, ip)) == (True, True, False)


@pytest.mark.parametrize("ip", ONLY_PRIVATE)
def test_private_and_special_networks_need_their_setting(ip: str) -> None:
    assert (refuses(CLOSED, ip), refuses(LOOPBACK, ip), refuses(PRIVATE, ip)) == (True, True, False)


@pytest.mark.parametrize("ip", ["2002:7f00:1::", "::7f00:1", "64:ff9b::7f00:1"])
def test_loopback_inside_ipv6_needs_both_settings(ip: str) -> None:
    assert refuses(LOOPBACK, ip)
    assert refuses(PRIVATE, ip)
    assert not refuses(OPEN, ip)


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_are_allowed(ip: str) -> None:
    assert not refuses(CLOSED, ip)


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_port_must_be_one(port: int) -> None:
    assert refuses(OPEN, "8.8.8.8", port)


@pytest.mark.parametrize("text", ["", "localhost", "2130706433", "0x7f.1", "1.2.3", "1.2.3.4/8"])
def test_what_is_no_address_is_refused(text: str) -> None:
    assert refuses(OPEN, text)


def test_our_own_listener_is_never_a_target() -> None:
    policy = EgressPolicy(allow_loopback=True, refused=frozenset({("127.0.0.1", 5432)}))
    assert refuses(policy, "127.0.0.1", 5432)
    assert refuses(policy, "::ffff:127.0.0.1", 5432)
    assert not refuses(policy, "127.0.0.1", 5433)
    assert not refuses(policy, "127.0.0.2", 5432)


@pytest.mark.parametrize("anywhere", ["0.0.0.0", "::"])  # noqa: S104 - refused, not bound
def test_listener_on_all_addresses_is_refused_at_each_of_them(anywhere: str) -> None:
    policy = EgressPolicy(True, True, refused=frozenset({(anywhere, 5432)}))
    assert refuses(policy, "127.0.0.1", 5432)
    assert refuses(policy, "127.3.2.1", 5432)
    assert not refuses(policy, "127.0.0.1", 5433)
    assert not refuses(policy, "8.8.8.8", 5432)
    own = socket.gethostbyname(socket.gethostname())
    assert refuses(policy, own, 5432)
