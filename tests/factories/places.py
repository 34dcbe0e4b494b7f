"""The database of the small world, and sessions on it in both worlds, sync and async."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from baselayer.app.db.sessions import AsyncVerifiedSession, VerifiedSession
from tests.factories.gate import (
    Caller,
    Comment,
    Document,
    Draft,
    Folder,
    Label,
    Letter,
    Memo,
    Note,
    NoteTeam,
    Paper,
    Person,
    Photo,
    Seat,
    Team,
    TeamMember,
    Ticket,
    World,
)

R = TypeVar("R")

OWNER = Caller(1)
MEMBER = Caller(2)
STRANGER = Caller(3)
ADMIN = Caller(4, frozenset({"System admin"}))
TOKEN = Caller(1, frozenset({"Run queries"}))  # acts for the owner

OWN, SHARED, EDITABLE, OPEN, STRANGE = 1, 2, 3, 4, 5  # notes


@dataclass(frozen=True)
class Place:
    """A database with the small world in it."""

    url: str
    engine: sa.Engine
    _clean_at: list[int] = field(default_factory=list, repr=False)

    def verified(self, accessor: Any, **options: Any) -> VerifiedSession:
        """Open a verified session for blocking code."""
        return VerifiedSession(accessor, self.engine, **options)

    def plain(self) -> orm.Session:
        """Open a session that checks nothing."""
        return orm.Session(self.engine, expire_on_commit=False)

    def scalar(self, statement: Any) -> Any:
        """Return what `statement` selects, unchecked."""
        with self.engine.connect() as connection:
            return connection.scalar(statement)

    def run_async(self, accessor: Any, body: Callable[[AsyncSession], Coroutine[Any, Any, R]]) -> R:
        """Run a coroutine with a verified session of its own."""

        async def run() -> R:
            engine = create_async_engine(self.url, poolclass=NullPool)
            try:
                async with AsyncVerifiedSession(accessor, engine) as session:
                    return await body(session)
            finally:
                await engine.dispose()

        return asyncio.run(run())

    def run(self, world: str, accessor: Any, body: Callable[[VerifiedSession], R]) -> R:
        """Run `body` with a verified session, driven by blocking code or by a coroutine."""
        if world == "sync":
            with self.verified(accessor) as session:
                return body(session)

        async def drive(session: AsyncSession) -> R:
            return await session.run_sync(body)  # type: ignore[arg-type] # it is one

        return self.run_async(accessor, drive)

    def clear(self) -> None:
        """Put the small world in again, if anything was written since."""
        if self._clean_at == [self._transactions()]:
            return
        names = ", ".join(table.name for table in World.metadata.tables.values())
        with self.engine.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        with self.plain() as session:
            for record in _world():
                session.add(record)
                session.flush()
            session.commit()
        self._clean_at[:] = [self._transactions()]

    def _transactions(self) -> int:
        """Return a number that grows whenever a transaction writes."""
        return int(self.scalar(sa.text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")))


def sync_url(url: str) -> sa.URL:
    """Return `url` for blocking code: with the driver of BASELAYER_TEST_DRIVER, where it is set."""
    driver = os.environ.get("BASELAYER_TEST_DRIVER", "psycopg")
    return sa.make_url(url).set(drivername=f"postgresql+{driver}")


@contextmanager
def place(url: str) -> Iterator[Place]:
    """Make the tables of the small world in the database at `url`."""
    engine = sa.create_engine(sync_url(url))
    World.metadata.create_all(engine)
    yield Place(url, engine)
    engine.dispose()


def _world() -> Iterator[Any]:
    """Yield the records: notes 1 to 5 are called OWN to STRANGE."""
    yield from (Person(name=name) for name in ("owner", "member", "stranger", "admin"))
    yield from (Team(name="readers"), Team(name="editors"), Team(name="strangers"))
    for team, person, is_lead in ((1, 1, True), (1, 2, False), (2, 1, True), (2, 2, False)):
        yield TeamMember(team_id=team, person_id=person, is_lead=is_lead)
    yield TeamMember(team_id=3, person_id=3, is_lead=True)
    for title in ("own", "shared", "editable"):
        yield Note(title=title, owner_id=1)
    yield Note(title="open", owner_id=1, is_public=True, rank=1)
    yield Note(title="strange", owner_id=3, rank=5)
    # Shared with two teams of the same people: a join would find it twice.
    yield from (NoteTeam(note_id=SHARED, team_id=team) for team in (1, 2))
    yield NoteTeam(note_id=EDITABLE, team_id=2, can_edit=True)
    yield NoteTeam(note_id=STRANGE, team_id=3)
    for note in range(1, 6):
        yield Comment(text=f"on {note}", note_id=note, author_id=3 if note == STRANGE else 1)
    yield Label(name="red")
    yield from (Folder(name="root", owner_id=1), Folder(name="strange", owner_id=3))
    yield Folder(name="below root", owner_id=3, parent_id=1)
    yield Folder(name="below strange", owner_id=3, parent_id=2)
    yield from (
        Paper(text="mine", owner_id=1, folder_id=1),
        Paper(text="his", owner_id=3, folder_id=1),
    )
    yield from (Document(owner_id=1), Document(owner_id=3), Document(owner_id=3, is_open=True))
    yield from (Photo(owner_id=3, is_open=True), Photo(owner_id=3, is_open=True, is_hidden=True))
    yield from (Letter(owner_id=3, is_open=True), Memo(owner_id=3, is_open=True), Memo(owner_id=1))
    yield from (Seat(row=1, number=1, owner_id=1), Seat(row=1, number=2, owner_id=3))
    yield from (Ticket(seat_row=1, seat_number=number) for number in (1, 2))
    yield from (Draft(title="first", owner_id=1), Draft(title="his", owner_id=3))
