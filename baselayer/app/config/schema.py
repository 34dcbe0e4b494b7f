"""Every setting: its name with its unit, its default, and one sentence about it.

`config.yaml.defaults` and docs/reference/settings.md are written from here by `make docs`.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from baselayer.app.config.cron import CronSettings
from baselayer.app.config.login import LoginSettings
from baselayer.app.config.lookups import LookupSettings
from baselayer.app.config.section import Section

DATABASE_SCHEMES = ("postgresql://", "postgresql+psycopg://")

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


def _database_url(url: str) -> str:
    if not url.startswith(DATABASE_SCHEMES):
        raise ValueError(f"must begin with {' or '.join(DATABASE_SCHEMES)}")
    return url


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")) or url.endswith("/"):
        raise ValueError("must begin with http:// or https:// and not end in a slash")
    return url


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
WebAddress = Annotated[str, AfterValidator(_web_address)]


class AppSettings(Section):
    """What this installation is called."""

    title: str = Field("baselayer", description="The name that pages and messages show.")


class ServerSettings(Section):
    """Where baselayer listens, and what it takes from a caller."""

    host: str = Field(
        "127.0.0.1", min_length=1, description="The address to listen on; 0.0.0.0 is every one."
    )
    port: int = Field(
        5000, ge=0, le=65_535, description="The TCP port to listen on; 0 takes one that is free."
    )
    address: WebAddress | None = Field(
        None,
        description="The address by which others reach this server, for links in messages; null "
        "makes it from host and port.",
    )
    max_body_bytes: int = Field(
        10 * MIB, ge=KIB, description="The largest body of a request that is read (10 MiB)."
    )
    idle_connection_timeout_seconds: float = Field(
        20, gt=0, description="How long an idle connection is kept open."
    )
    body_timeout_seconds: float = Field(
        30, gt=0, description="How long the body of one request may take to arrive."
    )


class DatabaseSettings(Section):
    """Where baselayer keeps its own records: a PostgreSQL, embedded unless one is named."""

    url: DatabaseUrl | None = Field(
        None,
        repr=False,
        description="The metadata database, as the role that serves requests; null starts an "
        "embedded PostgreSQL in the data directory.",
    )
    owner_url: DatabaseUrl | None = Field(
        None,
        repr=False,
        description="The same database as the role that owns the tables, for migrations only; "
        "null uses url for both.",
    )
    app_role: str = Field(
        "baselayer_app",
        min_length=1,
        description="The role that serves requests: migrations grant it what it needs, and it "
        "owns nothing.",
    )
    pool_size: int = Field(5, ge=1, description="How many connections each process keeps open.")
    max_overflow: int = Field(
        10, ge=0, description="How many more connections each process may open under load."
    )
    pool_recycle_seconds: int = Field(
        3600, ge=1, description="The age at which a connection is replaced by a new one."
    )


class EgressSettings(Section):
    """Which addresses stored connections may reach; the defaults suit one's own machine."""

    allow_loopback: bool = Field(
        True, description="Whether connections may reach this machine itself; said at start."
    )
    allow_private: bool = Field(
        True, description="Whether connections may reach private networks; said at start."
    )


class SecuritySettings(Section):
    """How access controls act."""

    strict: bool = Field(
        True,
        description="Whether a session refuses what its user may not do; false only warns, and "
        "is for moving an old application here.",
    )


class LogSettings(Section):
    """What is logged."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The least severe messages that are written to standard error."
    )


class RunSettings(Section):
    """Bounds of a run, unless its connection or its caller asks for less."""

    limit_rows: int = Field(
        1_000_000, ge=1, description="The most rows that a run keeps; more are cut off and said so."
    )
    limit_bytes: int = Field(
        GIB, ge=KIB, description="The most bytes that a run's result may take (1 GiB)."
    )
    limit_cell_bytes: int = Field(
        16 * MIB, ge=KIB, description="The most bytes that one value may take (16 MiB)."
    )
    timeout_seconds: float = Field(
        60, gt=0, description="How long a statement may run before it is cancelled."
    )
    heartbeat_seconds: float = Field(
        5, gt=0, description="How often an executor says that its runs are alive."
    )
    lease_seconds: float = Field(
        20, gt=0, description="How long after its last heartbeat a run is taken for lost."
    )
    concurrent_runs: int = Field(
        8, ge=1, description="How many runs one executor works on at the same time."
    )


class FileSettings(Section):
    """Databases that are files on the server's own disk: SQLite and DuckDB."""

    roots: list[str] = Field(
        [],
        description="The directories below which connections may name such files; none unless "
        "named, and never one that holds baselayer's own data.",
    )


class TokenSettings(Section):
    """How long a token lives, and how many that are none may be tried."""

    lifetime_days: int = Field(
        90, ge=1, description="How long a new token is good for when its maker says nothing."
    )
    max_lifetime_days: int = Field(
        365, ge=1, description="The longest lifetime that the maker of a token may choose."
    )
    address_attempts: int = Field(
        30,
        ge=1,
        description="How many tokens a minute may fail from one address; of IPv6, one /64. Each "
        "process counts for itself.",
    )


class Settings(Section):
    """All settings, by section."""

    app: AppSettings = AppSettings()
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    egress: EgressSettings = EgressSettings()
    security: SecuritySettings = SecuritySettings()
    log: LogSettings = LogSettings()
    runs: RunSettings = RunSettings()
    files: FileSettings = FileSettings()
    login: LoginSettings = LoginSettings()
    lookups: LookupSettings = LookupSettings()
    tokens: TokenSettings = TokenSettings()
    cron: CronSettings = CronSettings()
