"""Forgetting: a commit forgets, and nothing uncommitted or outdated is remembered."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event, orm

from baselayer.app.config.lookups import LookupSettings
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.identity.forgetting import forget_lookups, remember_by
from baselayer.app.identity.lookups import (
    get_cached_account,
)
from baselayer.app.models import Account, User
from tests.factories.accounts import NUMBER, Town, town
from tests.factories.metadata import metadata_cluster, world

__all__ = ["metadata_cluster", "world"]

LONG = LookupSettings(lifetime_seconds=3600)


@pytest.fixture(scope="module")
def made(metadata_cluster: Cluster) -> Iterator[Town]:
    with town(metadata_cluster) as found:
        yield found


@pytest.fixture
def here(made: Town) -> Iterator[Town]:
    """Two accounts, and a process that remembers for an hour."""
    remember_by(LONG)
    yield made
    remember_by(LookupSettings())


def renamed(town: Town, name: str) -> None:
    town.rows("update accounts set company_name = :name where not is_default", name=name)


def name_of(town: Town, world: str = "sync", **options: Any) -> str | None:
    found = town.run(world, lambda session: get_cached_account(session, NUMBER, **options))
    return found.company_name if found else None


def _by_flush(session: orm.Session) -> None:
    session.scalars(sa.select(Account).filter_by(number=NUMBER)).one().company_name = "New"


def _by_statement(session: orm.Session) -> None:
    session.execute(sa.update(Account).filter_by(number=NUMBER).values(company_name="New"))


def _by_table(session: orm.Session) -> None:
    table: Any = Account.__table__
    session.execute(sa.update(table).where(table.c.number == NUMBER).values(company_name="New"))


@pytest.mark.parametrize("change", [_by_flush, _by_statement, _by_table])
def test_commit_forgets_and_until_then_nothing_is_shown(
    here: Town, world: str, change: Callable[[orm.Session], None]
) -> None:
    def body(session: orm.Session) -> None:
        change(session)
        own = get_cached_account(session, NUMBER)
        assert own is not None and own.company_name == "New"
        assert name_of(here) == "Away Ltd"  # others see what is committed, not what may be
        session.commit()
        assert name_of(here) == "New"

    name_of(here)
    try:
        here.run(world, body)
    finally:
        renamed(here, "Away Ltd")
        forget_lookups()


def test_what_is_rolled_back_is_never_remembered(here: Town, world: str) -> None:
    def body(session: orm.Session) -> None:
        _by_flush(session)
        session.flush()
        assert get_cached_account(session, NUMBER, invalidate=True) is not None
        session.rollback()

    here.run(world, body)
    assert name_of(here) == "Away Ltd"


def test_what_was_read_before_a_commit_is_not_kept_after_it(here: Town) -> None:
    """A slow reader has the old row in hand while a writer commits and forgets."""
    forget_lookups()
    has_read, has_committed = threading.Event(), threading.Event()

    def slow(*arguments: Any) -> None:
        if "company_name" in arguments[2] and not has_read.is_set():
            has_read.set()
            assert has_committed.wait(30)

    reader = threading.Thread(target=name_of, args=(here,))
    event.listen(here.database.engine, "after_cursor_execute", slow)
    try:
        reader.start()
        assert has_read.wait(30)
        with here.database.plain() as session:
            _by_flush(session)
            session.commit()
        has_committed.set()
        reader.join(30)
        assert name_of(here) == "New"
    finally:
        event.remove(here.database.engine, "after_cursor_execute", slow)
        renamed(here, "Away Ltd")
        forget_lookups()


def test_old_snapshot_is_not_remembered(here: Town) -> None:
    engine = here.database.engine.execution_options(isolation_level="REPEATABLE READ")
    with orm.Session(engine) as session:
        session.scalar(sa.select(sa.func.count()).select_from(User))  # the snapshot begins
        renamed(here, "Later")
        try:
            forget_lookups()
            old = get_cached_account(session, NUMBER)
            assert old is not None and old.company_name == "Away Ltd"
            assert name_of(here) == "Later"
        finally:
            renamed(here, "Away Ltd")
            forget_lookups()


def test_borrowed_connection_is_not_remembered(here: Town) -> None:
    with here.database.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(sa.text("update accounts set company_name = 'Never'"))
        with orm.Session(connection) as session:
            found = get_cached_account(session, NUMBER)
            assert found is not None and found.company_name == "Never"
        transaction.rollback()
    assert name_of(here) == "Away Ltd"
