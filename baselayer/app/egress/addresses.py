"""Which addresses exist, and what kind each is: our own table, decided on unmapped addresses.

The standard library's `is_global` and `is_private` are not used: on Python 3.11 they call
64:ff9b::a9fe:a9fe, 2002:7f00:1:: and 168.63.129.16 global.
"""

import re
import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


# No setting opens these: cloud metadata services, link-local, multicast, "this host", reserved.
NEVER = _networks(
    "0.0.0.0/8",
    "169.254.0.0/16",
    "100.100.100.200/32",
    "168.63.129.16/32",
    "192.0.0.192/32",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "fd00:ec2::/32",
)
LOOPBACK = _networks("127.0.0.0/8", "::1/128")
# Private and special-purpose networks (IANA's registries), opened by `allow_private`.
PRIVATE = _networks(
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "198.18.0.0/15",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "192.88.99.0/24",
    "fc00::/7",
    "2001:db8::/32",
    "3fff::/20",
    "2001::/32",
    "2002::/16",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "::/96",
    "100::/64",
    "5f00::/16",
)
_NAT64 = _networks("64:ff9b::/96", "64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")
# WHATWG's URL standard, "ends in a number": such a host is an address to some program, or nothing.
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9a-fA-F]*)")
_DOTTED = re.compile(r"[0-9]+(?:\.[0-9]+){3}")


def within(address: Address, networks: tuple[Network, ...]) -> bool:
    """Tell whether one of `networks` holds `address`."""
    return any(address.version == net.version and address in net for net in networks)


def parse(text: str) -> Address:
    """Read an address, without its zone and, when it is IPv4 in IPv6's clothes, as IPv4."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def readings(host: str) -> list[Address]:
    """Return every address that some program reads in `host`; none when it is a name.

    Dotted, short, decimal, octal and hexadecimal, as inet_aton(3) has them, and zeros in front
    that are only zeros. ValueError for what ends in a number and is no address to anybody.
    """
    text = host.rstrip(".")
    if ":" in text:
        return [parse(text)]
    if not _ENDS_IN_NUMBER.fullmatch(text):
        return []
    found: list[Address] = []
    with suppress(OSError):
        found.append(IPv4Address(socket.inet_aton(text)))
    numbers = [int(part) for part in text.split(".")] if _DOTTED.fullmatch(text) else [256]
    if max(numbers) < 256:
        found.append(IPv4Address(bytes(numbers)))
    if not found:
        raise ValueError(f"{host!r} is neither an address nor a name")
    return found


def embedded(address: Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that a packet to `address` may end at (NAT64, 6to4, Teredo…)."""
    if isinstance(address, IPv4Address):
        return []
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return list(address.teredo)
    if within(address, _NAT64):
        return _nat64(address)
    if address in _COMPATIBLE and int(address) > 1:
        return [IPv4Address(int(address) & 0xFFFF_FFFF)]
    return []


def _nat64(address: IPv6Address) -> list[IPv4Address]:
    """Read the places where RFC 6052 section 2.2 puts the address, for /96 and for /48."""
    value = address.packed
    return [IPv4Address(value[12:16]), IPv4Address(value[6:8] + value[9:11])][
        : 1 if address in _NAT64[0] else 2
    ]
