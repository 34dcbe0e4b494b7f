"""The egress policy: whether one address and port may be dialled."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass

from baselayer.app.egress.addresses import (
    LOOPBACK,
    NEVER,
    PRIVATE,
    Address,
    embedded,
    parse,
    readings,
    within,
)
from baselayer.app.errors import AddressNotAllowedError

_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, never bound


@dataclass(frozen=True)
class EgressPolicy:
    """What the settings allow; cloud metadata and link-local addresses are refused always.

    `refused` holds our own listeners and the metadata database as (address, port). A listener on
    0.0.0.0 or :: is refused at every address of this machine.
    """

    allow_loopback: bool = False
    allow_private: bool = False
    refused: frozenset[tuple[str, int]] = frozenset()

    def check(self, ip: str, port: int) -> None:
        """Raise AddressNotAllowedError unless `ip` may be dialled at `port`."""
        if not 1 <= port <= 65_535:
            raise AddressNotAllowedError(f"{port} is not a port: it must be from 1 to 65535.")
        try:
            address = parse(ip)
        except ValueError:
            raise AddressNotAllowedError(f"{ip!r} is not an address.") from None
        for candidate in [address, *embedded(address)]:
            self._check_networks(candidate, ip)
            self._check_own(candidate, port)

    def check_beyond(self, host: str, port: int) -> None:
        """Raise AddressNotAllowedError when another machine must not be asked to dial `host`.

        A proxy or an SSH server resolves names itself, and private networks are what it is for;
        but an address that is never allowed, in any spelling, is not told to anybody.
        """
        if not 1 <= port <= 65_535:
            raise AddressNotAllowedError(f"{port} is not a port: it must be from 1 to 65535.")
        try:
            addresses = readings(host)
        except ValueError:
            raise AddressNotAllowedError(f"{host!r} is neither an address nor a name.") from None
        for address in addresses:
            for candidate in [address, *embedded(address)]:
                _refuse_never(candidate, host)
                self._check_own(candidate, port)

    def _check_networks(self, address: Address, named: str) -> None:
        _refuse_never(address, named)
        if within(address, LOOPBACK):
            if not self.allow_loopback:
                raise AddressNotAllowedError(
                    f"{named} is this machine itself; egress.allow_loopback would allow it."
                )
        elif within(address, PRIVATE) and not self.allow_private:
            raise AddressNotAllowedError(
                f"{named} is in a private or special network; egress.allow_private would allow it."
            )

    def _check_own(self, address: Address, port: int) -> None:
        own = [ip for ip, refused_port in self.refused if refused_port == port]
        if _same(own, address) or (_everywhere(own) and _is_here(address)):
            raise AddressNotAllowedError(
                f"Port {port} of this address is baselayer's own: it is never a target."
            )


def _refuse_never(address: Address, named: str) -> None:
    if within(address, NEVER):
        raise AddressNotAllowedError(
            f"{named} is an address that is never allowed: link-local, multicast, reserved or "
            "a cloud metadata service."
        )


def _same(own: Iterable[str], address: Address) -> bool:
    return any(parse(ip) == address for ip in own)


def _everywhere(own: Iterable[str]) -> bool:
    return any(ip in _ANYWHERE for ip in own)


def _is_here(address: Address) -> bool:
    """Tell whether `address` is one of this machine's: only those can be bound."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
