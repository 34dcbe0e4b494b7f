"""Addresses: whether a caller's is among the networks that a token may be used from."""

import ipaddress
from collections.abc import Iterable

from baselayer.app.schemas.networks import network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def address_of(text: str | None) -> Address | None:
    """Return the address of a peer, of IPv4 where it is one in IPv6's clothes; None if none."""
    try:
        found = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def is_from(address: str | None, networks: Iterable[str]) -> bool:
    """Tell whether `address` lies in one of `networks`; an unknown one lies in none."""
    found = address_of(address)
    return found is not None and any(found in ipaddress.ip_network(it) for it in networks)


def is_within(wanted: str, networks: Iterable[str]) -> bool:
    """Tell whether all of network `wanted` lies in one of `networks`."""
    inner = ipaddress.ip_network(network(wanted))
    return any(_holds(ipaddress.ip_network(outer), inner) for outer in networks)


def _holds(
    outer: ipaddress.IPv4Network | ipaddress.IPv6Network,
    inner: ipaddress.IPv4Network | ipaddress.IPv6Network,
) -> bool:
    if isinstance(outer, ipaddress.IPv4Network) and isinstance(inner, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, ipaddress.IPv6Network) and isinstance(inner, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False
