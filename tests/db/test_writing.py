"""Ways to write what one may not, each in both worlds: none of them is committed."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.errors import AccessError
from tests.factories.gate import Comment, Folder, Label, Note, NoteTeam, Paper, Seat, TeamMember
from tests.factories.places import OPEN, OWN, STRANGE, STRANGER, Place

Attack = Callable[[VerifiedSession], object]

NOTES: Any = Note.__table__


def plain_update(session: VerifiedSession) -> None:
    session.get_one(Note, OPEN).title = "mine"
    session.commit()


def take_over(session: VerifiedSession) -> None:
    note = session.get_one(Note, OPEN)
    note.owner_id, note.title = 3, "mine"
    session.commit()


def take_over_by_relationship(session: VerifiedSession) -> None:
    note = session.get_one(Note, OPEN)
    note.owner = session.get_one(Note, STRANGE).owner
    session.commit()


def delete(session: VerifiedSession) -> None:
    session.delete(session.get_one(Note, OPEN))
    session.commit()


def flush_then_commit(session: VerifiedSession) -> None:
    session.get_one(Note, OPEN).title = "mine"
    session.flush()
    session.commit()


def query_then_commit(session: VerifiedSession) -> None:
    session.get_one(Note, OPEN).title = "mine"
    session.scalars(sa.select(Note)).all()
    session.commit()


def delete_then_query(session: VerifiedSession) -> None:
    session.delete(session.get_one(Note, OPEN))
    session.scalars(sa.select(Note)).all()
    session.commit()


def exit_of_begin(session: VerifiedSession) -> None:
    with session.begin():
        session.get_one(Note, STRANGE).owner_id = 1


def exit_of_begin_with_an_open_savepoint(session: VerifiedSession) -> None:
    with session.begin():
        session.begin_nested()
        session.get_one(Note, STRANGE).owner_id = 1


def commit_with_open_savepoints(session: VerifiedSession) -> None:
    session.begin_nested()
    session.begin_nested()
    session.get_one(Note, STRANGE).owner_id = 1
    session.commit()


def give_away(session: VerifiedSession) -> None:
    session.get_one(Note, STRANGE).owner_id = 1
    session.commit()


def give_away_in_bulk(session: VerifiedSession) -> None:
    session.execute(sa.update(Note).values(owner_id=1))
    session.commit()


def give_away_in_bulk_by_parameters(session: VerifiedSession) -> None:
    session.execute(sa.update(Note), {"owner_id": 1})
    session.commit()


def give_away_under_another_key(session: VerifiedSession) -> None:
    note = session.get_one(Note, STRANGE)
    session.delete(session.get_one(Comment, STRANGE))
    session.execute(sa.delete(NoteTeam))
    note.id, note.owner_id = 900, 1
    session.commit()


def give_away_in_bulk_under_another_key(session: VerifiedSession) -> None:
    session.execute(sa.update(Note).values(id=900, owner_id=1))
    session.commit()


def create_for_another(session: VerifiedSession) -> None:
    session.add(Note(title="his", owner_id=1))
    session.commit()


def create_and_give_away(session: VerifiedSession) -> None:
    session.add(note := Note(title="his", owner_id=3))
    session.flush()
    note.owner_id = 1
    session.commit()


def change_before_an_empty_savepoint(session: VerifiedSession) -> None:
    session.get_one(Note, STRANGE).owner_id = 1
    with session.begin_nested():
        pass
    session.commit()


def give_away_and_roll_back_a_savepoint(session: VerifiedSession) -> None:
    session.get_one(Note, STRANGE).owner_id = 1
    session.flush()
    session.begin_nested().rollback()
    session.commit()


def give_away_in_a_savepoint(session: VerifiedSession) -> None:
    with session.begin_nested():
        session.get_one(Note, STRANGE).owner_id = 1
    session.commit()


def create_in_a_savepoint(session: VerifiedSession) -> None:
    with session.begin_nested():
        session.add(Note(title="his", owner_id=1))
    session.commit()


def change_before_a_savepoint(session: VerifiedSession) -> None:
    session.get_one(Note, OPEN).title = "mine"
    session.begin_nested()


def delete_in_a_savepoint(session: VerifiedSession) -> None:
    with session.begin_nested():
        session.delete(session.get_one(Note, OPEN))
    session.commit()


def steal_a_child_by_the_collection(session: VerifiedSession) -> None:
    orm.make_transient_to_detached(root := Folder(id=1, parent_id=None))
    session.add(root)
    mine = session.get_one(Folder, 2)
    mine.children.append(root)
    session.commit()


def merge_a_foreign_row(session: VerifiedSession) -> None:
    session.merge(Note(id=OPEN, title="mine", owner_id=3))
    session.commit()


def merge_an_unseen_row(session: VerifiedSession) -> None:
    session.merge(Note(id=OWN, title="mine", owner_id=1))
    session.commit()


def merge_without_loading(session: VerifiedSession) -> None:
    copy = orm.make_transient_to_detached
    copy(note := Note(id=OPEN))
    session.merge(note, load=False).title = "mine"
    session.commit()


def attach_an_unseen_row(session: VerifiedSession) -> None:
    orm.make_transient_to_detached(note := Note(id=OWN))
    session.add(note)
    note.title = "mine"
    session.commit()


def attach_an_unseen_row_to_read_it(session: VerifiedSession) -> None:
    orm.make_transient_to_detached(note := Note(id=OWN))
    session.add(note)
    assert note.title == "own"
    session.commit()


def write_a_plain_link(session: VerifiedSession) -> None:
    note = session.get_one(Note, STRANGE)
    note.labels.append(session.get_one(Label, 1))
    session.commit()


def write_a_plain_link_from_the_other_side(session: VerifiedSession) -> None:
    label = session.get_one(Label, 1)
    label.notes.append(session.get_one(Note, STRANGE))
    session.commit()


def share_what_is_not_mine(session: VerifiedSession) -> None:
    session.add(NoteTeam(note_id=OPEN, team_id=3, can_edit=True))
    session.commit()


def share_what_is_not_mine_bit_by_bit(session: VerifiedSession) -> None:
    session.add(NoteTeam(note_id=OPEN, team_id=3, can_edit=True))
    session.flush()
    session.get_one(Note, OPEN).title = "mine"
    session.commit()


def share_by_objects(session: VerifiedSession) -> None:
    link = NoteTeam(note=session.get_one(Note, OPEN), can_edit=True, team_id=3)
    session.add(link)
    session.commit()


def let_oneself_in(session: VerifiedSession) -> None:
    """Members may invite: by then one would be a member."""
    session.add(TeamMember(team_id=1, person_id=3))
    session.commit()


def move_a_membership(session: VerifiedSession) -> None:
    session.get_one(TeamMember, 5).team_id = 1
    session.commit()


def move_a_membership_in_bulk(session: VerifiedSession) -> None:
    session.execute(sa.update(TeamMember).values(team_id=1))
    session.commit()


def move_a_share(session: VerifiedSession) -> None:
    session.get_one(NoteTeam, 4).note_id = OPEN
    session.commit()


def comment_on_what_is_unseen(session: VerifiedSession) -> None:
    session.add(Comment(text="?", note_id=OWN, author_id=3))
    session.commit()


def take_another_composite_key(session: VerifiedSession) -> None:
    session.merge(Seat(row=1, number=1, owner_id=3))
    session.commit()


def orphan_anothers_paper(session: VerifiedSession) -> None:
    folder = session.get_one(Folder, 3)
    orm.make_transient_to_detached(paper := Paper(id=1, folder_id=3))
    session.add(paper)
    orm.attributes.set_committed_value(folder, "papers", [paper])
    folder.papers.clear()
    session.commit()


ATTACKS: list[Attack] = [
    plain_update,
    take_over,
    take_over_by_relationship,
    delete,
    flush_then_commit,
    query_then_commit,
    delete_then_query,
    exit_of_begin,
    exit_of_begin_with_an_open_savepoint,
    commit_with_open_savepoints,
    give_away,
    give_away_in_bulk,
    give_away_in_bulk_by_parameters,
    give_away_under_another_key,
    give_away_in_bulk_under_another_key,
    create_for_another,
    create_and_give_away,
    change_before_an_empty_savepoint,
    give_away_and_roll_back_a_savepoint,
    give_away_in_a_savepoint,
    create_in_a_savepoint,
    delete_in_a_savepoint,
    change_before_a_savepoint,
    steal_a_child_by_the_collection,
    merge_a_foreign_row,
    merge_without_loading,
    attach_an_unseen_row,
    attach_an_unseen_row_to_read_it,
    write_a_plain_link,
    write_a_plain_link_from_the_other_side,
    share_what_is_not_mine,
    share_what_is_not_mine_bit_by_bit,
    share_by_objects,
    let_oneself_in,
    move_a_membership,
    move_a_membership_in_bulk,
    move_a_share,
    comment_on_what_is_unseen,
    orphan_anothers_paper,
]

# Statements that name no records, and so are refused before anything is sent.
REFUSED: dict[str, Attack] = {
    "core_update": lambda s: s.execute(sa.update(NOTES).values(title="mine")),
    "core_delete": lambda s: s.execute(sa.delete(NOTES)),
    "core_insert": lambda s: s.execute(sa.insert(NOTES).values(title="x", owner_id=3)),
    "text": lambda s: s.execute(sa.text("UPDATE notes SET title = 'mine'")),
    "connection": lambda s: s.connection().execute(sa.text("UPDATE notes SET title = 'mine'")),
    "bulk_insert": lambda s: s.execute(sa.insert(Note), [{"title": "x", "owner_id": 3}]),
    "insert_returning": lambda s: s.scalars(
        sa.insert(Note).returning(Note), [{"title": "x", "owner_id": 3}]
    ),
    "update_by_key": lambda s: s.execute(sa.update(Note), [{"id": STRANGE, "title": "mine"}]),
    "bulk_save_objects": lambda s: s.bulk_save_objects([Note(title="x", owner_id=3)]),
    "bulk_insert_mappings": lambda s: s.bulk_insert_mappings(Note, [{"title": "x", "owner_id": 3}]),
    "bulk_update_mappings": lambda s: s.bulk_update_mappings(Note, [{"id": 5, "title": "x"}]),
    "write_within_a_select": lambda s: s.execute(
        sa.select(sa.delete(Note).returning(Note.id).cte("gone").c.id)
    ),
    "ddl": lambda s: s.execute(sa.schema.DropTable(Note.__table__)),  # type: ignore[arg-type] # a Table
    "function": lambda s: s.execute(sa.func.lo_create(0)),
}


def everything(here: Place) -> dict[str, list[tuple[object, ...]]]:
    """Return all that the database holds, but for the times of change."""
    with here.engine.connect() as connection:
        return {
            table.name: sorted(
                map(
                    tuple,
                    connection.execute(sa.select(*(c for c in table.c if c.name != "modified"))),
                ),
                key=str,
            )
            for table in Note.metadata.tables.values()
        }


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_attack_commits_nothing(here: Place, world: str, attack: Attack) -> None:
    before = everything(here)

    def strike(session: VerifiedSession) -> None:
        with pytest.raises((AccessError, orm.exc.ObjectDeletedError)) as caught:
            attack(session)
        if not isinstance(caught.value, AccessError):
            session.rollback()  # it found a row gone, which it may not see
        session.commit()  # the session can be used again, and has forgotten the attempt

    here.run(world, STRANGER, strike)
    assert everything(here) == before


@pytest.mark.parametrize("name", REFUSED)
def test_what_names_no_records_is_refused(here: Place, world: str, name: str) -> None:
    before = everything(here)

    def strike(session: VerifiedSession) -> None:
        with pytest.raises(AccessError, match="A verified session refuses"):
            REFUSED[name](session)
        session.commit()

    here.run(world, STRANGER, strike)
    assert everything(here) == before


@pytest.mark.parametrize("attack", [merge_an_unseen_row, take_another_composite_key])
def test_unseen_row_is_as_good_as_absent(here: Place, attack: Attack) -> None:
    before = everything(here)
    with here.verified(STRANGER) as session, pytest.raises((AccessError, sa.exc.IntegrityError)):
        attack(session)
    assert everything(here) == before


@pytest.mark.parametrize("statement", [sa.update(Note).values(title="mine"), sa.delete(Note)])
def test_bulk_write_reaches_own_rows_only(here: Place, world: str, statement: sa.Update) -> None:
    def strike(session: VerifiedSession) -> None:
        session.execute(sa.delete(NoteTeam))
        session.execute(sa.delete(Comment))
        session.execute(statement)
        session.commit()

    before = everything(here)["notes"]
    here.run(world, STRANGER, strike)
    after = everything(here)["notes"]
    assert [row for row in before if row[0] != STRANGE] == [
        row for row in after if row[0] != STRANGE
    ]
    assert before != after
