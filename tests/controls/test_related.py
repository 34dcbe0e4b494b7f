"""Rows that are accessible if related rows are."""

from typing import Any

import pytest
import sqlalchemy as sa

from baselayer.app.controls.base import UserAccessControl
from baselayer.app.controls.constant import public, restricted
from baselayer.app.controls.permitted import AccessibleIfPermitted
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible as IfRelated
from baselayer.app.controls.users import accessible_by_owner
from tests.controls.asking import allowed, visible
from tests.controls.building import store
from tests.controls.drawing import Drawn
from tests.factories.gate import Caller, Comment, Folder, Note, NoteTeam, Team, Ticket
from tests.factories.graphs import Picture, Remark, Thing
from tests.factories.places import ADMIN, MEMBER, OWNER, STRANGER, TOKEN, Place


@pytest.mark.parametrize(
    ("accessor", "comments"),
    [(OWNER, {1, 2, 3, 4}), (TOKEN, {1, 2, 3, 4}), (MEMBER, {2, 3, 4}), (STRANGER, {4, 5})],
)
def test_comments_follow_their_note(here: Place, accessor: Caller, comments: set[int]) -> None:
    assert visible(here, IfRelated(note="read"), Comment, accessor) == comments
    assert allowed(here, Comment, "read", accessor) == comments


def test_admin_sees_all(here: Place) -> None:
    assert visible(here, IfRelated(note="read"), Comment, ADMIN) == {1, 2, 3, 4, 5}


def test_several_are_all_required(here: Place) -> None:
    control = IfRelated(note="update", team="update")
    assert visible(here, control, NoteTeam, OWNER) == {1, 2, 3}
    assert visible(here, control, NoteTeam, MEMBER) == set()


def test_of_many_any_suffices_and_none_comes_twice(here: Place) -> None:
    assert visible(here, IfRelated(teams="read"), Note, MEMBER) == {2, 3}
    assert visible(here, IfRelated(note_teams="read"), Note, MEMBER) == {2, 3}
    assert visible(here, IfRelated(members="read"), Team, STRANGER) == {1, 2, 3}


def test_null_refuses_unless_the_target_is_public(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert visible(here, IfRelated(parent="own"), Folder, OWNER) == {3}
    monkeypatch.setattr(Folder, "own", public)
    assert visible(here, IfRelated(parent="own"), Folder, OWNER) == {1, 2, 3, 4}


@pytest.mark.parametrize(
    "control",
    [public | accessible_by_owner, accessible_by_owner | public, public & public],
    ids=["or", "or_reversed", "and"],
)
def test_null_passes_where_the_target_is_public_in_other_words(
    here: Place, control: UserAccessControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Folder, "own", control)
    assert visible(here, IfRelated(parent="own"), Folder, OWNER) == {1, 2, 3, 4}


def test_null_refuses_where_all_depends_on_who_asks(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Folder, "own", AccessibleIfPermitted("Run queries"))
    assert visible(here, IfRelated(parent="own"), Folder, TOKEN) == {3, 4}
    assert visible(here, IfRelated(parent="own"), Folder, OWNER) == set()


@pytest.mark.parametrize(
    ("of_things", "of_pictures", "of_remarks", "allowed"),
    [
        (public, restricted, {"thing": "read"}, {1}),  # a subclass narrows
        (restricted, public, {"picture": "read"}, set()),  # an ancestor does
        (public, public, {"thing": "read", "picture": "read"}, {1, 2}),
    ],
)
def test_public_target_is_looked_at_where_its_relatives_are_not_public(
    graph_engine: sa.Engine,
    of_things: UserAccessControl,
    of_pictures: UserAccessControl,
    of_remarks: dict[str, str],
    allowed: set[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Thing, "read", of_things, raising=False)
    monkeypatch.setattr(Picture, "read", of_pictures, raising=False)
    control = IfRelated(**of_remarks)
    with graph_engine.connect() as connection:
        thing, picture = {"id": 1, "kind": "Thing"}, {"id": 2, "kind": "Picture"}
        remarks: list[dict[str, Any]] = [
            {"id": 1, "thing_id": 1, "picture_id": None},
            {"id": 2, "thing_id": 2, "picture_id": 2},
        ]
        store(connection, Drawn({"Thing": [thing, picture], "Remark": remarks}))
        statement = control.select_accessible_rows(Remark, STRANGER, [Remark.id])
        assert set(connection.scalars(statement)) == allowed


def test_refused_by_all_is_said_without_any_table() -> None:
    assert str(IfRelated(members="closed").predicate(Team, OWNER)) == "false"


def test_self_reference(here: Place) -> None:
    assert allowed(here, Folder, "read", OWNER) == {1, 3}
    assert allowed(here, Folder, "read", STRANGER) == {2, 3, 4}


def test_composite_key_of_the_target(here: Place) -> None:
    assert allowed(here, Ticket, "read", OWNER) == {1}


def test_undeclared_mode_of_the_target_is_closed(here: Place) -> None:
    assert visible(here, IfRelated(note="print"), Comment, OWNER) == set()


def test_relationship_must_be_named_and_exist() -> None:
    with pytest.raises(ValueError, match="at least one relationship"):
        IfRelated()
    with pytest.raises(TypeError, match="no relationship 'notes'"):
        IfRelated(notes="read").predicate(Comment, OWNER)
