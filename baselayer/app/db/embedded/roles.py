"""The two roles of the metadata database: one owns the schema, the other only uses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from baselayer.app.db.embedded.failures import file_errors_told
from baselayer.app.db.embedded.locks import exclusive_lock
from baselayer.app.db.embedded.passwords import ensure_passwords
from baselayer.app.db.embedded.server import Server
from baselayer.app.errors import DatabaseStartError

LOCK_TIMEOUT_SECONDS = 60.0

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class MetadataUrls:
    """How migrations (owner) and everything else (app) reach the metadata database."""

    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)


def ensure_roles(
    server: Server,
    *,
    secrets_directory: Path,
    owner: str = "baselayer_owner",
    app: str = "baselayer_app",
    database: str = "baselayer",
) -> MetadataUrls:
    """Make both roles and the database if they lack, and set their rights; again is harmless.

    `app` may connect and see the schema, nothing else: migrations grant it the tables. The server
    must run. Raises DatabaseStartError when the server refuses a step.
    """
    with file_errors_told(secrets_directory):
        secrets_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{server.directory.name}-roles"
    lock = exclusive_lock(secrets_directory / f"{name}.lock", timeout_seconds=LOCK_TIMEOUT_SECONDS)
    with lock, _refusals_told(server):
        passwords = ensure_passwords(secrets_directory / f"{name}.json", [owner, app])
        with server.connect() as connection:
            for role in (owner, app):
                _ensure_role(connection, role, passwords[role])
            _ensure_database(connection, database, owner=owner, app=app)
        with server.connect(database) as connection:
            _close_schema(connection, owner=owner, app=app)
    return MetadataUrls(
        owner_url=server.url(owner, passwords[owner], database),
        app_url=server.url(app, passwords[app], database),
    )


def _ensure_role(connection: Connection, role: str, password: str) -> None:
    """The server gets a SCRAM verifier: the password itself could end up in its log."""
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if found is None:
        _execute(connection, "CREATE ROLE {role}", role=role)
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    )
    connection.execute(
        sql.SQL(
            "ALTER ROLE {role} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION "
            "NOBYPASSRLS PASSWORD {verifier}"
        ).format(role=sql.Identifier(role), verifier=sql.Literal(verifier.decode()))
    )


def _ensure_database(connection: Connection, database: str, *, owner: str, app: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
    if found.fetchone() is None:
        _execute(
            connection, "CREATE DATABASE {database} OWNER {owner}", database=database, owner=owner
        )
    for statement in (
        "ALTER DATABASE {database} OWNER TO {owner}",
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "REVOKE ALL ON DATABASE {database} FROM {app}",
        "GRANT CONNECT ON DATABASE {database} TO {app}",
        "REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC",
    ):
        _execute(connection, statement, database=database, owner=owner, app=app)


def _close_schema(connection: Connection, *, owner: str, app: str) -> None:
    for statement in (
        "ALTER SCHEMA public OWNER TO {owner}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "REVOKE ALL ON SCHEMA public FROM {app}",
        "GRANT USAGE ON SCHEMA public TO {app}",
    ):
        _execute(connection, statement, owner=owner, app=app)


def _execute(connection: Connection, statement: LiteralString, **names: str) -> None:
    identifiers = {key: sql.Identifier(name) for key, name in names.items()}
    connection.execute(sql.SQL(statement).format(**identifiers))


@contextmanager
def _refusals_told(server: Server) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise DatabaseStartError(
            f"The roles and the database of {server.directory} could not be set up "
            f"({error.sqlstate or 'no connection'}). The server's log is {server.places.log}."
        ) from error
