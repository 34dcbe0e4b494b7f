"""Engines and sessions of a database."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession

from baselayer.app.controls.accessor import Accessor
from baselayer.app.db.engine import Database, init_db, resolve_pooler
from baselayer.app.db.keys import primary_key_keys, safe_aliased
from baselayer.app.db.scoped import DBSession, async_plain_session_factory
from baselayer.app.db.sessions import AsyncVerifiedSession, VerifiedSession
from baselayer.app.db.verify import bulk_verify
from baselayer.app.errors import AccessError, UntransactedError, UnverifiableError
from baselayer.app.schemas.paging import TableViewRequest
from tests.factories.gate import Document, Draft, Note, Photo, Seat
from tests.factories.places import MEMBER, OPEN, OWN, OWNER, SHARED, STRANGE, STRANGER, Place


def test_sessions_of_both_worlds(here: Place) -> None:
    async def work() -> tuple[int, int, int]:
        database = Database(here.url, lock_timeout_seconds=1.5)
        with database.plain() as plain, database.verified(OWNER) as verified:
            assert plain.scalar(sa.text("SHOW timezone")) == "UTC"
            assert plain.scalar(sa.text("SHOW lock_timeout")) == "1500ms"
            counts = [len(s.scalars(sa.select(Note)).all()) for s in (plain, verified)]
        async with database.verified_async(STRANGER) as session:
            counts.append(len((await session.scalars(sa.select(Note))).all()))
        async with database.plain_async() as session:
            assert len((await session.scalars(sa.select(Note))).all()) == 5
        await database.dispose()
        return counts[0], counts[1], counts[2]

    assert asyncio.run(work()) == (5, 4, 2)


def test_session_that_only_reads_writes_nothing(here: Place) -> None:
    async def work() -> None:
        database = Database(here.url)
        async with database.reading_async(OWNER) as session:
            note = await session.get_one(Note, OWN)
            title = note.title
            note.title = "changed"
            with pytest.raises(UntransactedError, match="writes nothing"):
                await session.commit()
        async with database.reading_async(OWNER) as session:
            session.add(Note(title="new", owner_id=OWNER.user_id))
            with pytest.raises(UntransactedError):
                await session.flush()
        for statement in (sa.update(Note).values(title="changed"), sa.delete(Note)):
            async with database.reading_async(OWNER) as session:
                with pytest.raises(UntransactedError):
                    await session.execute(statement)
        async with database.reading_async(OWNER) as session:
            titles = (await session.scalars(sa.select(Note.title))).all()
            assert title in titles and not {"changed", "new"} & set(titles)
        await database.dispose()

    asyncio.run(work())


def test_session_that_only_reads_keeps_what_is_prepared(here: Place) -> None:
    """psycopg prepares a statement at its sixth execution, and forgets all in a ROLLBACK."""

    async def prepared(database: Database, session: Callable[[Accessor], AsyncSession]) -> int:
        for _ in range(8):
            async with session(OWNER) as opened:
                await opened.scalars(sa.select(Note))
        async with session(OWNER) as opened:
            connection = await opened.run_sync(orm.Session.connection)
            driver: Any = connection.connection.driver_connection
            rows = await driver.execute("SELECT count(*) FROM pg_prepared_statements")
            (count,) = await rows.fetchone()
        return int(count)

    async def work() -> list[int]:
        database = Database(here.url, pool_size=1, max_overflow=0)
        kinds = (database.reading_async, database.verified_async)
        found = [await prepared(database, session) for session in kinds]
        await database.dispose()
        return found

    assert asyncio.run(work()) == [1, 0]


def test_role_is_taken_before_the_first_statement(here: Place) -> None:
    with here.engine.begin() as connection:
        connection.execute(sa.text("CREATE ROLE lowly"))
    database = Database(here.url, role="lowly")
    try:
        with database.engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT current_user")) == "lowly"
    finally:
        asyncio.run(database.dispose())
        with here.engine.begin() as connection:
            connection.execute(sa.text("DROP ROLE lowly"))


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_upstreams_init_binds_its_sessions(here: Place, driver: str) -> None:
    url = sa.make_url(here.url)
    engine = init_db("u", "d", password="p@ss/word", host="h", port=1, driver=driver)
    assert engine.url.password == "p@ss/word" and engine.url.host == "h"
    engine.dispose()

    async def ask() -> tuple[int, int]:
        async with AsyncVerifiedSession(OWNER) as session:
            seen = len((await session.scalars(sa.select(Note))).all())
        async with async_plain_session_factory() as session:
            every = len((await session.scalars(sa.select(Note))).all())
        await async_plain_session_factory.kw["bind"].dispose()
        return seen, every

    engine = init_db(
        str(url.username),
        str(url.database),
        password=str(url.password),
        host=str(url.query["host"]),
        port=int(str(url.query["port"])),
        engine_args={"pool_size": 1},
        driver=driver,
    )
    try:
        assert engine.driver == driver
        with VerifiedSession(OWNER) as session:
            assert len(session.scalars(sa.select(Note)).all()) == 4
        assert len(Note.get_all(STRANGER)) == 2
        assert asyncio.run(ask()) == (4, 5)
    finally:
        DBSession.remove()
        DBSession.configure(bind=None)
        async_plain_session_factory.configure(bind=None)
        engine.dispose()


def test_pooler_keeps_the_connections() -> None:
    assert resolve_pooler("h", 1, None) == resolve_pooler("h", 1, {"enabled": False})
    place, arguments = resolve_pooler("h", 1, {"enabled": True, "host": "p"})
    assert place == ("p", 6432) and arguments["poolclass"] is sa.NullPool
    assert arguments["connect_args"] == {"prepare_threshold": None}
    engine = init_db("u", "d", host="h", pooler={"enabled": True}, driver="psycopg2")
    DBSession.configure(bind=None)
    async_plain_session_factory.configure(bind=None)
    assert (engine.url.host, engine.url.port) == ("h", 6432)


# --- The gate on upstream's former driver; BASELAYER_TEST_DRIVER=psycopg2 runs all of it there ----


@pytest.fixture
def former(here: Place) -> Iterator[Database]:
    """The small world through psycopg2."""
    url = sa.make_url(here.url).set(drivername="postgresql+psycopg2")
    database = Database(url, poolclass=sa.NullPool, role=None)
    assert database.engine.driver == "psycopg2"
    yield database
    asyncio.run(database.dispose())


def test_psycopg2_reads_what_one_may(former: Database) -> None:
    with former.verified(MEMBER) as session:
        assert set(session.scalars(sa.select(Note.id))) == {2, 3, 4}
        page = Note.get_with_count(session, table_view=TableViewRequest(limit=2))
        assert ([n.id for n in page.items], page.total, page.next) == ([4, 3], 3, "3")
        view = TableViewRequest(limit=2, after_id=3)
        assert [n.id for n in Note.get(session, fetch_mode="all", table_view=view)] == [2]
        assert Note.get_if_accessible_by(session, [SHARED, OPEN], MEMBER)[0].id == SHARED
        assert Note.get_if_accessible_by(session, [SHARED, OWN], MEMBER) is None
        alias = safe_aliased(Note)
        assert len(session.scalars(sa.select(alias)).all()) == 3
    with former.verified(OWNER) as session:
        assert len(Seat.get_if_accessible_by(session, [(1, 1)], OWNER)) == 1
        assert primary_key_keys(Seat) == ["row", "number"]
        draft = session.scalars(sa.select(Draft)).one()
        assert Draft.get_exist_one(session, draft.id) is draft
        assert session.get_one(Photo, 4).is_accessible_by(session, OWNER)
        assert {d.id for d in Document.get_all(session, OWNER)} == {1, 3, 4, 6, 8}


def test_psycopg2_commits_what_one_may(former: Database) -> None:
    with former.verified(OWNER) as session:
        note: Note = Note(title="new", owner_id=1).save(session)
        note.title = "newer"
        note.save(session)
        session.add_all(Draft(title=str(n), owner_id=1) for n in range(100))
        session.commit()
        with session.begin_nested():
            note.rank = 2
        assert note.delete(session) == 1
        assert Draft.delete(session, condition=Draft.title == "1") == 1
        session.execute(sa.update(Draft).where(Draft.title == "2").values(body="x"))
        session.commit()


def test_psycopg2_refuses_the_rest(former: Database) -> None:
    with former.verified(STRANGER) as session:
        for refused in (
            Note(title="his", owner_id=1),
            Draft(title="his", owner_id=1),
        ):
            with pytest.raises(AccessError):
                refused.save(session)
        session.get_one(Note, OPEN).title = "taken"
        with pytest.raises(AccessError, match="update Note 4"):
            session.commit()
        session.get_one(Note, STRANGE).owner_id = 1
        with pytest.raises(AccessError):
            session.commit()
        with pytest.raises(UnverifiableError):
            session.execute(sa.text("SELECT 1"))


@pytest.mark.parametrize("cls", [Note, Draft])
def test_psycopg2_verifies_many_at_once(former: Database, cls: Any) -> None:
    with former.plain() as session:
        rows = [cls(title=str(n), owner_id=1) for n in range(3000)]
        session.add_all(rows)
        session.flush()
        bulk_verify("update", rows, OWNER)
        rows.append(cls(title="x", owner_id=3))
        session.add(rows[-1])
        session.flush()
        with pytest.raises(AccessError, match=f"update {cls.__name__} {rows[-1].id}"):
            bulk_verify("update", rows, OWNER)
        with pytest.raises(AccessError):
            bulk_verify("update", rows, MEMBER)


def test_psycopg2_keeps_the_fence(former: Database) -> None:
    statement = Note.select(MEMBER).compile(former.engine)
    assert "OFFSET 0" in str(statement)


def test_coroutines_use_psycopg_whatever_the_url_says(former: Database) -> None:
    async def ask() -> list[int]:
        async with former.verified_async(MEMBER) as session:
            return sorted(await session.scalars(sa.select(Note.id)))

    assert former.async_engine.driver == "psycopg"
    assert asyncio.run(ask()) == [2, 3, 4]
