"""Making and dropping tables, where init_db has led and nowhere else."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from baselayer.app.db.base import Base
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.scoped import DBSession
from baselayer.app.db.tables import clear_tables, create_tables, drop_tables, status
from baselayer.app.models import ACL
from tests.factories.metadata import fresh_database


@pytest.fixture
def engine(metadata_cluster: Cluster) -> Iterator[sa.Engine]:
    """An empty database, bound as an application does."""
    DBSession.remove()
    with fresh_database(metadata_cluster) as url:
        made = sa.create_engine(url, poolclass=sa.NullPool)
        DBSession.configure(bind=made)
        yield made
        DBSession.remove()
        DBSession.configure(bind=None)


def names(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def test_tables_come_and_go(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE others (id int)"))
    create_tables(add=False)
    assert names(engine) == {"others"}
    create_tables()
    assert names(engine) == {"others", *Base.metadata.tables}
    with status("adding"):
        DBSession().add(ACL(id="mine"))
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count(ACL.id))) == 1
    clear_tables()
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count(ACL.id))) == 0
    drop_tables()
    assert names(engine) == {"others"}


def test_failure_is_told_and_nothing_is_stored(engine: sa.Engine) -> None:
    create_tables()
    with pytest.raises(ZeroDivisionError), status("adding"):
        DBSession().add(ACL(id="mine"))
        _ = 1 / 0
    DBSession().rollback()
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count(ACL.id))) == 0


def test_database_that_does_not_answer_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("baselayer.app.db.tables.time.sleep", waits.append)
    DBSession.configure(bind=sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    try:
        with pytest.raises(sa.exc.OperationalError):
            create_tables(retry=3)
    finally:
        DBSession.configure(bind=None)
    assert waits == [3.0, 3.0]


def test_without_init_db_it_says_so() -> None:
    with pytest.raises(RuntimeError, match="call init_db first"):
        drop_tables()
