"""What may be written is written, and what a refusal leaves behind."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event, orm

from baselayer.app.controls.constant import public, restricted
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_owner
from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.errors import AccessError
from tests.factories.gate import (
    Comment,
    Document,
    Folder,
    Note,
    NoteTeam,
    Paper,
    Photo,
    Seat,
    Team,
    TeamMember,
)
from tests.factories.places import (
    ADMIN,
    EDITABLE,
    MEMBER,
    OPEN,
    OWN,
    OWNER,
    STRANGE,
    STRANGER,
    Place,
)


def titles(here: Place) -> dict[int, str]:
    with here.plain() as session:
        return {note.id: note.title for note in session.scalars(sa.select(Note))}


@pytest.mark.parametrize(
    ("accessor", "note"),
    [(OWNER, OWN), (MEMBER, EDITABLE), (STRANGER, STRANGE), (ADMIN, OWN), (ADMIN, STRANGE)],
)
def test_who_may_update_does(here: Place, world: str, accessor: Any, note: int) -> None:
    def write(session: VerifiedSession) -> None:
        session.get_one(Note, note).title = "new"
        session.commit()

    here.run(world, accessor, write)
    assert titles(here)[note] == "new"


@pytest.mark.parametrize("flushes", [False, True])
def test_new_record_may_be_edited(here: Place, world: str, flushes: bool) -> None:
    def write(session: VerifiedSession) -> int:
        session.add(note := Note(title="new", owner_id=1))
        if flushes:
            session.flush()
        note.title = "newer"
        session.commit()
        return int(note.id)

    made = here.run(world, OWNER, write)
    assert titles(here)[made] == "newer"


def test_links_may_follow_what_they_make_allowed(
    here: Place, world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note that only its teams may make: it has none when it is flushed."""
    monkeypatch.setattr(Note, "create", AccessibleIfUserMatches("teams.members"))

    def write(session: VerifiedSession) -> int:
        with session.begin_nested():
            session.add(note := Note(title="ours", owner_id=1))
        assert session.scalars(sa.select(Team)).all()
        session.add(NoteTeam(note=note, team_id=1))
        session.commit()
        return int(note.id)

    made = here.run(world, OWNER, write)
    assert titles(here)[made] == "ours"

    def forget_the_link(session: VerifiedSession) -> None:
        session.add(Note(title="nobody's", owner_id=1))
        session.flush()
        with pytest.raises(AccessError, match="create Note"):
            session.commit()

    here.run(world, OWNER, forget_the_link)
    assert "nobody's" not in titles(here).values()


def test_all_of_a_family_at_once(here: Place, world: str) -> None:
    def write(session: VerifiedSession) -> int:
        note = Note(title="new", owner_id=1)
        note.comments = [Comment(text=str(number), author_id=1) for number in range(3)]
        note.note_teams = [NoteTeam(team_id=1), NoteTeam(team_id=2, can_edit=True)]
        session.add(note)
        session.commit()
        return int(note.id)

    made = here.run(world, OWNER, write)
    assert here.scalar(sa.select(sa.func.count(Comment.id)).where(Comment.note_id == made)) == 3


def test_new_child_by_a_collection_without_a_way_back(
    here: Place, world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Folder, "create", accessible_by_owner & by_parent)

    def write(session: VerifiedSession, folder: int) -> None:
        root = session.get_one(Folder, folder)
        root.children.append(Folder(name="new", owner_id=1))
        session.commit()

    here.run(world, OWNER, lambda session: write(session, 1))
    with pytest.raises(AccessError, match="create Folder"):
        here.run(world, OWNER, lambda session: write(session, 3))


def test_team_and_its_first_member_at_once(here: Place, world: str) -> None:
    def write(session: VerifiedSession) -> int:
        session.add(member := TeamMember(team=Team(name="new"), person_id=3, is_lead=True))
        session.commit()
        session.add(TeamMember(team_id=member.team_id, person_id=1))
        session.commit()
        return int(member.team_id)

    made = here.run(world, STRANGER, write)
    assert here.scalar(sa.select(sa.func.count()).where(TeamMember.team_id == made)) == 2


def test_member_may_invite_and_a_stranger_may_not(here: Place, world: str) -> None:
    def invite(session: VerifiedSession) -> None:
        session.add(TeamMember(team_id=1, person_id=3))
        session.commit()

    with pytest.raises(AccessError, match=r"^You may not create TeamMember\.$"):
        here.run(world, STRANGER, invite)
    here.run(world, MEMBER, invite)


def test_owner_shares_by_objects(here: Place, world: str) -> None:
    def share(session: VerifiedSession) -> None:
        note, team = session.get_one(Note, OWN), session.get_one(Team, 1)
        session.add(NoteTeam(note=note, team=team))
        session.commit()

    here.run(world, OWNER, share)
    with here.verified(MEMBER) as session:
        assert session.get(Note, OWN) is not None


def test_child_is_not_stolen_by_appending_it(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its new place would allow what its old one does not, and the child itself was not touched."""
    for mode in ("read", "update"):
        monkeypatch.setattr(Folder, mode, public if mode == "read" else by_parent)
    with here.verified(STRANGER) as session:
        victim, mine = session.get_one(Folder, 3), session.get_one(Folder, 2)
        mine.children.append(victim)
        with pytest.raises(AccessError, match="update Folder 3"):
            session.commit()
    with here.verified(STRANGER) as session:
        root = session.get_one(Folder, 1)
        root.children.clear()
        with pytest.raises(AccessError, match="update Folder 3"):
            session.commit()
    assert here.scalar(sa.select(Folder.parent_id).where(Folder.id == 3)) == 1


by_parent = AccessibleIfUserMatches("parent.owner")


def test_deleted_parent_does_not_change_foreign_children(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLAlchemy would set their foreign key to null, without their being in the session."""
    with here.verified(OWNER) as session:
        session.delete(session.get_one(Paper, 1))
        session.commit()
    with here.plain() as session:
        session.delete(session.get_one(Paper, 2))
        session.commit()
    with here.verified(OWNER) as session:
        session.delete(session.get_one(Folder, 1))
        with pytest.raises(AccessError, match="update Folder 3"):
            session.commit()
    monkeypatch.setattr(Folder, "update", public)
    with here.verified(OWNER) as session:
        session.delete(session.get_one(Folder, 1))
        session.commit()
    assert here.scalar(sa.select(Folder.parent_id).where(Folder.id == 3)) is None


def test_record_that_falls_out_of_its_parent_is_judged(here: Place, world: str) -> None:
    def take_out(session: VerifiedSession) -> None:
        folder = session.get_one(Folder, 1)
        folder.papers.clear()
        session.commit()

    here.run(world, OWNER, take_out)  # sees and removes his own only
    with here.plain() as session:
        assert [paper.text for paper in session.scalars(sa.select(Paper))] == ["his"]


def test_unchanged_record_is_not_judged(here: Place, world: str) -> None:
    def touch(session: VerifiedSession) -> None:
        note = session.get_one(Note, OPEN)
        note.title = str(note.title)
        note.comments.append(Comment(text="mine", author_id=3))
        session.commit()

    here.run(world, STRANGER, touch)
    assert here.scalar(sa.select(sa.func.count()).where(Comment.note_id == OPEN)) == 2


def test_deleting_what_was_just_made(here: Place, world: str) -> None:
    def write(session: VerifiedSession) -> None:
        session.add(note := Note(title="his", owner_id=1))
        session.flush()
        session.delete(note)
        session.commit()

    before = titles(here)
    here.run(world, STRANGER, write)
    assert titles(here) == before


def test_rolled_back_savepoint_leaves_nothing_to_judge(here: Place, world: str) -> None:
    def write(session: VerifiedSession) -> None:
        savepoint = session.begin_nested()
        session.add(Note(title="his", owner_id=1))
        session.flush()
        savepoint.rollback()
        session.add(Note(title="mine", owner_id=3))
        session.commit()

    here.run(world, STRANGER, write)
    assert "mine" in titles(here).values() and "his" not in titles(here).values()


def test_refused_savepoint_leaves_the_rest(here: Place, world: str) -> None:
    def write(session: VerifiedSession) -> None:
        session.add(Note(title="mine", owner_id=3))
        with pytest.raises(AccessError), session.begin_nested():
            session.get_one(Note, OPEN).title = "taken"
        session.commit()

    here.run(world, STRANGER, write)
    assert "mine" in titles(here).values() and "taken" not in titles(here).values()


def test_composite_key_is_judged(here: Place, world: str) -> None:
    def write(session: VerifiedSession) -> None:
        session.add(mine := Seat(row=2, number=2, owner_id=1))
        session.flush()
        mine.number = 7
        session.commit()
        session.get_one(Seat, (2, 7)).owner_id = 3
        session.commit()

    with pytest.raises(AccessError, match="transfer Seat 2/7"):
        here.run(world, OWNER, write)
    assert here.scalar(sa.select(sa.func.count()).where(Seat.owner_id == 1)) == 2


def test_subclass_is_judged_by_its_ancestors_too(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Photo, "update", public)
    with here.verified(STRANGER) as session:
        session.get_one(Photo, 4).is_hidden = True
        session.commit()
    monkeypatch.setattr(Document, "update", restricted)
    with here.verified(STRANGER) as session:
        session.get_one(Document, 4)
        session.get_one(Photo, 4).is_hidden = False
        with pytest.raises(AccessError, match="update Photo 4"):
            session.commit()


def test_change_of_a_subclass_alone_moves_the_time(here: Place) -> None:
    with here.verified(STRANGER) as session:
        photo = session.get_one(Photo, 4)
        before = photo.modified
        photo.is_hidden = True
        session.commit()
        assert photo.modified > before and photo.updated_at == photo.modified


def test_refusal_names_mode_class_and_id_only(here: Place) -> None:
    with here.verified(STRANGER) as session:
        session.get_one(Note, OPEN).title = "secret words"
        with pytest.raises(AccessError) as caught:
            session.commit()
    assert str(caught.value) == f"You may not update Note {OPEN}."
    assert caught.value.details == {"refused": [f"update Note {OPEN}"]}


def sent_by(here: Place, world: str, body: Any) -> list[str]:
    """Return the first word of each statement sent, COUNT for a question of the gate's."""
    sent: list[str] = []

    def note(*arguments: Any) -> None:
        statement = arguments[2]
        sent.append("COUNT" if "count(*)" in statement else statement.split()[0])

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        here.run(world, OWNER, body)
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)
    return [word for word in sent if word not in ("SAVEPOINT", "RELEASE")]


def test_reading_asks_nothing_more(here: Place, world: str) -> None:
    def read(session: VerifiedSession) -> None:
        note = session.scalars(sa.select(Note)).all()[0]
        assert session.get(Note, note.id) is note
        assert note.comments and note.owner
        session.scalars(sa.select(Folder).options(orm.joinedload(Folder.papers))).unique().all()
        session.commit()

    assert sent_by(here, world, read) == ["SELECT"] * 4


def test_writing_asks_once_before_and_once_after(here: Place, world: str) -> None:
    def write(session: VerifiedSession) -> None:
        notes, folder = session.scalars(sa.select(Note)).all(), session.get_one(Folder, 1)
        session.delete(session.get_one(Comment, 1))
        notes[0].title, folder.name = "new", "new"
        session.add_all(Comment(text=str(n), note_id=OWN, author_id=1) for n in range(50))
        session.add(Paper(text="x", folder_id=1, owner_id=1))
        session.commit()

    sent = sent_by(here, world, write)
    assert sent.count("COUNT") == 2
    assert sent[:4] == ["SELECT", "SELECT", "SELECT", "COUNT"] and sent[-1] == "COUNT"
    assert set(sent[4:-1]) == {"INSERT", "UPDATE", "DELETE"}


def test_creating_asks_once_before_and_once_after(here: Place, world: str) -> None:
    """Of a class that refers to nothing but its owner, only after."""

    def write(session: VerifiedSession) -> None:
        session.add_all(Note(title=str(number), owner_id=1) for number in range(100))
        session.commit()

    assert sent_by(here, world, write) == ["INSERT", "COUNT"]


@pytest.mark.parametrize("moment", ["after_flush", "before_commit"])
def test_what_a_listener_adds_at_the_commit_is_judged(here: Place, world: str, moment: str) -> None:
    def write(session: VerifiedSession) -> None:
        additions = [Note(title="his", owner_id=1)]

        def add(*_: Any) -> None:
            if additions:
                session.add(additions.pop())

        event.listen(session, moment, add)
        session.add(Note(title="mine", owner_id=3))
        with pytest.raises(AccessError, match="create Note"):
            session.commit()
        assert not additions

    before = titles(here)
    here.run(world, STRANGER, write)
    assert titles(here) == before
