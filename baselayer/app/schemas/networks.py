"""Networks: where a request may come from, as `192.0.2.0/24` or a single address."""

import ipaddress
from typing import Annotated

from pydantic import AfterValidator


def network(text: str) -> str:
    """Return a network in its one spelling; ValueError when it is none.

    An IPv4 address that is written as one of IPv6 (RFC 4291, 2.5.5.2) is that of IPv4.
    """
    try:
        found = ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(
            "write an address, or a network as 192.0.2.0/24 with nothing set behind its length"
        ) from None
    if isinstance(found, ipaddress.IPv6Network) and found.prefixlen >= 96:
        mapped = found.network_address.ipv4_mapped
        if mapped is not None:
            return str(ipaddress.ip_network((mapped, found.prefixlen - 96)))
    return str(found)


Network = Annotated[str, AfterValidator(network)]
