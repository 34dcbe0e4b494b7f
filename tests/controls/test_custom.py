"""Conditions and statements of one's own."""

from typing import Any

import pytest
import sqlalchemy as sa

from baselayer.app.controls.custom import AccessibleIf, CustomUserAccessControl
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.controls.users import accessible_by_owner
from baselayer.app.errors import PolicyError
from tests.controls.asking import allowed, visible
from tests.factories.gate import Comment, Note, Person, Seat
from tests.factories.places import ADMIN, MEMBER, OPEN, OWNER, STRANGE, STRANGER, Place


def mine(cls: Any, accessor: Any) -> Any:
    return cls.owner_id == accessor.user_id


def mine_by_select(cls: Any, accessor: Any) -> Any:
    return sa.select(cls).join(cls.owner).where(Person.id == accessor.user_id)


def popular(cls: Any, accessor: Any) -> Any:
    """Have comments, counted by GROUP BY and HAVING."""
    grouped = sa.select(cls).join(cls.comments).group_by(cls.id)
    return grouped.having(sa.func.count(Comment.id) > 0).having(sa.func.bool_and(cls.rank > 2))


CONTROLS = {
    "condition": CustomUserAccessControl(mine),
    "select": CustomUserAccessControl(mine_by_select),
    "static_select": CustomUserAccessControl(sa.select(Note).where(Note.owner_id == 3)),
    "static_condition": CustomUserAccessControl(Note.owner_id == 3),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_every_form(here: Place, name: str) -> None:
    control = CONTROLS[name]
    assert visible(here, control, Note, STRANGER) == {STRANGE}
    assert visible(here, ~control, Note, STRANGER) == {1, 2, 3, 4}
    assert visible(here, control & accessible_by_owner, Note, STRANGER) == {STRANGE}
    assert visible(here, control | accessible_by_owner, Note, MEMBER) <= {STRANGE}


def test_grouped_select(here: Place) -> None:
    assert visible(here, CustomUserAccessControl(popular), Note, MEMBER) == {STRANGE}


@pytest.mark.parametrize("name", CONTROLS)
def test_every_form_behind_a_relationship(
    here: Place, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Note, "read", CONTROLS[name])
    control = AccessibleIfRelatedRowsAreAccessible(note="read")
    assert visible(here, control, Comment, STRANGER) == {5}
    assert allowed(here, Note, "read", STRANGER) == {STRANGE}


def test_composite_key(here: Place) -> None:
    assert visible(here, CustomUserAccessControl(mine_by_select), Seat, OWNER) == {(1, 1)}


def test_condition_may_be_a_bare_column(here: Place) -> None:
    for control in (
        CustomUserAccessControl(Note.is_public),
        CustomUserAccessControl(lambda cls, accessor: cls.is_public),
    ):
        assert visible(here, control, Note, STRANGER) == {OPEN}


def test_admin_has_no_bypass_of_its_own(here: Place) -> None:
    assert visible(here, CustomUserAccessControl(mine), Note, ADMIN) == set()


def test_condition_on_own_columns(here: Place) -> None:
    control = AccessibleIf(lambda note: note.is_public)
    assert visible(here, control, Note, STRANGER) == {OPEN}
    assert visible(here, control, Note, ADMIN) == {1, 2, 3, 4, 5}


def test_condition_on_what_is_no_column() -> None:
    with pytest.raises(AttributeError, match="Note maps no column 'is_pubic'"):
        AccessibleIf(lambda note: note.is_pubic).predicate(Note, OWNER)


@pytest.mark.parametrize("made", [True, None, "owner_id = 1", [1]])
def test_anything_else_is_a_mistake(made: Any) -> None:
    with pytest.raises(PolicyError, match="neither a select"):
        CustomUserAccessControl(lambda cls, accessor: made).predicate(Note, OWNER)
