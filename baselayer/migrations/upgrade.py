"""Bring the metadata database to this version's schema, under a lock, as its owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command, util
from alembic.config import Config
from sqlalchemy import orm

from baselayer.app.errors import DatabaseStartError, MigrationError
from baselayer.app.identity.seed import seed
from baselayer.log import make_log

log = make_log("migrations")

LOCK = 0x6261_7365_6C79  # any number that is ours: "basely" in hexadecimal
APPEND_ONLY = ("audit_events",)


@dataclass(frozen=True)
class History:
    """The migrations of an application of one's own, kept apart from ours.

    They are Alembic's, in `directory`, and run after ours. `name` tells applications apart.
    """

    name: str
    directory: Path

    @property
    def version_table(self) -> str:
        """Return the table that says how far this history has got."""
        return f"alembic_version_{self.name}"


def upgrade(owner_url: str | sa.URL, *, app_role: str, histories: Sequence[History] = ()) -> None:
    """Run all missing migrations and grant `app_role` its rights, in one transaction.

    Two processes that start at once take turns. `histories` follow our own. Raises MigrationError
    with the database unchanged, DatabaseStartError when it cannot be reached.
    """
    engine = sa.create_engine(owner_url, poolclass=sa.NullPool, hide_parameters=True)
    try:
        with engine.begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            _require_role(connection, app_role)
            for history in (None, *histories):
                command.upgrade(_config(connection, history), "head")
            _grant(connection, app_role)
            with orm.Session(connection, join_transaction_mode="create_savepoint") as session:
                seed(session)
    except sa.exc.OperationalError as error:
        raise DatabaseStartError(
            f"The metadata database at {_place(engine.url)} does not answer: start it, or mend "
            "`database.url`."
        ) from error
    except (sa.exc.SQLAlchemyError, util.CommandError) as error:
        log.exception("migration failed")
        raise MigrationError(
            "The metadata database could not be migrated and is unchanged; the log has the cause."
        ) from error


def revise(owner_url: str | sa.URL, message: str, history: History | None = None) -> None:
    """Write a new migration from what differs between the models and an upgraded database."""
    engine = sa.create_engine(owner_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        command.revision(_config(connection, history), message, autogenerate=True)


def _config(connection: sa.Connection, history: History | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    if history is not None:
        config.set_main_option("version_locations", str(history.directory))
        config.set_main_option("path_separator", "os")
        config.attributes["version_table"] = history.version_table
    return config


def _require_role(connection: sa.Connection, app_role: str) -> None:
    """Make sure that `app_role` exists and that the owner may act as it."""
    quote = connection.dialect.identifier_preparer.quote
    found = connection.execute(
        sa.text(
            "SELECT rolcanlogin OR pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = :name"
        ),
        {"name": app_role},
    ).scalar_one_or_none()
    if found:
        return
    try:
        with connection.begin_nested():
            if found is None:
                connection.execute(sa.text(f"CREATE ROLE {quote(app_role)} NOLOGIN"))
            connection.execute(sa.text(f"GRANT {quote(app_role)} TO CURRENT_USER"))
    except sa.exc.ProgrammingError as error:
        raise MigrationError(
            f"The database role {app_role!r} is missing and could not be made. As an administrator "
            f"of the server: CREATE ROLE {quote(app_role)}; GRANT {quote(app_role)} TO the role "
            "that `database.url` names."
        ) from error


def _grant(connection: sa.Connection, app_role: str) -> None:
    """Give `app_role` what the process needs: rows, not tables; of the audit, only to add."""
    quote = connection.dialect.identifier_preparer.quote
    role, versions = quote(app_role), _versions(connection)
    statements = [
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        *(f"REVOKE INSERT, UPDATE, DELETE ON {quote(t)} FROM {role}" for t in versions),
        *(f"REVOKE UPDATE, DELETE, TRUNCATE ON {quote(t)} FROM {role}" for t in APPEND_ONLY),
    ]
    for statement in statements:
        connection.execute(sa.text(statement))


def _versions(connection: sa.Connection) -> list[str]:
    """Return the tables that say how far each history has got."""
    names = sa.inspect(connection).get_table_names()
    return [name for name in names if name.startswith("alembic_version")]


def _place(url: sa.URL) -> str:
    return f"{url.host or url.query.get('host', 'its socket')}/{url.database}"
