"""Targets: a stored connection as the executor is told of it, its secrets still sealed."""

from collections.abc import Mapping
from typing import Any

from baselayer.app.connections.credentials import SEALED_COLUMNS, binding_of
from baselayer.app.connections.models import SqlConnection
from baselayer.app.queries.executor.protocol import ProxyFrame, Sealed, SshHopFrame, TargetFrame


def target_of(connection: SqlConnection, *, read_only: bool) -> TargetFrame:
    """Return where `connection` leads; the executor alone opens its secrets, when it dials."""
    return TargetFrame(
        engine=connection.engine,
        host=connection.host,
        port=connection.port,
        database=connection.database,
        username=connection.username or "",
        sealed_password=_sealed(connection, "password"),
        tls_mode=connection.tls_mode,
        tls_ca=connection.tls_ca,
        tls_certificate=connection.tls_certificate,
        sealed_tls_key=_sealed(connection, "tls_key"),
        options=connection.options,
        read_only=read_only,
        timeout_seconds=connection.timeout_seconds,
        connect_timeout_seconds=connection.connect_timeout_seconds,
        authentication_method=connection.authentication_method or "tcpip",
        proxy=_proxy(connection),
        ssh=_hops(connection),
        record=f"{connection.id} {connection.modified}",
    )


def _proxy(connection: SqlConnection) -> ProxyFrame | None:
    if connection.proxy_host is None:
        return None
    return ProxyFrame(
        protocol=str(connection.proxy_protocol),
        host=connection.proxy_host,
        port=int(connection.proxy_port or 0),
        username=connection.proxy_username,
        sealed_password=_sealed(connection, "proxy_password"),
    )


def _hops(connection: SqlConnection) -> list[SshHopFrame]:
    """Return the SSH hosts on the way, the jumps first; none without an SSH host."""
    if connection.ssh_host is None:
        return []
    last = SshHopFrame(
        host=connection.ssh_host,
        port=connection.ssh_port,
        username=connection.ssh_username or "",
        known_hosts=connection.ssh_known_hosts or "",
        sealed_password=_sealed(connection, "ssh_password"),
        sealed_private_key=_sealed(connection, "ssh_private_key"),
        sealed_passphrase=_sealed(connection, "ssh_key_passphrase"),
    )
    return [*(_jump(connection, jump) for jump in connection.ssh_jumps or ()), last]


def _jump(connection: SqlConnection, jump: Mapping[str, Any]) -> SshHopFrame:
    return SshHopFrame(
        host=jump["host"],
        port=jump["port"],
        username=jump["username"],
        known_hosts=jump.get("known_hosts") or connection.ssh_known_hosts or "",
    )


def _sealed(connection: SqlConnection, slot: str) -> Sealed | None:
    value: str | None = getattr(connection, SEALED_COLUMNS[slot])
    if value is None:
        return None
    binding = binding_of(connection, slot)
    return Sealed(value=value, table=binding.table, column=binding.column, row=binding.row)
