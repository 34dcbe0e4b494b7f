"""The session itself: after a refusal, when not strict, and in coroutines."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.sessions import AsyncVerifiedSession, VerifiedSession
from baselayer.app.errors import AccessError, UnverifiableError
from tests.factories.gate import (
    Note,
    Person,
)
from tests.factories.places import (
    ADMIN,
    OPEN,
    OWNER,
    STRANGE,
    STRANGER,
    Place,
)


def titles(here: Place) -> dict[int, str]:
    with here.plain() as session:
        return {note.id: note.title for note in session.scalars(sa.select(Note))}


def test_session_is_usable_after_a_refusal(here: Place, world: str) -> None:
    def write(session: VerifiedSession) -> None:
        mine, other = session.get_one(Note, STRANGE), session.get_one(Note, OPEN)
        mine.title = other.title = "new"
        with pytest.raises(AccessError):
            session.flush()
        assert not session.in_transaction()
        assert session.get_one(Note, STRANGE).title == "strange"
        session.get_one(Note, STRANGE).title = "newer"
        session.commit()

    here.run(world, STRANGER, write)
    assert titles(here)[STRANGE] == "newer" and titles(here)[OPEN] == "open"


def test_not_strict_warns_and_goes_on(here: Place, caplog: pytest.LogCaptureFixture) -> None:
    with here.verified(STRANGER, strict=False) as session:
        session.get_one(Note, OPEN).title = "taken"
        with pytest.warns(UserWarning, match="NOT REFUSED.*update Note 4"):
            session.commit()
        with pytest.warns(UserWarning, match="NOT REFUSED.*raw SQL text"):
            session.execute(sa.text("SELECT 1"))
        with pytest.warns(UserWarning, match="NOT REFUSED.*a bare connection"):
            session.connection()
    assert titles(here)[OPEN] == "taken"
    assert "security.strict is off" in caplog.text


def test_unverifiable_is_a_refusal_of_its_own(here: Place) -> None:
    with here.verified(ADMIN) as session, pytest.raises(UnverifiableError) as caught:
        session.execute(sa.text("SELECT 1"))
    assert caught.value.status == 403


def test_coroutines_need_no_greenlet(here: Place) -> None:
    async def write(session: Any) -> str:
        note = await session.get(Note, STRANGE)
        note.title = "new"
        await session.commit()
        assert note.title == "new"  # not expired
        session.add(Note(title="mine", owner_id=3))
        await session.flush()
        async with session.begin_nested():
            note.title = "newer"
        await session.commit()
        (await session.get(Note, OPEN)).title = "taken"
        with pytest.raises(AccessError):
            await session.commit()
        async with session.begin():
            (await session.get(Note, STRANGE)).title = "newest"
        return str((await session.scalars(sa.select(Note.title).where(Note.id == STRANGE))).one())

    assert here.run_async(STRANGER, write) == "newest"


def test_coroutine_of_begin_refuses(here: Place) -> None:
    async def write(session: Any) -> None:
        async with session.begin():
            (await session.get(Note, OPEN)).title = "taken"

    with pytest.raises(AccessError):
        here.run_async(STRANGER, write)
    assert titles(here)[OPEN] == "open"


def test_async_session_keeps_what_it_has_loaded() -> None:
    session = AsyncVerifiedSession(OWNER, None)
    assert isinstance(session.sync_session, VerifiedSession)
    assert not session.sync_session.expire_on_commit


def test_session_of_nobody_is_an_error(here: Place) -> None:
    with pytest.raises(ValueError, match="accessor must be"):
        VerifiedSession(None, here.engine)  # type: ignore[arg-type] # the point


def test_record_in_no_gated_class_cannot_be_written(here: Place) -> None:
    class Bare(orm.DeclarativeBase):
        """A declarative base without a gate."""

    class Thing(Bare):
        """A record without controls."""

        __tablename__ = "persons"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        name: orm.Mapped[str]
        created_at: orm.Mapped[Any] = orm.mapped_column(sa.DateTime(True), default=sa.func.now())
        modified: orm.Mapped[Any] = orm.mapped_column(sa.DateTime(True), default=sa.func.now())

    with here.verified(OWNER) as session:
        session.add(Thing(id=77, name="x"))
        with pytest.raises(AccessError, match="create Thing 77"):
            session.commit()
    assert here.scalar(sa.select(Person.id).where(Person.id == 77)) is None
