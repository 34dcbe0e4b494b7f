"""Destinations: who would be sent each secret of a connection, as its fields say.

Decision 14 has the table. When a destination changes, what was entered for the old one is cleared.
"""

from collections.abc import Mapping
from typing import Any

from baselayer.app.connections.drivers.base import PROVEN
from baselayer.app.connections.drivers.ldap import LDAP

STRICT = "strict"

# Every field that a destination is made of.
LEADING = (
    *("engine", "host", "port", "tls_mode", "tls_ca", "authentication_method"),
    *("proxy_protocol", "proxy_host", "proxy_port", "proxy_username"),
    *("ssh_host", "ssh_port", "ssh_username", "ssh_known_hosts", "ssh_host_key_policy"),
    "ssh_jumps",
)

Destination = tuple[Any, ...]


def destinations(fields: Mapping[str, Any]) -> dict[str, Destination]:
    """Return the destination of each slot; two that are equal lead to the same."""
    database, ssh = _database(fields), _ssh(fields)
    return {
        "password": database,
        "tls_key": database,
        "proxy_password": (*_proxy(fields), fields["proxy_username"]),
        "ssh_password": ssh,
        "ssh_private_key": ssh,
        "ssh_key_passphrase": ssh,
    }


def _database(fields: Mapping[str, Any]) -> Destination:
    names = ("engine", "host", "port", "tls_mode", "tls_ca")
    server = tuple(fields[name] for name in names)
    # Whoever is there reads the password as it is, which a login by challenge never shows him.
    server = (*server, fields["authentication_method"] == LDAP)
    is_proven = fields["tls_mode"] == PROVEN
    return server if is_proven else (*server, _proxy(fields), _tunnel(fields))


def _ssh(fields: Mapping[str, Any]) -> Destination:
    host = (*_tunnel(fields), fields["ssh_username"])
    is_proven = fields["ssh_host_key_policy"] == STRICT and fields["ssh_known_hosts"]
    return host if is_proven else (*host, _proxy(fields))


def _proxy(fields: Mapping[str, Any]) -> Destination:
    return tuple(fields[name] for name in ("proxy_protocol", "proxy_host", "proxy_port"))


def _tunnel(fields: Mapping[str, Any]) -> Destination:
    names = ("ssh_host", "ssh_port", "ssh_known_hosts", "ssh_host_key_policy")
    return (*(fields[name] for name in names), _jumps(fields["ssh_jumps"]))


def _jumps(jumps: Any) -> Any:
    """Return where the jumps lead; with which Secret one is logged in there leads nowhere else."""
    if not isinstance(jumps, list):
        return jumps
    names = ("host", "port", "username", "known_hosts")
    return [[jump.get(name) for name in names] for jump in jumps]
