"""The metadata database as `baselayer db` deals with it."""

import psycopg
import sqlalchemy as sa

from baselayer.app.config.load import load_config
from baselayer.app.config.settled import Config
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.launcher import is_kept
from baselayer.app.errors import ConfigError
from baselayer.cli.house import embedded_cluster, ended_by_signals, make_home, metadata
from baselayer.migrations.upgrade import upgrade

DATABASE = "baselayer"
DEFAULT_PORT = 5432
CONNECT_TIMEOUT_SECONDS = 5


def own_cluster(config_files: list[str] | None) -> Cluster:
    """Return the embedded server; ConfigError when the settings name a database of yours."""
    config = load_config(config_files or [])
    if config.settings.database.url is not None:
        raise ConfigError(
            "`database.url` names a database of yours, which is not ours to start or stop."
        )
    make_home(config.home)
    return embedded_cluster(config)


def status_of(config_files: list[str] | None) -> tuple[bool, str]:
    """Return whether the metadata database answers, and a sentence on it."""
    config = load_config(config_files or [])
    if config.settings.database.url is not None:
        return _status_of_yours(config.settings.database.url)
    cluster = embedded_cluster(config)
    if not cluster.directory.exists() or not cluster.is_running():
        return False, f"PostgreSQL does not run in {cluster.directory}"
    until = "until `db stop`" if is_kept(cluster) else "while it is used"
    return True, f"PostgreSQL runs in {cluster.directory} (process {cluster.pid()}), {until}"


def migrate(config_files: list[str] | None) -> str:
    """Migrate; return where the database is."""
    config = load_config(config_files or [])
    make_home(config.home)
    with ended_by_signals(), metadata(config) as urls:
        upgrade(urls.owner, app_role=urls.app_role)
    return _place(config)


def place_of(config_files: list[str] | None) -> str:
    """Return host, port and database as an address without user and password."""
    return _place(load_config(config_files or []))


def places_of_passwords(config_files: list[str] | None) -> str:
    """Return a sentence on who knows the passwords."""
    config = load_config(config_files or [])
    if config.settings.database.url is not None:
        return "user and password are where you set `database.url`"
    cluster = embedded_cluster(config)
    roles = config.home / "secrets" / f"{cluster.directory.name}-roles.json"
    return f"its passwords are in {roles} and {cluster.places.superuser_file}"


def _place(config: Config) -> str:
    named = config.settings.database.url
    if named is not None:
        return _shown(sa.make_url(named))
    cluster = embedded_cluster(config)
    return f"postgresql:///{DATABASE}?host={cluster.socket_directory}&port={cluster.port}"


def _status_of_yours(named: str) -> tuple[bool, str]:
    url = sa.make_url(named)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        psycopg.connect(plain, connect_timeout=CONNECT_TIMEOUT_SECONDS).close()
    except psycopg.Error as error:
        reason = error.sqlstate or "no connection"
        return False, f"{_shown(url)} does not answer ({reason})"
    return True, f"{_shown(url)} answers"


def _shown(url: sa.URL) -> str:
    """Return what of the address is no secret."""
    host = url.host or url.query.get("host", "localhost")
    return f"postgresql://{host}:{url.port or DEFAULT_PORT}/{url.database}"
