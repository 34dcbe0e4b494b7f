"""Connections, as they are sent and shown; a secret is sent and never shown."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from baselayer.app.schemas.base import BigCount, Changes, Count, Dto
from baselayer.app.schemas.base import Key as RecordKey
from baselayer.app.schemas.connection_fields import (
    Annotations,
    Authentication,
    ConnectSeconds,
    Description,
    Engine,
    Functions,
    Host,
    HostKeyPolicy,
    Jumps,
    Key,
    KnownHosts,
    Name,
    Overflow,
    Pem,
    Plain,
    PoolSize,
    Port,
    ProxyProtocol,
    Seconds,
    Secret,
    SshJump,
    Tags,
    TlsMode,
    Version,
)


class ConnectionCreate(Dto):
    """A new connection to a SQL database; saving it does not dial."""

    name: Name
    description: Description = ""
    version: Version = "1.0.0"
    """Its own semantic version, for its owner's use."""
    tags: Tags = []
    annotations: Annotations = []
    """Further facts, as objects of keys and plain values."""
    engine: Engine
    authentication_method: Authentication | None = None
    """Null is tcpip_ssh with an SSH host, none for a file, else tcpip."""
    host: Host | None = None
    """The server's name or address; a database that is a file has none."""
    port: Port | None = None
    """Null is the engine's usual one."""
    database: Plain
    """Its name on the server, or its path below one of the server's `files.roots`."""
    username: Plain | None = None
    password: Secret | None = None
    """Write-only: it is sealed, and nobody reads it back."""
    tls_mode: TlsMode = "verify-full"
    """How the server must prove itself: verify-full checks its certificate and its name."""
    tls_ca: Pem | None = None
    """Certificates of the authorities that may vouch for the server; null trusts the system's."""
    tls_certificate: Pem | None = None
    tls_key: Key | None = None
    """Write-only, as the password."""
    proxy_protocol: ProxyProtocol | None = None
    proxy_host: Host | None = None
    """The first stop on the way; it needs protocol and port."""
    proxy_port: Port | None = None
    proxy_username: Plain | None = None
    proxy_password: Secret | None = None
    """Write-only, as the password."""
    ssh_host: Host | None = None
    """The SSH host from which the database is dialled; it needs a user name."""
    ssh_port: Port = 22
    ssh_username: Plain | None = None
    ssh_password: Secret | None = None
    """Write-only, as the password."""
    ssh_private_key: Key | None = None
    """Write-only: a private key as OpenSSH or PEM writes it."""
    ssh_key_passphrase: Secret | None = None
    """Write-only, as the password."""
    ssh_known_hosts: KnownHosts | None = None
    """Lines of a known_hosts file: the keys by which the SSH hosts prove themselves."""
    ssh_host_key_policy: HostKeyPolicy = "strict"
    """With tofu, a key that is not known yet can be enrolled."""
    ssh_jumps: Jumps = []
    """SSH hosts on the way to `ssh_host`, nearest first."""
    pool_size: PoolSize = 5
    max_overflow: Overflow = 10
    """How many more logins than `pool_size` may be open at once."""
    options: dict[str, str] = {}
    """Settings that the driver offers."""
    read_only: bool = True
    timeout_seconds: Seconds = 60.0
    connect_timeout_seconds: ConnectSeconds = 10.0
    limit_rows: Count | None = None
    """The most rows that a run stores; null is the server's setting."""
    limit_bytes: BigCount | None = None
    allowed_functions: Functions = []
    """Functions of this database that are known to be free of side effects."""


class ConnectionUpdate(Changes):
    """What to change; a secret that would now go elsewhere is cleared unless sent with it."""

    nullable: ClassVar[frozenset[str]] = frozenset(
        {
            *("username", "password", "tls_ca", "tls_certificate", "tls_key"),
            *("proxy_protocol", "proxy_host", "proxy_port", "proxy_username", "proxy_password"),
            *("ssh_host", "ssh_username", "ssh_password", "ssh_private_key", "ssh_key_passphrase"),
            *("ssh_known_hosts", "limit_rows", "limit_bytes"),
        }
    )

    name: Name | None = None
    description: Description | None = None
    version: Version | None = None
    tags: Tags | None = None
    annotations: Annotations | None = None
    authentication_method: Authentication | None = None
    host: Host | None = None
    port: Port | None = None
    database: Plain | None = None
    username: Plain | None = None
    password: Secret | None = None
    """Write-only; null clears the stored one."""
    tls_mode: TlsMode | None = None
    tls_ca: Pem | None = None
    tls_certificate: Pem | None = None
    tls_key: Key | None = None
    proxy_protocol: ProxyProtocol | None = None
    proxy_host: Host | None = None
    proxy_port: Port | None = None
    proxy_username: Plain | None = None
    proxy_password: Secret | None = None
    ssh_host: Host | None = None
    ssh_port: Port | None = None
    ssh_username: Plain | None = None
    ssh_password: Secret | None = None
    ssh_private_key: Key | None = None
    ssh_key_passphrase: Secret | None = None
    ssh_known_hosts: KnownHosts | None = None
    ssh_host_key_policy: HostKeyPolicy | None = None
    ssh_jumps: Jumps | None = None
    pool_size: PoolSize | None = None
    max_overflow: Overflow | None = None
    options: dict[str, str] | None = None
    read_only: bool | None = None
    timeout_seconds: Seconds | None = None
    connect_timeout_seconds: ConnectSeconds | None = None
    limit_rows: Count | None = None
    limit_bytes: BigCount | None = None
    allowed_functions: Functions | None = None


class ConnectionClone(Dto):
    """A copy of a connection for oneself, without its secrets."""

    name: Name | None = None
    """Null is "<name> (clone)", or "(clone 2)" and so on where that is taken."""


class ConnectionRead(BaseModel):
    """A connection as its readers see it: where it leads, never with what."""

    id: UUID
    record_locator: str
    """Its kind and id in one word, as people paste it; it hides nothing."""
    kind: str
    name: str
    description: str
    version: str
    tags: list[str]
    annotations: list[dict[str, Any]]
    owner_id: int
    connection_string: str
    """Engine, user and place in one line, for people: the password is ******."""
    engine: str
    authentication_method: str
    host: str
    port: int
    database: str
    username: str | None
    has_password: bool
    tls_mode: str
    tls_ca: str | None
    tls_certificate: str | None
    has_tls_key: bool
    proxy_protocol: str | None
    proxy_host: str | None
    proxy_port: int | None
    proxy_username: str | None
    has_proxy_password: bool
    ssh_host: str | None
    ssh_port: int
    ssh_username: str | None
    has_ssh_password: bool
    has_ssh_private_key: bool
    has_ssh_key_passphrase: bool
    ssh_known_hosts: str | None
    ssh_host_key_policy: str
    ssh_jumps: list[SshJump]
    pool_size: int
    max_overflow: int
    options: dict[str, str]
    read_only: bool
    timeout_seconds: float
    connect_timeout_seconds: float
    limit_rows: int | None
    limit_bytes: int | None
    allowed_functions: list[str]
    created_at: datetime
    modified: datetime
    can: list[str] = []
    """What the caller may do with it: `run`, `update`, `delete`, `share`."""


class Share(Dto):
    """A group, and what its members may do."""

    group_id: RecordKey
    can_run: bool = False
    can_update: bool = False


class Shares(Dto):
    """With whom a record is shared, in full: who is not named loses it."""

    groups: list[Share] = Field(max_length=1000)


class Step(BaseModel):
    """One step on the way to the database, and how it went."""

    name: str
    ok: bool
    seconds: float
    code: str | None = None
    message: str | None = None


class Diagnosis(BaseModel):
    """The way to the database, step by step, up to the first that failed."""

    ok: bool
    steps: list[Step]
