"""What the demo's people share: the connection to the flights, and five saved queries."""

import sqlalchemy as sa

from baselayer.app.connections.credentials import password_binding, seal_secrets
from baselayer.app.connections.models import SqlConnection
from baselayer.app.errors import SealError
from baselayer.app.identity.users import User
from baselayer.app.queries.models import Query
from baselayer.cli.demo.cast import ANALYSTS, OWNER, READERS
from baselayer.cli.demo.cluster import FlightsServer
from baselayer.cli.demo.queries import QUERIES, SavedQuery
from baselayer.cli.desk import Desk
from baselayer.cli.records import (
    Shared,
    create_connection,
    create_query,
    share_connection,
    share_query,
)

NAME = "flights"
DESCRIPTION = "All flights that left New York City in 2013, and their weather, planes, airports"


def prepare_library(desk: Desk, server: FlightsServer) -> SqlConnection:
    """Make the connection and the queries that are missing; return the connection."""
    connection = _find(desk, SqlConnection, NAME)
    if connection is None:
        connection = _make_connection(desk, server)
    else:
        _lead_to(desk, connection, server)
    for query in QUERIES:
        if _find(desk, Query, query.name) is None:
            _make_query(desk, connection, query)
    return connection


def _make_connection(desk: Desk, server: FlightsServer) -> SqlConnection:
    connection = create_connection(
        desk,
        OWNER,
        name=NAME,
        description=DESCRIPTION,
        tags=["demo"],
        engine="postgresql",
        host=server.host,
        port=server.port,
        database=server.database,
        username=server.username,
        password=server.password,
        tls_mode="disable",  # the server is on this machine, and so are we
    )
    share_connection(desk, connection, ANALYSTS, can_run=True, can_update=False)
    share_connection(desk, connection, READERS, can_run=False, can_update=False)
    return connection


def _lead_to(desk: Desk, connection: SqlConnection, server: FlightsServer) -> None:
    """Follow a server that had to take another port, and seal the password for it anew."""
    if connection.port == server.port and _has_password(desk, connection, server.password):
        return
    connection.port = server.port
    seal_secrets(connection, desk.key_ring, password=server.password)
    desk.note("connection.update", connection, fields=["password", "port"])


def _has_password(desk: Desk, connection: SqlConnection, password: str) -> bool:
    if connection.sealed_password is None:
        return False
    try:
        opened = desk.key_ring.open(connection.sealed_password, password_binding(connection))
    except SealError:
        return False
    return opened == password


def _make_query(desk: Desk, connection: SqlConnection, query: SavedQuery) -> None:
    record = create_query(
        desk,
        OWNER,
        connection,
        name=query.name,
        description=query.description,
        tags=["demo"],
        text=query.text,
    )
    for group in (ANALYSTS, READERS):
        share_query(desk, record, group, can_update=False)


def _find(desk: Desk, model: type[Shared], name: str) -> Shared | None:
    owned = sa.select(model).join(model.owner).where(User.username == OWNER)
    return desk.session.scalar(owned.where(model.name == name))
