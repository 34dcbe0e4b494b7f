"""Engines and sessions of the metadata database."""

from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from baselayer.app.controls.accessor import Accessor
from baselayer.app.db.bypassing import Sink
from baselayer.app.db.scoped import DBSession, async_plain_session_factory
from baselayer.app.db.sessions import AsyncVerifiedSession, VerifiedSession

DRIVER = "psycopg"
POOLER_PORT = 6432  # PgBouncer's own


class Database:
    """One metadata database and the sessions on it.

    `url` names a role that owns nothing; its driver, psycopg or psycopg2, serves blocking code, and
    coroutines always use psycopg. Statements wait at most `lock_timeout_seconds` for a lock.
    `on_bypass` puts on record what a session reads without restriction. Engines are made on first
    use and belong to this process; do not fork with them.
    """

    def __init__(
        self,
        url: str | sa.URL,
        *,
        role: str | None = None,
        strict: bool = True,
        on_bypass: Sink | None = None,
        lock_timeout_seconds: float = 10,
        **engine_args: Any,
    ) -> None:
        self.url = sa.make_url(url)
        self._session_args: dict[str, Any] = {"strict": strict, "on_bypass": on_bypass}
        options = [f"-c lock_timeout={int(lock_timeout_seconds * 1000)}", "-c timezone=UTC"]
        # The role is taken as the connection starts, so that no statement runs before it.
        options += [f"-c role={role}"] if role else []
        connect_args = {"options": " ".join(options), "application_name": "baselayer"}
        self._engine_args = {"connect_args": connect_args, "hide_parameters": True} | engine_args

    @cached_property
    def engine(self) -> sa.Engine:
        """Return the engine for blocking code."""
        return sa.create_engine(self.url, **self._engine_args)

    @cached_property
    def async_engine(self) -> AsyncEngine:
        """Return the engine for coroutines."""
        return create_async_engine(_awaited(self.url), **self._engine_args)

    @cached_property
    def reading(self) -> AsyncEngine:
        """Return an engine for coroutines that only read: no BEGIN, no ROLLBACK."""
        options = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
        return create_async_engine(self.url, **(self._engine_args | options))

    def apart(self) -> AsyncEngine:
        """Return an engine for a connection that is kept for long: it takes none of the pool's."""
        names = ("connect_args", "hide_parameters")
        options = {name: self._engine_args[name] for name in names}
        return create_async_engine(self.url, poolclass=sa.NullPool, **options)

    def verified(self, accessor: Accessor) -> VerifiedSession:
        """Open a session that reads and commits only what `accessor` may."""
        return VerifiedSession(accessor, self.engine, expire_on_commit=False, **self._session_args)

    def verified_async(self, accessor: Accessor) -> AsyncVerifiedSession:
        """Open the same for coroutines."""
        return AsyncVerifiedSession(accessor, self.async_engine, **self._session_args)

    def reading_async(self, accessor: Accessor) -> AsyncVerifiedSession:
        """Open a session for coroutines that reads what `accessor` may, and refuses to write.

        It begins no transaction, and so ends none: psycopg forgets every statement that it has
        prepared when one is rolled back, and each session that only reads would end so.
        """
        return AsyncVerifiedSession(accessor, self.reading, **self._session_args)

    def plain(self) -> orm.Session:
        """Open a session that checks nothing: for what the system does itself, not for a caller."""
        return orm.Session(self.engine, expire_on_commit=False)

    def plain_async(self) -> AsyncSession:
        """Open the same for coroutines."""
        return AsyncSession(self.async_engine, expire_on_commit=False)

    async def dispose(self) -> None:
        """Close every connection that this process holds."""
        if "engine" in vars(self):
            self.engine.dispose()
        for name in ("async_engine", "reading"):
            if name in vars(self):
                await getattr(self, name).dispose()


def init_db(
    user: str,
    database: str,
    password: str | None = None,
    host: str | None = None,
    port: int | None = None,
    autoflush: bool = True,
    engine_args: dict[str, Any] | None = None,
    pooler: dict[str, Any] | None = None,
    *,
    driver: str = DRIVER,
) -> sa.Engine:
    """Bind DBSession, as upstream's applications do at start, and return its engine.

    `engine_args` are SQLAlchemy's: pool_size 5, max_overflow 10, pool_recycle 3600 unless given.
    A `pooler` that is `enabled` (PgBouncer at `host`, `port`) keeps the connections instead.
    `driver="psycopg2"` serves blocking code; coroutines always use psycopg.
    """
    place, defaults = resolve_pooler(host, port, pooler)
    url = sa.URL.create(f"postgresql+{driver}", user, password, *place, database)
    given = engine_args or {}
    own = defaults if driver == DRIVER else _without(defaults, "connect_args")
    engine = sa.create_engine(url, **(own | given))
    DBSession.configure(bind=engine, autoflush=autoflush)
    async_engine = create_async_engine(_awaited(url), **(defaults | given))
    async_plain_session_factory.configure(bind=async_engine, autoflush=autoflush)
    return engine


def resolve_pooler(
    host: str | None, port: int | None, pooler: dict[str, Any] | None
) -> tuple[tuple[str | None, int | None], dict[str, Any]]:
    """Return where to connect to, and how connections are kept: by us, or by a pooler."""
    settings = pooler or {}
    if not settings.get("enabled"):
        return (host, port), {"pool_size": 5, "max_overflow": 10, "pool_recycle": 3600}
    place = (settings.get("host", host), settings.get("port", POOLER_PORT))
    # Behind a pooler, the next statement may meet a server that never saw it prepared.
    unprepared = {"prepare_threshold": None}
    return place, {"poolclass": sa.NullPool, "pool_pre_ping": True, "connect_args": unprepared}


def _awaited(url: sa.URL) -> sa.URL:
    """Return `url` for coroutines, which psycopg2 does not know."""
    return url.set(drivername=f"postgresql+{DRIVER}")


def _without(arguments: dict[str, Any], name: str) -> dict[str, Any]:
    return {known: value for known, value in arguments.items() if known != name}
