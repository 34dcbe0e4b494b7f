"""Making and dropping the tables of an application's models, as upstream's scripts do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from baselayer.app.db.base import Base
from baselayer.app.db.scoped import DBSession
from baselayer.log import make_log

WAIT_SECONDS = 3.0

log = make_log("model_util")


@contextmanager
def status(message: str) -> Iterator[None]:
    """Log how the block went, and commit DBSession's work after it."""
    try:
        yield
    except BaseException:
        log(f"failed: {message}")
        raise
    DBSession().commit()
    log(f"done: {message}")


def create_tables(retry: int = 5, add: bool = True) -> None:
    """Make the tables of every model of `Base` where `init_db` has led; those that exist stay.

    It knows the models that have been imported: `baselayer.app.models` has all of ours. An
    installation with migrations runs those instead. With `add=False` nothing is done where
    there are tables already. A database that does not answer is tried `retry` times.
    """
    engine = _engine()
    for left in reversed(range(retry)):
        try:
            if add or not sa.inspect(engine).get_table_names():
                Base.metadata.create_all(engine)
            return
        except sa.exc.OperationalError:
            if not left:
                raise
            log(f"the database {engine.url.database} does not answer; {left} tries are left")
            time.sleep(WAIT_SECONDS)


def drop_tables() -> None:
    """Drop the tables of every model of `Base`, with all that is in them; other tables stay."""
    Base.metadata.drop_all(_engine())


def clear_tables() -> None:
    """Drop the tables and make them anew, empty."""
    drop_tables()
    create_tables()


def _engine() -> sa.Engine:
    engine = DBSession.session_factory.kw["bind"]
    if not isinstance(engine, sa.Engine):
        raise RuntimeError("no database yet: call init_db first")
    return engine
