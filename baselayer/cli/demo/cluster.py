"""The demo's database server: a second embedded one, which stored connections may reach by TCP."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

from psycopg import sql

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.launcher import using
from baselayer.app.db.embedded.locks import exclusive_lock
from baselayer.app.db.embedded.passwords import ensure_passwords
from baselayer.cli.demo.flights import Connection, load_flights

HOST = "127.0.0.1"
DATABASE = "flights"
READER = "flights_reader"
LOCK_TIMEOUT_SECONDS = 300.0  # longer than another process takes to load the flights


@dataclass(frozen=True)
class FlightsServer:
    """Where the flights are, and the login of the role that may only read them."""

    host: str
    port: int
    database: str
    username: str
    password: str = field(repr=False)


@contextmanager
def flights_server(place: Path) -> Iterator[FlightsServer]:
    """Have the server running for the block, with the flights loaded; it lives in `place`."""
    with using(Cluster(place / "postgres", tcp_port=_port(place / "port"))) as cluster:
        lock = exclusive_lock(place / "prepare.lock", timeout_seconds=LOCK_TIMEOUT_SECONDS)
        with lock:
            (place / "port").write_text(f"{cluster.port}\n")
            password = ensure_passwords(place / "secrets" / "reader.json", [READER])[READER]
            _prepare(cluster, password)
        yield FlightsServer(HOST, cluster.port, DATABASE, READER, password)


def _port(file: Path) -> int:
    """Return the port of last time if it is free, so that the stored connection stays as it is."""
    before = file.read_text().strip() if file.exists() else ""
    return int(before) if before.isdigit() and _is_free(int(before)) else _free_port()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _prepare(cluster: Cluster, password: str) -> None:
    with cluster.connect() as connection:
        _ensure_reader(connection, password)
        _ensure_database(connection)
    with cluster.connect(DATABASE) as connection:
        load_flights(connection)
        _execute(connection, "GRANT USAGE ON SCHEMA public TO {reader}")
        _execute(connection, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}")


def _ensure_reader(connection: Connection, password: str) -> None:
    """Make the role, or give it the password of our file; the server gets only a verifier."""
    wanted = "SELECT 1 FROM pg_roles WHERE rolname = %s"
    if connection.execute(wanted, [READER]).fetchone() is None:
        _execute(connection, "CREATE ROLE {reader}")
    verifier = connection.pgconn.encrypt_password(
        password.encode(), READER.encode(), b"scram-sha-256"
    )
    connection.execute(
        sql.SQL(
            "ALTER ROLE {} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION "
            "NOBYPASSRLS PASSWORD {}"
        ).format(sql.Identifier(READER), sql.Literal(verifier.decode()))
    )


def _ensure_database(connection: Connection) -> None:
    wanted = "SELECT 1 FROM pg_database WHERE datname = %s"
    if connection.execute(wanted, [DATABASE]).fetchone() is None:
        _execute(connection, "CREATE DATABASE {database}")
    _execute(connection, "REVOKE ALL ON DATABASE {database} FROM PUBLIC")
    _execute(connection, "REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
    _execute(connection, "GRANT CONNECT ON DATABASE {database} TO {reader}")


def _execute(connection: Connection, statement: LiteralString) -> None:
    names = {"reader": sql.Identifier(READER), "database": sql.Identifier(DATABASE)}
    connection.execute(sql.SQL(statement).format(**names))
