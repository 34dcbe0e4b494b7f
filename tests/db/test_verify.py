"""bulk_verify: may all of these be touched, in one question."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from baselayer.app.db.verify import bulk_verify
from baselayer.app.errors import AccessError
from tests.factories.gate import Comment, Draft, Folder, Note, Photo, Seat
from tests.factories.places import ADMIN, EDITABLE, MEMBER, OWNER, STRANGER, Place


def test_all_allowed_passes_in_one_query(here: Place) -> None:
    sent: list[str] = []

    def note(*arguments: Any) -> None:
        sent.append(arguments[2])

    with here.plain() as session:
        records: list[Any] = [*session.scalars(sa.select(Note).where(Note.owner_id == 1))]
        records += session.scalars(sa.select(Folder).where(Folder.owner_id == 1))
        event.listen(here.engine, "before_cursor_execute", note)
        bulk_verify("update", records, OWNER)
        event.remove(here.engine, "before_cursor_execute", note)
    assert len(sent) == 1


def test_each_refused_record_is_named_and_no_other(here: Place) -> None:
    with here.plain() as session:
        records: list[Any] = [*session.scalars(sa.select(Note)), *session.scalars(sa.select(Seat))]
        with pytest.raises(AccessError) as caught:
            bulk_verify("update", records, STRANGER)
    refused = [
        "update Note 1",
        "update Note 2",
        "update Note 3",
        "update Note 4",
        "update Seat 1/1",
    ]
    assert caught.value.details["refused"] == refused


def test_missing_row_fails_closed(here: Place) -> None:
    with here.plain() as session:
        note = session.get_one(Note, 1)
        with here.plain() as other:
            other.execute(sa.delete(Comment))
            other.execute(sa.delete(Note).where(Note.id == 1))
            other.commit()
        for accessor in (OWNER, ADMIN):
            with pytest.raises(AccessError, match="read Note 1"):
                bulk_verify("read", [note], accessor)


def test_uncommitted_rows_are_seen(here: Place) -> None:
    """Upstream asked on another connection, which saw no new row and so refused none."""
    with here.plain() as session:
        session.add(mine := Note(title="new", owner_id=3))
        bulk_verify("create", [mine], STRANGER)
        session.add(his := Note(title="new", owner_id=1))
        with pytest.raises(AccessError, match="create Note"):
            bulk_verify("create", [mine, his], STRANGER)


def test_nothing_is_always_allowed() -> None:
    bulk_verify("update", [], STRANGER)


def test_records_without_a_session_are_an_error() -> None:
    with pytest.raises(ValueError, match="in no session"):
        bulk_verify("update", [Note(id=1)], OWNER)


def test_subclasses_and_uuids(here: Place) -> None:
    with here.plain() as session:
        drafts = [*session.scalars(sa.select(Draft).where(Draft.owner_id == 1))]
        bulk_verify("read", [*drafts, session.get_one(Photo, 4)], OWNER)
        with pytest.raises(AccessError, match="read Photo 5"):
            bulk_verify("read", [session.get_one(Photo, 5)], OWNER)


def test_many_ids_are_one_parameter(here: Place) -> None:
    with here.plain() as session:
        session.execute(sa.insert(Note), [{"title": str(n), "owner_id": 1} for n in range(3000)])
        notes = session.scalars(sa.select(Note).where(Note.owner_id == 1)).all()
        bulk_verify("update", notes, OWNER)
        session.rollback()


def test_in_coroutines(here: Place) -> None:
    async def ask(session: Any) -> None:
        note = await session.get(Note, EDITABLE)
        await session.run_sync(lambda _: bulk_verify("update", [note], MEMBER))
        with pytest.raises(AccessError):
            await session.run_sync(lambda _: bulk_verify("delete", [note], MEMBER))

    here.run_async(MEMBER, ask)
