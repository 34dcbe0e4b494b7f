"""Credentials of a connection: sealed for the record, and for where each was entered for."""

from collections.abc import Callable

from baselayer.app.connections.drivers.base import (
    Hop,
    proxy_secret_context,
    route_context,
    secret_context,
    ssh_secret_context,
)
from baselayer.app.connections.drivers.ldap import LDAP
from baselayer.app.connections.models import SLOTS, SqlConnection
from baselayer.app.sealing.binding import Binding
from baselayer.app.sealing.ring import KeyRing

SEALED_COLUMNS = {slot: f"sealed_{slot}" for slot in SLOTS}


def password_binding(connection: SqlConnection) -> Binding:
    """Return what the stored password of `connection` may be opened for."""
    return binding_of(connection, "password")


def tls_key_binding(connection: SqlConnection) -> Binding:
    """Return what the stored private key of `connection` may be opened for."""
    return binding_of(connection, "tls_key")


def binding_of(connection: SqlConnection, slot: str) -> Binding:
    """Return what the secret that is stored in a slot may be opened for."""
    context = CONTEXTS[slot](connection)
    return Binding("sql_connections", SEALED_COLUMNS[slot], str(connection.id), context)


def seal_secrets(connection: SqlConnection, ring: KeyRing, **entered: str | None) -> None:
    """Store the secrets that were entered, by slot, sealed; None clears one.

    Call it after every other change to the record: the seal names where it may be sent.
    """
    for slot, value in entered.items():
        sealed = None if value is None else ring.seal(value, binding_of(connection, slot))
        setattr(connection, SEALED_COLUMNS[slot], sealed)


def route_of(connection: SqlConnection) -> str:
    """Return the proxy and the SSH hosts on the way to the database, in one word."""
    proxy = None
    if connection.proxy_host is not None:
        proxy = _hop(connection.proxy_protocol, connection.proxy_host, connection.proxy_port)
    hops = []
    if connection.ssh_host is not None:
        jumps = [_hop("ssh", jump["host"], jump["port"]) for jump in connection.ssh_jumps or ()]
        hops = [*jumps, _hop("ssh", connection.ssh_host, connection.ssh_port)]
    return route_context(proxy, hops)


def _hop(kind: str | None, host: str, port: int | None) -> Hop:
    return str(kind), host, int(port or 0)


def _database_context(connection: SqlConnection) -> str:
    return secret_context(
        connection.engine,
        connection.host,
        connection.port,
        connection.tls_mode,
        tls_ca=connection.tls_ca,
        is_clear=connection.authentication_method == LDAP,
        route=route_of(connection),
    )


def _proxy_context(connection: SqlConnection) -> str:
    protocol, host, port = _hop(
        connection.proxy_protocol, connection.proxy_host or "", connection.proxy_port
    )
    return proxy_secret_context(protocol, host, port, connection.proxy_username)


def _ssh_context(connection: SqlConnection) -> str:
    return ssh_secret_context(
        connection.ssh_host or "", connection.ssh_port, connection.ssh_username or ""
    )


CONTEXTS: dict[str, Callable[[SqlConnection], str]] = {
    "password": _database_context,
    "tls_key": _database_context,
    "proxy_password": _proxy_context,
    "ssh_password": _ssh_context,
    "ssh_private_key": _ssh_context,
    "ssh_key_passphrase": _ssh_context,
}
