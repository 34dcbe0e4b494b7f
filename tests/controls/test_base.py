"""Controls put together with &, | and ~."""

from typing import Any

import pytest
import sqlalchemy as sa

from baselayer.app.controls.base import ComposedAccessControl
from baselayer.app.controls.constant import public, restricted
from baselayer.app.controls.custom import AccessibleIf
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_owner
from tests.controls.asking import visible
from tests.factories.gate import Caller, Note
from tests.factories.places import (
    ADMIN,
    EDITABLE,
    MEMBER,
    OPEN,
    OWN,
    OWNER,
    SHARED,
    STRANGE,
    STRANGER,
    TOKEN,
    Place,
)

ALL = {OWN, SHARED, EDITABLE, OPEN, STRANGE}
by_teams = AccessibleIfUserMatches("teams.members")
by_editors = AccessibleIfUserMatches("note_teams.team.members", where=lambda link: link.can_edit)
is_public = AccessibleIf(lambda note: note.is_public)
is_ranked = AccessibleIf(lambda note: note.rank > 2)  # unknown where there is no rank


@pytest.mark.parametrize(
    ("control", "accessor", "notes"),
    [
        (public | accessible_by_owner, STRANGER, ALL),
        (accessible_by_owner | public, STRANGER, ALL),
        (public & accessible_by_owner, STRANGER, {STRANGE}),
        (public | public, STRANGER, ALL),
        (restricted | accessible_by_owner, STRANGER, {STRANGE}),
        (restricted & public, STRANGER, set()),
        (restricted, OWNER, set()),
        (restricted, ADMIN, ALL),
        (accessible_by_owner & by_teams, OWNER, {SHARED, EDITABLE}),
        (accessible_by_owner & by_teams, TOKEN, {SHARED, EDITABLE}),
        (accessible_by_owner & by_teams, MEMBER, set()),
        (accessible_by_owner | by_teams | is_public, MEMBER, {SHARED, EDITABLE, OPEN}),
        (by_teams & ~by_editors, MEMBER, {SHARED}),
        (~by_teams, MEMBER, {OWN, OPEN, STRANGE}),
        (~~by_teams, MEMBER, {SHARED, EDITABLE}),
        (~public, MEMBER, set()),
        (~restricted, MEMBER, ALL),
        (~by_teams, ADMIN, ALL),
        (~(by_teams | is_public), MEMBER, {OWN, STRANGE}),
        (is_ranked, MEMBER, {STRANGE}),
        (by_teams | ~by_teams, MEMBER, ALL),
        (by_teams & ~by_teams, MEMBER, set()),
    ],
)
def test_composition(here: Place, control: Any, accessor: Caller, notes: set[int]) -> None:
    assert visible(here, control, Note, accessor) == notes


def test_not_is_two_valued(here: Place) -> None:
    """Unknown is refused, so its opposite is allowed: nothing falls between the two."""
    assert visible(here, is_ranked, Note, MEMBER) == {STRANGE}
    assert visible(here, ~is_ranked, Note, MEMBER) == ALL - {STRANGE}
    assert visible(here, is_ranked | ~is_ranked, Note, MEMBER) == ALL


def test_exists_is_fenced_where_it_cannot_be_a_join() -> None:
    def fences(control: Any) -> int:
        statement = sa.select(Note.id).where(control.predicate(Note, MEMBER))
        return str(statement.compile(dialect=sa.dialects.postgresql.dialect())).count("OFFSET 0")  # type: ignore[no-untyped-call] # SQLAlchemy's own

    assert fences(by_teams) == fences(by_teams & accessible_by_owner) == 0
    assert fences(by_teams | accessible_by_owner) == fences(~by_teams) == 1


def test_logic_and_operands_are_checked() -> None:
    with pytest.raises(ValueError, match="'and' or 'or'"):
        ComposedAccessControl(public, logic="xor")  # type: ignore[arg-type] # the point
    with pytest.raises(ValueError, match="no access control"):
        ComposedAccessControl(public, "owner")  # type: ignore[arg-type] # the point


def test_accessor_is_a_parameter_of_one_cached_statement(here: Place) -> None:
    """Each accessor's own id in the text would fill the cache and plan every query anew."""
    engine = here.engine.execution_options(compiled_cache={})
    control = accessible_by_owner | by_teams
    for accessor in (OWNER, MEMBER, STRANGER):
        statement = sa.select(Note.id).where(control.predicate(Note, accessor))
        with engine.connect() as connection:
            connection.execute(statement)
    assert len(engine.get_execution_options()["compiled_cache"]) == 1
