"""House: the data directory and the metadata database, opened for one command or one server."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import sqlalchemy as sa

from baselayer.app.audit.bypasses import record_bypass
from baselayer.app.config.load import load_config
from baselayer.app.config.settled import Config
from baselayer.app.controls.checking import check_policies
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.launcher import using
from baselayer.app.db.embedded.roles import ensure_roles
from baselayer.app.db.engine import Database
from baselayer.app.db.mixins.jwt_keys import JWTKey
from baselayer.app.identity.forgetting import remember_by
from baselayer.app.identity.installation import require_own_ring
from baselayer.app.models import Base
from baselayer.app.sealing.ring import KeyRing
from baselayer.cli.redis_client import open_redis
from baselayer.migrations.upgrade import History, upgrade


@dataclass(frozen=True)
class House:
    """An open installation: its settings, its database at this version's schema, its keys."""

    config: Config
    database: Database
    key_ring: KeyRing

    @property
    def keys_path(self) -> Path:
        """Return where the key ring is."""
        return self.config.home / "secrets" / "keys.json"


@dataclass(frozen=True)
class Urls:
    """How to reach the metadata database: to migrate it, and to work with it."""

    owner: str
    app: str
    app_role: str
    takes_role: bool
    """Whether the working connections log in as another role and take `app_role` at once."""


def embedded_cluster(config: Config) -> Cluster:
    """Return the embedded server of this data directory, not yet started."""
    return Cluster(config.home / "postgres")


@contextmanager
def open_house(
    config_files: list[str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    histories: Sequence[History] = (),
) -> Iterator[House]:
    """Open the installation: start its database if need be, migrate it, check its keys.

    The database stops again at the end, unless others use it. SIGTERM ends the block as Ctrl-C
    does. `environ` stands in for the environment's variables; `histories` are the migrations of an
    application of one's own.
    """
    config = load_config(config_files or [], environ=environ)
    make_home(config.home)
    check_policies(Base.registry)
    redis_url = config.settings.lookups.redis_url
    remember_by(config.settings.lookups, open_redis(redis_url) if redis_url else None)
    with ended_by_signals(), metadata(config) as urls:
        upgrade(urls.owner, app_role=urls.app_role, histories=histories)
        database = _database(config, urls)
        JWTKey.ring = ring = KeyRing.load_or_create(config.home / "secrets" / "keys.json")
        with database.plain() as session:
            require_own_ring(session, ring)
        try:
            yield House(config, database, ring)
        finally:
            database.engine.dispose()


@contextmanager
def metadata(config: Config) -> Iterator[Urls]:
    """Have the metadata database running: the embedded one, or the one that the settings name."""
    settings = config.settings.database
    if settings.url is not None:
        owner = settings.owner_url or settings.url
        named = settings.owner_url is not None
        role = (sa.make_url(settings.url).username or "") if named else settings.app_role
        yield Urls(owner, settings.url, role, takes_role=not named)
        return
    with using(embedded_cluster(config)) as cluster:
        made = ensure_roles(
            cluster, secrets_directory=config.home / "secrets", app=settings.app_role
        )
        yield Urls(made.owner_url, made.app_url, settings.app_role, takes_role=False)


def make_home(home: Path) -> None:
    """Make the data directory; root's can be passed through, so that the database's user may."""
    home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    (home / "secrets").mkdir(mode=0o700, exist_ok=True)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Turn SIGTERM into SystemExit for the block, so that what was opened is closed."""

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _database(config: Config, urls: Urls) -> Database:
    settings = config.settings.database
    return Database(
        urls.app,
        role=urls.app_role if urls.takes_role else None,
        strict=config.settings.security.strict,
        on_bypass=record_bypass,
        pool_size=settings.pool_size,
        max_overflow=settings.max_overflow,
        pool_recycle=settings.pool_recycle_seconds,
    )
