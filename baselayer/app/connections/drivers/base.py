"""What a driver is given, what it must offer, and how it hands over rows.

A *kept text* is the database's own text of a value that its Arrow type cannot say (infinity, a
year before Christ, 24:00): the cell is null and the text travels in the batch's metadata.
"""

import hashlib
import json
import threading
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import pyarrow as pa

from baselayer.app.egress.way import Way
from baselayer.app.errors import UnknownOptionError

TLS_MODES = ("disable", "require", "verify-ca", "verify-full")
# Those in which the server proves who it is.
VERIFIED = ("verify-ca", "verify-full")
PROVEN = "verify-full"  # the one mode in which nobody but the server itself can be at the other end

# A kind (`ssh`, or the protocol of a proxy), a host and a port.
Hop = tuple[str, str, int]

KEPT_KEY = b"baselayer.kept"
CUT_KEY = b"baselayer.cut"

if TYPE_CHECKING:
    AnyArray: TypeAlias = pa.Array[Any]
else:
    AnyArray = pa.Array  # generic for the type checker only

Kept = dict[int, dict[int, str]]
Cut = dict[int, dict[int, int]]


@dataclass(frozen=True)
class Target:
    """A database to be dialled: typed fields only, never the text of a URL.

    `timeout_seconds` bounds a statement, `connect_timeout_seconds` everything before it, and
    `limit_cell_bytes` one value of text or bytes: what is longer is cut, and said to be. For an
    engine that is a file, `database` is a path below one of `file_roots`. How the database knows
    who logs in is its `authentication_method`: `ldap_user_pwd` says that it asks a directory.
    """

    engine: str
    host: str
    port: int
    database: str
    username: str
    password: str | None = field(default=None, repr=False)
    tls_mode: str = "verify-full"
    tls_ca: str | None = None
    tls_certificate: str | None = None
    tls_key: str | None = field(default=None, repr=False)
    options: Mapping[str, str] = field(default_factory=dict)
    read_only: bool = True
    timeout_seconds: float = 60.0
    connect_timeout_seconds: float = 10.0
    limit_cell_bytes: int = 1_048_576
    authentication_method: str = "tcpip"
    file_roots: tuple[str, ...] = ()


def secret_context(
    engine: str,
    host: str,
    port: int,
    tls_mode: str,
    *,
    tls_ca: str | None = None,
    is_clear: bool = False,
    route: str = "",
) -> str:
    """Return what a database's secrets are bound to, beside their record.

    Who vouches for the server decides who gets them, and so does the `route` there (see
    `route_context`), unless the server must prove its name. `is_clear` says that it is told the
    password itself, as LDAP needs it.
    """
    context = f"{engine}|{host}|{port}|{tls_mode}"
    if tls_ca:
        context += f"|ca {hashlib.sha256(tls_ca.encode()).hexdigest()}"
    context += "|clear" if is_clear else ""
    return f"{context}|via {route}" if route and tls_mode != PROVEN else context


def route_context(proxy: Hop | None, hops: Iterable[Hop]) -> str:
    """Return the route to a database in one word: its proxy and SSH hosts, nearest first."""
    first = () if proxy is None else (proxy,)
    return ">".join(f"{kind}|{host}|{port}" for kind, host, port in (*first, *hops))


def proxy_secret_context(protocol: str, host: str, port: int, username: str | None) -> str:
    """Return what the password for a proxy is bound to, beside its record."""
    return f"proxy|{protocol}|{host}|{port}|{username or ''}"


def ssh_secret_context(host: str, port: int, username: str) -> str:
    """Return what the secrets for an SSH host are bound to, beside their record."""
    return f"ssh|{host}|{port}|{username}"


@dataclass(frozen=True)
class Column:
    """A column of a result: its Arrow type, and the database's own name for its type."""

    name: str
    type: pa.DataType
    source_type: str

    def to_field(self) -> "pa.Field[Any]":
        """Return it as a field of an Arrow schema, `source_type` in the metadata."""
        return pa.field(self.name, self.type, metadata={"source_type": self.source_type})


class Session(Protocol):
    """One login to a database, good for one statement at a time.

    `cancel` may be called from another thread; everything else belongs to one.
    """

    @property
    def backend_id(self) -> int | None:
        """The server's number of this session, where it has one."""

    @property
    def rowcount(self) -> int | None:
        """How many rows the statement changed; None for one that only reads."""

    def stream(
        self, sql: str, batch_rows: int
    ) -> tuple[list[Column], Generator[pa.RecordBatch, None, None]]:
        """Run one statement; return its columns and an iterator over its rows.

        The first batch is small, so that it comes early; none is longer than `batch_rows`. Close
        the iterator to stop early: the rest is cancelled when the target is read-only, and runs
        to its end, unseen, when it is not. Kept and cut texts are in the batch's schema metadata.
        """

    def cancel(self) -> None:
        """Stop what runs, and whatever would run next; idempotent, from any thread."""

    def commit(self) -> None:
        """Make the statement's changes last (a read-only target has none: it rolls back)."""

    def close(self) -> None:
        """Leave, undoing what was not committed; never raises."""


class Driver(Protocol):
    """An engine: how to reach it, and which options a connection to it may have."""

    @property
    def name(self) -> str:
        """The engine's name in `Target.engine`."""

    @property
    def dialect(self) -> str:
        """Its SQL dialect, by sqlglot's name."""

    @property
    def default_port(self) -> int:
        """The port it listens at unless told otherwise; 0 for an engine that is a file."""

    @property
    def options(self) -> Mapping[str, str]:
        """The allow-list: each option's name with one sentence on what it does."""

    def open(
        self, target: Target, way: Way, *, cancelled: threading.Event | None = None
    ) -> Session:
        """Reach the host by `way` and log in; give up when `cancelled` is set meanwhile."""


def check_options(driver: Driver, options: Mapping[str, str]) -> None:
    """Raise UnknownOptionError unless `driver` offers every one of `options`."""
    unknown = sorted(set(options) - set(driver.options))
    if unknown:
        raise UnknownOptionError(
            f"{driver.name} has no option {unknown[0]!r}; it has: {', '.join(driver.options)}.",
            option=unknown[0],
        )


def attach(batch: pa.RecordBatch, kept: Kept, cut: Cut) -> pa.RecordBatch:
    """Return `batch` with its kept and cut texts in the schema's metadata."""
    metadata = {}
    if kept:
        metadata[KEPT_KEY] = json.dumps(kept, ensure_ascii=False).encode()
    if cut:
        metadata[CUT_KEY] = json.dumps(cut).encode()
    return batch.replace_schema_metadata(metadata) if metadata else batch


def kept_in(metadata: Mapping[bytes, bytes] | None) -> Kept:
    """Read the kept texts out of a batch's metadata: column index -> row index -> text."""
    return _indexed(metadata, KEPT_KEY)


def cut_in(metadata: Mapping[bytes, bytes] | None) -> Cut:
    """Read which cells were cut out of a batch's metadata: column -> row -> size in bytes."""
    return _indexed(metadata, CUT_KEY)


def _indexed(metadata: Mapping[bytes, bytes] | None, key: bytes) -> dict[int, dict[int, Any]]:
    raw = (metadata or {}).get(key)
    if raw is None:
        return {}
    return {
        int(column): {int(row): value for row, value in rows.items()}
        for column, rows in json.loads(raw).items()
    }
