"""What a transaction has written is known to the end, through savepoints and second changes."""

import pytest
import sqlalchemy as sa

from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.errors import AccessError
from tests.factories.gate import Note, NoteTeam
from tests.factories.places import OPEN, STRANGE, STRANGER, Place


def titles(here: Place) -> dict[int, str]:
    with here.plain() as session:
        return {note.id: note.title for note in session.scalars(sa.select(Note))}


def test_row_of_another_is_not_taken_for_one_that_a_savepoint_took_back(
    here: Place, world: str
) -> None:
    def write(session: VerifiedSession) -> None:
        savepoint = session.begin_nested()
        session.add(mine := Note(id=77, title="mine", owner_id=3))
        session.flush()
        session.expunge(mine)
        savepoint.rollback()
        with here.plain() as other:
            other.add(Note(id=77, title="his", owner_id=1, is_public=True))
            other.commit()
        session.get_one(Note, 77).owner_id = 3
        with pytest.raises(AccessError, match="update Note 77"):
            session.commit()

    here.run(world, STRANGER, write)
    assert here.scalar(sa.select(Note.owner_id).where(Note.id == 77)) == 1


def test_savepoint_within_a_savepoint_forgets_only_its_own(here: Place, world: str) -> None:
    def write(session: VerifiedSession) -> int:
        session.add(first := Note(title="first", owner_id=3))
        with session.begin_nested():
            session.add(second := Note(title="second", owner_id=3))
            with session.begin_nested() as inner:
                session.add(Note(title="third", owner_id=1))
                session.flush()
                inner.rollback()
            second.title = "second again"
        first.title = "first again"
        session.commit()
        return int(second.id)

    made = here.run(world, STRANGER, write)
    assert titles(here)[made] == "second again" and "third" not in titles(here).values()


@pytest.mark.parametrize("flushes", [False, True])
def test_row_changed_twice_is_judged_as_it_ends(here: Place, world: str, flushes: bool) -> None:
    """And each change by what the one before it has made of the row."""

    def there_and_back(session: VerifiedSession) -> None:
        link = session.get_one(NoteTeam, 4)
        link.can_edit = True
        session.flush()
        link.note_id = OPEN
        if flushes:
            session.flush()
        link.note_id = STRANGE
        session.commit()

    if flushes:
        with pytest.raises(AccessError, match="update NoteTeam"):
            here.run(world, STRANGER, there_and_back)
    else:
        here.run(world, STRANGER, there_and_back)
    assert here.scalar(sa.select(NoteTeam.can_edit).where(NoteTeam.id == 4)) is not flushes
