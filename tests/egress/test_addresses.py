"""Addresses are read as what they lead to, whatever they are dressed as."""

from ipaddress import ip_address

import pytest

from baselayer.app.egress.addresses import (
    LOOPBACK,
    NEVER,
    PRIVATE,
    embedded,
    parse,
    readings,
    within,
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("::ffff:7f00:1", "127.0.0.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("8.8.8.8", "8.8.8.8"),
        ("2606:4700::1111", "2606:4700::1111"),
    ],
)
def test_address_is_unmapped(text: str, meant: str) -> None:
    assert str(parse(text)) == meant


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("64:ff9b::a9fe:a9fe", ["169.254.169.254"]),
        ("2002:7f00:1::", ["127.0.0.1"]),
        ("::7f00:1", ["127.0.0.1"]),
        ("::1", []),
        ("::", []),
        ("8.8.8.8", []),
        ("2606:4700::1111", []),
    ],
)
def test_ipv4_inside_ipv6_is_found(text: str, inside: list[str]) -> None:
    assert [str(found) for found in embedded(parse(text))] == inside


def test_local_nat64_prefix_is_read_in_both_places() -> None:
    found = [str(address) for address in embedded(parse("64:ff9b:1:a9fe:a9:fe00:7f00:1"))]
    assert found == ["127.0.0.1", "169.254.169.254"]


def test_teredo_leads_to_server_and_client() -> None:
    # RFC 4380 section 4: the client's address is stored inverted in the last 32 bits.
    found = [str(address) for address in embedded(parse("2001:0:4136:e378:8000:63bf:80ff:fffe"))]
    assert found == ["65.54.227.120", "127.0.0.1"]


def test_networks_of_other_versions_do_not_match() -> None:
    assert not within(ip_address("::1"), LOOPBACK[:1])
    assert within(ip_address("::1"), LOOPBACK)
    assert within(ip_address("169.254.169.254"), NEVER)
    assert within(ip_address("10.1.2.3"), PRIVATE)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", ["127.0.0.1"]),
        ("127.0.0.1.", ["127.0.0.1"]),
        ("2130706433", ["127.0.0.1"]),
        ("0x7f.1", ["127.0.0.1"]),
        ("0177.0.0.1", ["127.0.0.1", "177.0.0.1"]),
        ("0169.0254.0169.0254", ["169.254.169.254"]),
        ("::ffff:7f00:1", ["127.0.0.1"]),
        ("64:ff9b::a9fe:a9fe", ["64:ff9b::a9fe:a9fe"]),
        ("localhost", []),
        ("db.example", []),
        ("10.0.0.1.nip.example", []),
        ("1a", []),
    ],
)
def test_every_reading_of_a_host_is_found(host: str, expected: list[str]) -> None:
    found = {str(address) for address in readings(host)}
    assert found == set(expected)


@pytest.mark.parametrize(
    "host", ["4294967296", "1.2.3.4.5", "256.0.0.1", "db.1", "1.2.3.0x", "::g"]
)
def test_number_that_is_no_address_is_nothing(host: str) -> None:
    with pytest.raises(ValueError, match=host):
        readings(host)
