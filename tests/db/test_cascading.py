"""What goes along with a deleted record: judged by the unit of work, or spoken for."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from baselayer.app.controls.constant import public
from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.errors import AccessError
from tests.factories.gate import Comment, Folder, Note, NoteTeam, Paper, Team, TeamMember
from tests.factories.places import OPEN, OWN, OWNER, STRANGER, Place

Delete = Callable[[VerifiedSession], object]


def by_record(session: VerifiedSession) -> None:
    session.delete(session.get_one(Note, OPEN))
    session.commit()


def by_statement(session: VerifiedSession) -> None:
    session.execute(sa.delete(Note).where(Note.id == OPEN))
    session.commit()


named = pytest.mark.parametrize("delete", [by_record, by_statement], ids=lambda d: d.__name__)


def comment(here: Place, author: int, note: int = OPEN) -> None:
    with here.plain() as session:
        session.add(Comment(text="?", note_id=note, author_id=author))
        session.commit()


def count(here: Place, note: int = OPEN) -> int:
    return int(here.scalar(sa.select(sa.func.count()).where(Comment.note_id == note)))


@named
def test_delete_control_speaks_for_what_the_database_removes(
    here: Place, world: str, delete: Delete
) -> None:
    comment(here, author=3)
    with (
        pytest.raises(AccessError, match=f"delete Note {OPEN}")
        if delete is by_record
        else (pytest.MonkeyPatch.context())
    ):
        here.run(world, STRANGER, delete)
    assert count(here) == 2
    here.run(world, OWNER, delete)
    assert count(here) == 0


@named
def test_class_may_have_its_rows_judged(
    here: Place, world: str, delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Comment, "judges_cascade", True, raising=False)
    comment(here, author=3)
    with pytest.raises(AccessError, match="delete Comment 6"):
        here.run(world, OWNER, delete)
    assert count(here) == 2
    with here.plain() as session:
        session.execute(sa.delete(Comment).where(Comment.author_id == 3))
        session.commit()
    here.run(world, OWNER, delete)
    assert count(here) == 0


def test_rows_further_down_are_judged_too(
    here: Place, world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's notes go with him, and their comments with them; a circle of keys ends."""
    monkeypatch.setattr(Team, "delete", public)
    monkeypatch.setattr(TeamMember, "judges_cascade", True, raising=False)

    def delete(session: VerifiedSession) -> None:
        session.execute(sa.delete(Team).where(Team.id == 1))
        session.commit()

    monkeypatch.setattr(Team, "update", public)
    here.run(world, OWNER, delete)
    with here.plain() as session:
        session.add(Team(id=1, name="again"))
        session.flush()
        session.add(TeamMember(team_id=1, person_id=2))
        session.commit()
    monkeypatch.undo()
    monkeypatch.setattr(Team, "delete", public)
    monkeypatch.setattr(NoteTeam, "judges_cascade", True, raising=False)
    with here.plain() as session:
        session.add(NoteTeam(note_id=OWN, team_id=3))
        session.commit()

    def delete_strangers(session: VerifiedSession) -> None:
        session.execute(sa.delete(Team).where(Team.id == 3))
        session.commit()

    with pytest.raises(AccessError, match=r"delete NoteTeam 5"):
        here.run(world, STRANGER, delete_strangers)


def test_what_is_deleted_along_is_asked_about_once(
    here: Place, world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Comment, "judges_cascade", True, raising=False)

    def delete(session: VerifiedSession) -> None:
        note = session.get_one(Note, OPEN)
        for mine in note.comments:
            session.delete(mine)
        session.delete(note)
        session.commit()

    here.run(world, OWNER, delete)
    assert count(here) == 0


def test_children_that_the_unit_of_work_deletes_are_judged(here: Place, world: str) -> None:
    """`cascade="all, delete-orphan"`: of the folder's papers one is not his, but he reads it."""
    with here.plain() as session:
        session.get_one(Folder, 3).parent_id = None
        session.commit()

    def delete(session: VerifiedSession) -> None:
        with session.unrestricted("to see all papers of the folder"):
            session.delete(session.get_one(Folder, 1))
            session.commit()

    with pytest.raises(AccessError, match="delete Paper 2"):
        here.run(world, OWNER, delete)
    assert here.scalar(sa.select(sa.func.count(Paper.id))) == 2


def test_orphans_are_judged(here: Place, world: str) -> None:
    def take_out(session: VerifiedSession) -> None:
        with session.unrestricted("to see all papers of the folder"):
            folder = session.get_one(Folder, 1)
            folder.papers.clear()
            session.commit()

    with pytest.raises(AccessError, match="delete Paper 2"):
        here.run(world, OWNER, take_out)
    assert here.scalar(sa.select(sa.func.count(Paper.id))) == 2
