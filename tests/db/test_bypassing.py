"""What is read without restriction is on record, and not to be had outside the block."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import exc

from baselayer.app.db.bypassing import Bypass
from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.errors import AccessError, UnverifiableError
from tests.factories.gate import Comment, Folder, Note, Paper, Photo, Team
from tests.factories.places import ADMIN, MEMBER, OPEN, OWN, SHARED, STRANGE, STRANGER, Place

WHY = "to number the notes"
Body = Callable[[VerifiedSession], object]


def notes(session: VerifiedSession) -> set[int]:
    return {note.id for note in session.scalars(sa.select(Note))}


def loaded(session: VerifiedSession, cls: Any = Note, ident: int = OWN) -> Any:
    """Load a record that the accessor may not read, with all that it refers to."""
    with session.unrestricted(WHY):
        found = session.get_one(cls, ident)
        for relationship in sa.inspect(cls).relationships:
            getattr(found, relationship.key)
    return found


def test_block_reads_everything_and_nothing_does_after_it(here: Place, world: str) -> None:
    def read(session: VerifiedSession) -> list[set[int]]:
        found = [notes(session)]
        with session.unrestricted(WHY):
            found.append(notes(session))
            with session.unrestricted("within it"):
                found.append(notes(session))
            found.append(notes(session))
        return [*found, notes(session)]

    everything, own = {1, 2, 3, 4, 5}, {OPEN, STRANGE}
    assert here.run(world, STRANGER, read) == [own, everything, everything, everything, own]


def test_block_ends_with_an_error_too(here: Place, world: str) -> None:
    def read(session: VerifiedSession) -> set[int]:
        with pytest.raises(ZeroDivisionError), session.unrestricted(WHY):
            raise ZeroDivisionError
        return notes(session)

    assert here.run(world, STRANGER, read) == {OPEN, STRANGE}


def test_core_tables_are_read_and_text_and_writes_are_not(here: Place, world: str) -> None:
    table: Any = Note.__table__
    gone = sa.delete(Note).returning(Note.id).cte("gone")
    refused: list[Any] = [
        sa.text("DELETE FROM notes"),
        sa.select(Note).from_statement(sa.text("SELECT * FROM notes")),
        sa.select(gone.c.id),
        sa.update(table).values(title="mine"),
        sa.insert(Note).values(title="mine", owner_id=3),
    ]

    def read(session: VerifiedSession) -> set[int]:
        with session.unrestricted(WHY):
            for statement in refused:
                with pytest.raises(UnverifiableError):
                    session.execute(statement)
            return set(session.scalars(sa.select(table.c.id)))

    assert here.run(world, STRANGER, read) == {1, 2, 3, 4, 5}


def get(session: VerifiedSession) -> object:
    kept = loaded(session)
    assert kept.title == "own"  # who holds it has it
    return session.get(Note, OWN)


def get_by_lock(session: VerifiedSession) -> object:
    kept = loaded(session)
    return kept and session.get(Note, OWN, with_for_update=True)


def refresh(session: VerifiedSession) -> object:
    session.refresh(kept := loaded(session))
    return kept


def expired_column(session: VerifiedSession) -> object:
    session.expire(kept := loaded(session))
    return kept.title


def expired_get(session: VerifiedSession) -> object:
    session.expire(kept := loaded(session))
    return kept and session.get(Note, OWN)


def to_one_by_the_identity_map(session: VerifiedSession) -> object:
    kept = loaded(session)
    session.add(child := Note(title="mine", owner_id=3, parent_id=OWN))
    session.flush()
    return kept and child.parent


def to_one_loaded_in_the_block(session: VerifiedSession) -> object:
    with session.unrestricted(WHY):
        comment = session.get_one(Comment, 1)
        kept = comment.note
    return kept and comment.note


def collection_loaded_in_the_block(session: VerifiedSession) -> object:
    return loaded(session).comments


def collection_of_what_was_read_before(session: VerifiedSession) -> object:
    folder = session.get_one(Folder, 2)
    with session.unrestricted(WHY):
        papers = list(folder.papers)
    return papers and folder.papers


def collection_loaded_eagerly_in_the_block(session: VerifiedSession) -> object:
    with session.unrestricted(WHY):
        load = orm.selectinload(Folder.papers)
        (folder,) = session.scalars(sa.select(Folder).where(Folder.id == 2).options(load))
        papers = list(folder.papers)
    return papers and folder.papers


def merged(session: VerifiedSession) -> object:
    kept = loaded(session)
    return kept and session.merge(Note(id=OWN)).title


def merged_along_a_relationship(session: VerifiedSession) -> object:
    kept = loaded(session)
    mine = Note(id=STRANGE, title="mine", owner_id=3, children=[Note(id=OWN)])
    return kept and [child.title for child in session.merge(mine).children]


def eager_load_along_a_foreign_key(session: VerifiedSession) -> object:
    kept = loaded(session)
    session.add(Note(title="mine", owner_id=3, parent_id=OWN))
    session.flush()
    session.expire_all()
    load = orm.selectinload(Note.parent)
    found = session.scalars(sa.select(Note).where(Note.parent_id == OWN).options(load)).one()
    return kept and found.parent


def column_of_a_subclass(session: VerifiedSession) -> object:
    with session.unrestricted(WHY):
        photo = session.scalars(sa.select(Photo).where(Photo.owner_id == 1)).one()
    session.expire(photo, ["is_hidden"])
    return photo.is_hidden


HITS: list[Body] = [
    get,
    get_by_lock,
    refresh,
    expired_column,
    expired_get,
    to_one_by_the_identity_map,
    to_one_loaded_in_the_block,
    collection_loaded_in_the_block,
    collection_of_what_was_read_before,
    collection_loaded_eagerly_in_the_block,
    merged,
    merged_along_a_relationship,
    eager_load_along_a_foreign_key,
    column_of_a_subclass,
]


@pytest.mark.parametrize("hit", HITS, ids=lambda hit: hit.__name__)
def test_untrusted_row_is_as_good_as_unseen(here: Place, world: str, hit: Body) -> None:
    with here.plain() as session:
        session.add_all([Paper(text="his", owner_id=1, folder_id=2), Photo(owner_id=1)])
        session.commit()

    def read(session: VerifiedSession) -> object:
        try:
            return hit(session)
        except (AccessError, exc.ObjectDeletedError, sa.exc.InvalidRequestError):
            return None

    assert here.run(world, STRANGER, read) in (None, [])


def test_readable_row_is_handed_out_again(here: Place, world: str) -> None:
    def read(session: VerifiedSession) -> None:
        kept: Note = loaded(session, ident=SHARED)
        assert session.get_one(Note, SHARED) is kept
        assert {comment.text for comment in kept.comments} == {"on 2"}
        assert {comment.note for comment in kept.comments} == {kept}
        session.refresh(kept)
        session.expire(kept)
        assert kept.title == "shared"
        assert session.merge(Note(id=SHARED)) is kept

    here.run(world, MEMBER, read)


def test_row_that_comes_back_through_the_filter_is_trusted(here: Place) -> None:
    with here.verified(MEMBER) as session:
        kept = loaded(session, ident=SHARED)
        key = sa.inspect(kept).identity_key
        assert session.trust.doubts(key)
        session.expunge(kept)
        session.get_one(Note, SHARED)
        assert not session.trust.doubts(key)


def write_what_was_loaded(session: VerifiedSession) -> None:
    loaded(session).title = "mine"
    session.commit()


def write_within_the_block(session: VerifiedSession) -> None:
    with session.unrestricted(WHY):
        session.get_one(Note, OWN).title = "mine"
        session.flush()
    session.commit()


def commit_within_the_block(session: VerifiedSession) -> None:
    with session.unrestricted(WHY):
        session.get_one(Note, OWN).title = "mine"
        session.commit()


def delete_within_the_block(session: VerifiedSession) -> None:
    with session.unrestricted(WHY):
        session.delete(session.get_one(Note, OPEN))
        session.commit()


def write_in_bulk_within_the_block(session: VerifiedSession) -> None:
    with session.unrestricted(WHY):
        session.execute(sa.update(Note).values(owner_id=1))
        session.commit()


def link_to_what_was_loaded(session: VerifiedSession) -> None:
    session.add(Comment(text="?", author_id=3, note=loaded(session)))
    session.commit()


WRITES: list[Body] = [
    write_what_was_loaded,
    write_within_the_block,
    commit_within_the_block,
    delete_within_the_block,
    write_in_bulk_within_the_block,
    link_to_what_was_loaded,
]


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
def test_writing_is_judged_as_ever(here: Place, world: str, write: Body) -> None:
    def strike(session: VerifiedSession) -> None:
        with pytest.raises(AccessError):
            write(session)

    before = here.scalar(sa.select(sa.func.string_agg(Note.title, ",").filter(Note.owner_id == 1)))
    here.run(world, STRANGER, strike)
    after = here.scalar(sa.select(sa.func.string_agg(Note.title, ",").filter(Note.owner_id == 1)))
    assert before == after
    assert here.scalar(sa.select(sa.func.count(Comment.id))) == 5


def test_row_that_may_be_written_is(here: Place, world: str) -> None:
    def write(session: VerifiedSession) -> None:
        loaded(session, ident=STRANGE).title = "new"
        session.commit()

    here.run(world, STRANGER, write)
    assert here.scalar(sa.select(Note.title).where(Note.id == STRANGE)) == "new"


def test_change_among_rows_read_so_must_be_flushed_in_the_block(here: Place, world: str) -> None:
    with here.plain() as session:
        session.add(Paper(text="his", owner_id=1, folder_id=2))
        session.commit()

    def add(session: VerifiedSession, flush: bool) -> None:
        with session.unrestricted(WHY):
            folder = session.get_one(Folder, 2)
            folder.papers.append(Paper(text="mine", owner_id=3))
            if flush:
                session.flush()
        assert [paper.text for paper in folder.papers] == ["mine"]
        session.commit()

    with pytest.raises(UnverifiableError, match=r"Folder\.papers .* flush before the block ends"):
        here.run(world, STRANGER, lambda session: add(session, flush=False))
    here.run(world, STRANGER, lambda session: add(session, flush=True))


def test_attached_row_is_untrusted(here: Place, world: str) -> None:
    with here.plain() as plain:
        note = plain.get_one(Note, OWN)
        plain.expunge(note)

    def read(session: VerifiedSession) -> Any:
        session.add(note)
        return session.get(Note, OWN)

    assert here.run(world, STRANGER, read) is None


@pytest.mark.parametrize("reason", ["", "  ", None])
def test_nobody_reads_so_without_a_reason(here: Place, reason: Any) -> None:
    refused = pytest.raises(ValueError, match="say why")
    with here.verified(ADMIN) as session, refused, session.unrestricted(reason):
        pass


def test_each_use_is_put_on_record(here: Place, world: str) -> None:
    kept: list[tuple[str, int, str]] = []

    def keep(connection: sa.Connection, bypass: Bypass) -> None:
        name = connection.scalar(sa.text("SELECT current_user"))
        kept.append((name, bypass.accessor.user_id, bypass.reason))

    def read(session: VerifiedSession) -> None:
        session.on_bypass = keep
        with session.unrestricted(f" {WHY} "):
            assert len(kept) == 1  # before anything is read
        with session.unrestricted("again"):
            session.rollback()

    here.run(world, STRANGER, read)
    name = here.scalar(sa.text("SELECT current_user"))
    assert kept == [(name, 3, WHY), (name, 3, "again")]


def test_coroutines_say_async_with(here: Place) -> None:
    kept: list[str] = []

    async def read(session: Any) -> Any:
        session.sync_session.on_bypass = lambda _, bypass: kept.append(bypass.reason)
        async with session.unrestricted(WHY):
            note = await session.get(Note, OWN)
            assert (await session.scalars(sa.select(Team.id))).all() == [1, 2, 3]
        assert note.title == "own"
        note.title = "mine"
        with pytest.raises(AccessError):
            await session.flush()
        return await session.get(Note, OWN)

    assert here.run_async(STRANGER, read) is None
    assert kept == [WHY]


def test_record_that_cannot_be_made_reads_nothing(here: Place, world: str) -> None:
    def fail(*_: object) -> None:
        raise OSError("the audit is full")

    def read(session: VerifiedSession) -> set[int]:
        session.on_bypass = fail
        with pytest.raises(OSError, match="full"), session.unrestricted(WHY):
            raise AssertionError("never reached")
        return notes(session)

    assert here.run(world, STRANGER, read) == {OPEN, STRANGE}


def test_without_a_record_it_is_said_loudly(here: Place, caplog: pytest.LogCaptureFixture) -> None:
    with here.verified(STRANGER) as session, session.unrestricted(WHY):
        pass
    assert (
        f"Nobody keeps a record of this (no on_bypass was given): user 3 {'reads'}" in caplog.text
    )
    assert [entry.levelname for entry in caplog.records] == ["ERROR"]
