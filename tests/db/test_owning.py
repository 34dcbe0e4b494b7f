"""Giving a record away takes the `transfer` mode, however it is done."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from baselayer.app.controls.constant import public
from baselayer.app.controls.custom import AccessibleIf
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_owner
from baselayer.app.db.owning import owner_columns
from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.errors import AccessError
from tests.factories.gate import (
    Comment,
    Folder,
    Memo,
    Note,
    NoteTeam,
    Person,
    Photo,
    Seat,
    Team,
    TeamMember,
)
from tests.factories.places import (
    ADMIN,
    EDITABLE,
    MEMBER,
    OWN,
    OWNER,
    STRANGER,
    TOKEN,
    Place,
)

Give = Callable[[VerifiedSession], object]


def by_column(session: VerifiedSession) -> None:
    session.get_one(Note, EDITABLE).owner_id = 2


def by_relationship(session: VerifiedSession) -> None:
    session.get_one(Note, EDITABLE).owner = session.get_one(Person, 2)


def by_statement(session: VerifiedSession) -> None:
    session.execute(sa.update(Note).where(Note.id == EDITABLE).values(owner_id=2))


def by_parameters(session: VerifiedSession) -> None:
    session.execute(sa.update(Note).where(Note.id == EDITABLE), {"owner_id": 2})


def by_expression(session: VerifiedSession) -> None:
    session.get_one(Note, EDITABLE).owner_id = sa.literal(2) + 0


def by_merge(session: VerifiedSession) -> None:
    session.merge(Note(id=EDITABLE, owner_id=2))


def in_a_savepoint(session: VerifiedSession) -> None:
    with session.begin_nested():
        by_column(session)


def before_a_savepoint_that_is_rolled_back(session: VerifiedSession) -> None:
    by_column(session)
    session.begin_nested().rollback()


def after_another_change(session: VerifiedSession) -> None:
    session.get_one(Note, EDITABLE).title = "new"
    session.flush()
    by_column(session)


GIVES: list[Give] = [
    by_column,
    by_relationship,
    by_statement,
    by_parameters,
    by_expression,
    by_merge,
    in_a_savepoint,
    before_a_savepoint_that_is_rolled_back,
    after_another_change,
]
named = pytest.mark.parametrize("give", GIVES, ids=lambda give: give.__name__)


def owner(here: Place, note: int = EDITABLE) -> Any:
    return here.scalar(sa.select(Note.owner_id).where(Note.id == note))


def committed(give: Give) -> Give:
    def write(session: VerifiedSession) -> None:
        give(session)
        session.commit()

    return write


@named
def test_closed_unless_declared(here: Place, world: str, give: Give) -> None:
    """Also to one who may update it before and after, as the owner and the editor here."""
    for accessor in (OWNER, MEMBER, TOKEN):
        with pytest.raises(AccessError, match=f"transfer Note {EDITABLE}"):
            here.run(world, accessor, committed(give))
    assert owner(here) == 1


@named
def test_declared_it_is_the_owners_to_give(
    here: Place, world: str, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nobody's to take, though an editor may update all else of it."""
    monkeypatch.setattr(Note, "transfer", accessible_by_owner, raising=False)
    for accessor in (MEMBER, STRANGER):
        if give is by_statement or give is by_parameters:
            continue  # see below
        with pytest.raises((AccessError, sa.exc.NoResultFound, sa.exc.IntegrityError)):
            here.run(world, accessor, committed(give))
    assert owner(here) == 1
    here.run(world, OWNER, committed(give))
    assert owner(here) == 2


def test_stranger_reaches_no_row_in_bulk(
    here: Place, world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Note, "transfer", accessible_by_owner, raising=False)
    here.run(world, STRANGER, committed(by_statement))
    with pytest.raises(AccessError, match="transfer Note"):
        here.run(world, MEMBER, committed(by_statement))
    assert owner(here) == 1


@named
def test_admin_gives_what_he_likes(here: Place, world: str, give: Give) -> None:
    here.run(world, ADMIN, committed(give))
    assert owner(here) == 2


def test_what_else_changes_must_stay_the_givers_to_change(
    here: Place, world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a transfer would carry a change past the judgement of what a row becomes."""
    monkeypatch.setattr(Note, "transfer", public, raising=False)

    def both(session: VerifiedSession) -> None:
        note = session.get_one(Note, OWN)
        note.owner_id, note.title = 3, "his"
        session.commit()

    def both_in_bulk(session: VerifiedSession) -> None:
        session.execute(sa.update(Note).where(Note.id == OWN).values(owner_id=3, title="his"))
        session.commit()

    def change_afterwards(session: VerifiedSession) -> None:
        note = session.get_one(Note, OWN)
        note.owner_id = 3
        session.flush()
        note.title = "his"
        session.commit()

    for attempt in (both, both_in_bulk, change_afterwards):
        with pytest.raises(AccessError, match="update Note 1"):
            here.run(world, OWNER, attempt)
    assert owner(here, OWN) == 1


def test_change_before_is_judged_before_it_is_given(
    here: Place, world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing asks the giver afterwards, so what he did earlier is asked about now."""
    monkeypatch.setattr(Note, "transfer", accessible_by_owner, raising=False)
    monkeypatch.setattr(Note, "update", accessible_by_owner & AccessibleIf(lambda n: ~n.is_public))

    def publish_and_give(session: VerifiedSession) -> None:
        note = session.get_one(Note, OWN)
        note.is_public = True
        session.flush()
        note.owner_id = 3
        session.commit()

    with pytest.raises(AccessError, match="update Note 1"):
        here.run(world, OWNER, publish_and_give)
    assert owner(here, OWN) == 1


def test_what_is_new_is_not_given_but_made(here: Place, world: str) -> None:
    def make(session: VerifiedSession) -> int:
        session.add(note := Note(title="new", owner_id=1))
        session.flush()
        note.owner_id = 3
        session.commit()
        return int(note.id)

    made = here.run(world, STRANGER, make)
    assert owner(here, made) == 3
    with pytest.raises(AccessError, match="create Note"):
        here.run(world, OWNER, make)


def test_rollback_of_a_savepoint_takes_the_gift_back(
    here: Place, world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Note, "transfer", accessible_by_owner, raising=False)

    def write(session: VerifiedSession) -> None:
        savepoint = session.begin_nested()
        by_column(session)
        session.flush()
        savepoint.rollback()
        session.get_one(Note, EDITABLE).title = "kept"
        session.commit()

    here.run(world, OWNER, write)
    assert owner(here) == 1


def test_owner_columns_follow_from_the_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {
        cls.__name__: set(owner_columns(sa.inspect(cls)))
        for cls in (Note, Comment, Folder, Photo, Memo, Seat, Team, TeamMember, NoteTeam, Person)
    }
    nothing: set[str] = set()
    assert found == {
        "Note": {"owner_id"},
        "Comment": {"author_id"},
        "Folder": {"owner_id"},
        "Photo": {"owner_id"},
        "Memo": {"owner_id"},
        "Seat": {"owner_id"},
        "Team": nothing,
        "TeamMember": nothing,
        "NoteTeam": nothing,
        "Person": nothing,
    }
    monkeypatch.setattr(Note, "update", ~AccessibleIfUserMatches("parent.owner"))
    monkeypatch.setattr(Note, "delete", ~accessible_by_owner)
    assert owner_columns(sa.inspect(Note)) == {"owner_id"}


def test_class_may_name_them_itself(
    here: Place, world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TeamMember, "owner_relationships", ("person",), raising=False)

    def replace(session: VerifiedSession) -> None:
        session.get_one(TeamMember, 2).person_id = 3
        session.commit()

    with pytest.raises(AccessError, match="transfer TeamMember 2"):
        here.run(world, OWNER, replace)
    monkeypatch.setattr(TeamMember, "owner_relationships", (), raising=False)
    here.run(world, OWNER, replace)
    assert here.scalar(sa.select(TeamMember.person_id).where(TeamMember.id == 2)) == 3


def test_owner_that_is_deleted_does_not_leave_foreign_records_ownerless(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLAlchemy would set their foreign key to null, and who deletes him may update them."""
    monkeypatch.setattr(Folder, "update", AccessibleIfUserMatches("parent.owner") | public)
    monkeypatch.setattr(Folder, "owner_relationships", ("parent",), raising=False)
    with here.verified(OWNER) as session:
        session.delete(session.get_one(Folder, 1))
        with pytest.raises(AccessError, match="transfer Folder 3"):
            session.commit()
