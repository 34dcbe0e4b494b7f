"""Why somebody may touch a record: each control's answer, from one SELECT."""

from typing import Any

import pytest
import sqlalchemy as sa

from baselayer.app.controls.checking import modes_of
from tests.controls.asking import allowed
from tests.factories.gate import Comment, Document, Folder, Note, Photo, Seat, Ticket
from tests.factories.places import ADMIN, EDITABLE, MEMBER, OWNER, STRANGER, Place


def test_each_way_is_told(here: Place) -> None:
    with here.plain() as session:
        note = session.get_one(Note, EDITABLE)
        assert str(note.explain(session, MEMBER)).splitlines() == [
            "✓ read Note",
            "  ✓ any of",
            "    ✓ any of",
            "      ✗ owner is the user",
            "      ✓ teams.members is the user",
            "    ✗ AccessibleIf",
        ]
        assert str(note.explain(session, STRANGER, "update")).splitlines() == [
            "✗ update Note",
            "  ✗ any of",
            "    ✗ owner is the user",
            "    ✗ note_teams.team.members is the user under a condition",
        ]


def test_related_records_are_explained_too(here: Place) -> None:
    with here.plain() as session:
        comment = session.get_one(Comment, EDITABLE)
        told = comment.explain(session, MEMBER)
        assert "    ✓ note: read Note" in str(told).splitlines()
        assert "          ✓ teams.members is the user" in str(told).splitlines()
        assert told.as_dict()["parts"][0]["parts"][0]["label"] == "note: read Note"


@pytest.mark.parametrize("cls", [Note, Comment, Folder, Document, Photo, Seat, Ticket])
def test_the_top_is_what_the_predicate_says(here: Place, cls: Any) -> None:
    for who in (OWNER, MEMBER, STRANGER, ADMIN):
        for mode in modes_of(cls):
            wanted = allowed(here, cls, mode, who)
            with here.plain() as session:
                for record in session.scalars(sa.select(cls)):
                    identity = sa.inspect(record).identity
                    ident = identity[0] if len(identity) == 1 else tuple(identity)
                    told = record.explain(session, who, mode)
                    assert told.allowed == (ident in wanted), (told.label, ident)
                    if all(part.allowed for part in told.parts):
                        assert told.allowed


def test_it_is_one_select(here: Place) -> None:
    asked = []
    with here.plain() as session:
        comment = session.get_one(Comment, 1)
        sa.event.listen(here.engine, "before_cursor_execute", lambda *it: asked.append(it[2]))
        comment.explain(session, MEMBER)
    assert len(asked) == 1


def test_a_verified_session_tells_of_what_it_does_not_show(here: Place) -> None:
    with here.plain() as session:
        note = session.get_one(Note, EDITABLE)
    with here.verified(STRANGER) as session:
        assert not note.explain(session, STRANGER).allowed


def test_a_record_that_is_not_stored_says_so(here: Place) -> None:
    with here.plain() as session:
        told = Note(id=77, title="", owner_id=1).explain(session, OWNER)
    assert str(told) == "✗ read Note: it is not stored"
