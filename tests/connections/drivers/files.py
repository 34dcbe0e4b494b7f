"""Database files in a directory of their own, and logins to them."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from baselayer.app.connections.drivers.base import Session, Target
from baselayer.app.connections.drivers.registry import driver_for
from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.egress.way import DirectWay

NOTHING = DirectWay(EgressPolicy())  # allows nothing: files dial nobody


@contextmanager
def file_root() -> Iterator[Path]:
    """Make a directory that anybody may pass."""
    root = Path(tempfile.mkdtemp(prefix="baselayer-files-"))
    try:
        yield root
    finally:
        shutil.rmtree(root)


def file_target(root: Path, engine: str, database: str, **changes: Any) -> Target:
    """Return the parameters of a file below `root`."""
    plain = Target(
        engine=engine,
        host="",
        port=0,
        database=database,
        username="",
        timeout_seconds=10,
        file_roots=(str(root),),
    )
    return replace(plain, **changes)


@contextmanager
def opened(root: Path, engine: str, database: str, **changes: Any) -> Iterator[Session]:
    """Open a file below `root`."""
    target = file_target(root, engine, database, **changes)
    session = driver_for(engine).open(target, NOTHING)
    try:
        yield session
    finally:
        session.close()


def write_sqlite(path: Path, script: str) -> None:
    """Run `script` in a file, made if need be."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def write_duckdb(path: Path, *statements: str) -> None:
    """Run statements in a file, made if need be."""
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
