"""What the web process and the executor say to each other.

A frame is four bytes of length (big-endian) and that many bytes of msgpack. One connection is one
job: the client sends the job, then reads events until one of `Finished`, `Failed` and `End`. It
may send `Cancel` at any time; closing the connection cancels too.
"""

import asyncio
from typing import Any, ClassVar

import msgspec

from baselayer.app.connections.drivers.base import (
    Target,
    proxy_secret_context,
    route_context,
    secret_context,
    ssh_secret_context,
)
from baselayer.app.connections.drivers.ldap import LDAP
from baselayer.app.connections.tunnels.hop import SshHop
from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.egress.proxies import Proxy
from baselayer.app.errors import BaselayerError, InternalError
from baselayer.app.sealing.binding import Binding
from baselayer.app.sealing.ring import KeyRing

MAX_FRAME_BYTES = 16_777_216
LENGTH_BYTES = 4


class Frame(msgspec.Struct, tag=True, frozen=True, forbid_unknown_fields=True):
    """Anything that is sent; `type` in the message is the name of the class."""


# --- Jobs: client to executor --------------------------------------------------------------------


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sealed secret and the record that it was sealed for.

    The rest of its binding, engine, host, port and TLS mode, is taken from the target itself, so
    that it opens for no other.
    """

    value: str
    table: str
    column: str
    row: str

    def open(self, ring: KeyRing, context: str) -> str:
        """Return the secret; SealError when it was sealed for something else."""
        return ring.open(self.value, Binding(self.table, self.column, self.row, context))


class ProxyFrame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `Proxy` whose password is sealed still, for this proxy and no other."""

    protocol: str
    host: str
    port: int
    username: str | None = None
    sealed_password: Sealed | None = None
    tls_ca: str | None = None

    def open(self, ring: KeyRing) -> Proxy:
        """Return the proxy with its password, for dialling now and keeping nowhere."""
        context = proxy_secret_context(self.protocol, self.host, self.port, self.username)
        return Proxy(
            protocol=self.protocol,
            host=self.host,
            port=self.port,
            username=self.username,
            password=_opened(self.sealed_password, ring, context),
            tls_ca=self.tls_ca,
        )


class SshHopFrame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An SSH server on the way; its secrets are sealed for this server and user name."""

    host: str
    port: int
    username: str
    sealed_password: Sealed | None = None
    sealed_private_key: Sealed | None = None
    sealed_passphrase: Sealed | None = None
    known_hosts: str = ""

    def open(self, ring: KeyRing) -> SshHop:
        """Return the server with its secrets, for dialling now."""
        context = ssh_secret_context(self.host, self.port, self.username)
        return SshHop(
            host=self.host,
            port=self.port,
            username=self.username,
            password=_opened(self.sealed_password, ring, context),
            private_key=_opened(self.sealed_private_key, ring, context),
            passphrase=_opened(self.sealed_passphrase, ring, context),
            known_hosts=self.known_hosts,
        )


class TargetFrame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `Target` whose secrets are sealed still, and the way to it.

    The way goes through the proxy, if any, then over the `ssh` servers in their order. `record`
    names the connection and its version: what is kept open is shared within one record only.
    """

    engine: str
    host: str
    port: int
    database: str
    username: str
    sealed_password: Sealed | None = None
    tls_mode: str = "verify-full"
    tls_ca: str | None = None
    tls_certificate: str | None = None
    sealed_tls_key: Sealed | None = None
    options: dict[str, str] = {}
    read_only: bool = True
    timeout_seconds: float = 60.0
    connect_timeout_seconds: float = 10.0
    authentication_method: str = "tcpip"
    proxy: ProxyFrame | None = None
    ssh: list[SshHopFrame] = []
    record: str = ""

    def open(self, ring: KeyRing, *, limit_cell_bytes: int = 1_048_576) -> Target:
        """Return the target with its secrets, for dialling now and keeping nowhere."""
        context = self.context()
        return Target(
            engine=self.engine,
            host=self.host,
            port=self.port,
            database=self.database,
            username=self.username,
            password=_opened(self.sealed_password, ring, context),
            tls_mode=self.tls_mode,
            tls_ca=self.tls_ca,
            tls_certificate=self.tls_certificate,
            tls_key=_opened(self.sealed_tls_key, ring, context),
            options=self.options,
            read_only=self.read_only,
            timeout_seconds=self.timeout_seconds,
            connect_timeout_seconds=self.connect_timeout_seconds,
            limit_cell_bytes=limit_cell_bytes,
            authentication_method=self.authentication_method,
        )

    def context(self) -> str:
        """Return what the secrets of the target are bound to, beside their record."""
        first = self.proxy
        proxy = None if first is None else (first.protocol, first.host, first.port)
        route = route_context(proxy, (("ssh", hop.host, hop.port) for hop in self.ssh))
        return secret_context(
            self.engine,
            self.host,
            self.port,
            self.tls_mode,
            tls_ca=self.tls_ca,
            is_clear=self.authentication_method == LDAP,
            route=route,
        )


def _opened(secret: Sealed | None, ring: KeyRing, context: str) -> str | None:
    return None if secret is None else secret.open(ring, context)


class Egress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An `EgressPolicy`, as a message."""

    allow_loopback: bool = False
    allow_private: bool = False
    refused: list[tuple[str, int]] = []

    def policy(self) -> EgressPolicy:
        """Return the policy."""
        return EgressPolicy(
            allow_loopback=self.allow_loopback,
            allow_private=self.allow_private,
            refused=frozenset(self.refused),
        )


class RunJob(Frame, frozen=True):
    """Run one statement and store its rows under `file_name`."""

    run_id: str
    target: TargetFrame
    egress: Egress
    sql: str
    file_name: str
    limit_rows: int = 100_000
    limit_bytes: int = 1_073_741_824
    limit_cell_bytes: int = 1_048_576


class ExportJob(Frame, frozen=True):
    """Turn the stored result `file_name` into `format`, sent as `Chunk`s."""

    file_name: str
    format: str


class TestJob(Frame, frozen=True):
    """Try a target step by step: resolve, login, `select 1`."""

    __test__: ClassVar[bool] = False  # its name is no promise to pytest

    target: TargetFrame
    egress: Egress


class Cancel(Frame, frozen=True):
    """Stop the job of this connection, also when it has not begun."""


# --- Events: executor to client ------------------------------------------------------------------


class Started(Frame, frozen=True):
    """The executor is logged in; `backend_pid` is the server's number of the session."""

    backend_pid: int | None


class ResultColumn(msgspec.Struct, frozen=True):
    """A column of the result."""

    name: str
    type: str
    source_type: str


class Columns(Frame, frozen=True):
    """What the rows will look like."""

    columns: list[ResultColumn]


class Batch(Frame, frozen=True):
    """Rows were stored: where in the file, and how many."""

    offset: int
    length: int
    rows: int


class Finished(Frame, frozen=True):
    """The run succeeded and its file is durable.

    `truncated` is None, `rows`, `bytes` or `cells`; `rowcount` is what a writing statement changed.
    """

    rows: int
    bytes: int
    truncated: str | None
    sha256: str
    batch_rows: list[int]
    columns: list[ResultColumn]
    rowcount: int | None
    seconds: float


class Failed(Frame, frozen=True):
    """The job failed with one of our errors; nothing of it is stored."""

    code: str
    message: str
    details: dict[str, Any] = {}

    @classmethod
    def of(cls, error: BaselayerError) -> "Failed":
        """Say `error` in a message."""
        return cls(error.code, error.message, error.details)

    def to_error(self) -> BaselayerError:
        """Return the error that it was."""
        return _error_class(self.code)(self.message, **self.details)


class Step(Frame, frozen=True):
    """One step of a `TestJob`: how long it took, and why it failed if it did."""

    name: str
    seconds: float
    failure: Failed | None = None


class Chunk(Frame, frozen=True):
    """The next bytes of an export."""

    data: bytes


class End(Frame, frozen=True):
    """Everything of a test or an export was sent."""


Job = RunJob | ExportJob | TestJob
Event = Started | Columns | Batch | Finished | Failed | Step | Chunk | End
TERMINAL = (Finished, Failed, End)

_encoder = msgspec.msgpack.Encoder()
_requests: msgspec.msgpack.Decoder[Job | Cancel] = msgspec.msgpack.Decoder(Job | Cancel)
_events: msgspec.msgpack.Decoder[Event] = msgspec.msgpack.Decoder(Event)


def encode(frame: Frame) -> bytes:
    """Return `frame` with its length before it."""
    body = _encoder.encode(frame)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


async def read_request(reader: asyncio.StreamReader) -> Job | Cancel:
    """Return what the client sent next; EOFError when it left, ValueError for nonsense."""
    return _requests.decode(await _read_body(reader))


async def read_event(reader: asyncio.StreamReader) -> Event:
    """Return what the executor sent next; EOFError when it is gone."""
    return _events.decode(await _read_body(reader))


async def _read_body(reader: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
    if length > MAX_FRAME_BYTES:
        raise ValueError(f"a frame of {length} bytes is longer than {MAX_FRAME_BYTES}")
    return await reader.readexactly(length)


def _error_class(code: str) -> type[BaselayerError]:
    waiting: list[type[BaselayerError]] = [BaselayerError]
    while waiting:
        kind = waiting.pop()
        if kind.code == code:
            return kind
        waiting += kind.__subclasses__()
    return InternalError
