"""Chains of relationships to the accessor, for everybody who may ask."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.base import UserAccessControl
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_owner
from baselayer.app.errors import PolicyError
from tests.controls.asking import visible
from tests.controls.building import store
from tests.controls.drawing import Drawn
from tests.factories.gate import Caller, Comment, Folder, Note, Person, Team, TeamMember, Ticket
from tests.factories.graphs import Remark
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

OWNERS = {OWN, SHARED, EDITABLE, OPEN}
ALL = OWNERS | {STRANGE}


@pytest.mark.parametrize(
    ("accessor", "notes"),
    [(OWNER, OWNERS), (TOKEN, OWNERS), (MEMBER, set()), (STRANGER, {STRANGE}), (ADMIN, ALL)],
)
def test_owner_alone_has_what_he_owns(here: Place, accessor: Caller, notes: set[int]) -> None:
    assert visible(here, accessible_by_owner, Note, accessor) == notes


@pytest.mark.parametrize(
    ("accessor", "notes"),
    [
        (OWNER, {SHARED, EDITABLE}),
        (TOKEN, {SHARED, EDITABLE}),
        (MEMBER, {SHARED, EDITABLE}),
        (STRANGER, {STRANGE}),
        (ADMIN, ALL),
    ],
)
def test_members_have_what_is_shared_with_their_teams(
    here: Place, accessor: Caller, notes: set[int]
) -> None:
    assert visible(here, AccessibleIfUserMatches("teams.members"), Note, accessor) == notes


@pytest.mark.parametrize(
    ("chain", "cls", "accessor", "ids"),
    [
        ("note.owner", Comment, OWNER, {1, 2, 3, 4}),
        ("note.teams.members", Comment, MEMBER, {2, 3}),
        ("parent.owner", Folder, OWNER, {3}),
        ("parent.owner", Folder, STRANGER, {4}),
        ("children.owner", Folder, STRANGER, {1, 2}),
        ("children.children.owner", Folder, STRANGER, set()),
        ("seat.owner", Ticket, OWNER, {1}),
        ("team.members", TeamMember, MEMBER, {1, 2, 3, 4}),
        ("team_members.team.members", Team, STRANGER, {3}),
        ("teams.members", Person, MEMBER, {1, 2}),
    ],
)
def test_chains_of_every_kind_of_relationship(
    here: Place, chain: str, cls: Any, accessor: Caller, ids: set[int]
) -> None:
    assert visible(here, AccessibleIfUserMatches(chain), cls, accessor) == ids


def test_condition_on_the_association(here: Place) -> None:
    by_leads = AccessibleIfUserMatches("team_members.person", where=lambda link: link.is_lead)
    assert visible(here, by_leads, Team, OWNER) == {1, 2}
    assert visible(here, by_leads, Team, MEMBER) == set()
    may_edit = AccessibleIfUserMatches("note_teams.team.members", where=lambda link: link.can_edit)
    assert visible(here, may_edit, Note, MEMBER) == {EDITABLE}


def test_condition_on_a_row_that_only_its_key_is_known_of(here: Place) -> None:
    control = AccessibleIfUserMatches("note.owner", where=lambda note: note.is_public)
    assert visible(here, control, Comment, OWNER) == {OPEN}


def test_owner_is_compared_without_any_other_table() -> None:
    statement = sa.select(Note.id).where(accessible_by_owner.predicate(Note, OWNER))
    assert statement.get_final_froms() == [Note.__table__]
    assert "EXISTS" not in str(statement)


def test_tables_that_only_pass_a_key_on_are_skipped() -> None:
    control = AccessibleIfUserMatches("teams.members")
    sql = str(sa.select(Note.id).where(control.predicate(Note, OWNER)))
    assert "note_teams" in sql and "team_members" in sql
    assert "teams AS" not in sql.replace("note_teams AS", "") and "persons" not in sql


@pytest.mark.parametrize("chain", ["", None, 5])
def test_chain_is_names_joined_by_dots(chain: Any) -> None:
    with pytest.raises(ValueError, match="joined by dots"):
        AccessibleIfUserMatches(chain)


def test_chain_that_ends_elsewhere_is_a_mistake() -> None:
    with pytest.raises(PolicyError, match="must end at the users, not at Team"):
        AccessibleIfUserMatches("teams").predicate(Note, OWNER)


def test_unknown_relationship_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="Note has no relationship 'team'"):
        AccessibleIfUserMatches("team.members").predicate(Note, OWNER)


@pytest.mark.parametrize("nobody", [None, 1, "owner"])
def test_who_asks_must_be_an_accessor(nobody: Any) -> None:
    with pytest.raises(ValueError, match="accessor must be"):
        accessible_by_owner.select_accessible_rows(Note, nobody)


class WhenRanked(AccessibleIfUserMatches):
    """As applications of upstream write it: the chain's joins, and a condition of one's own."""

    def select_accessible_rows(self, cls: Any, user_or_token: Any, columns: Any = None) -> Any:
        statement = super().select_accessible_rows(cls, user_or_token, columns)
        return statement.where(Team.name == "editors")


class OnlySelect(UserAccessControl):
    """As an application built on upstream writes it: nothing but the SELECT."""

    def select_accessible_rows(self, cls: Any, user_or_token: Any, columns: Any = None) -> Any:
        return sa.select(*(columns or [cls])).join(cls.owner).where(Person.name == "stranger")


def test_subclass_adds_a_condition_on_a_joined_class(here: Place) -> None:
    control = WhenRanked("teams.members")
    assert visible(here, control, Note, MEMBER) == {SHARED, EDITABLE}
    assert visible(here, control, Note, STRANGER) == set()


def test_subclass_gives_nothing_but_the_select(here: Place) -> None:
    assert visible(here, OnlySelect(), Note, OWNER) == {STRANGE}
    assert visible(here, OnlySelect() | accessible_by_owner, Note, OWNER) == ALL
    assert visible(here, ~OnlySelect(), Note, OWNER) == OWNERS


def test_select_of_such_a_subclass_is_its_own(here: Place) -> None:
    statement = WhenRanked("teams.members").select_accessible_rows(Note, MEMBER)
    with here.plain() as session:
        assert {note.id for note in session.scalars(statement)} == {SHARED, EDITABLE}


def test_legacy_name_is_the_same(here: Place) -> None:
    statement = accessible_by_owner.query_accessible_rows(Note, STRANGER, [Note.id])
    with here.plain() as session:
        assert list(session.scalars(statement)) == [STRANGE]


def test_control_that_gives_nothing_is_a_mistake() -> None:
    class Empty(UserAccessControl):
        """Nothing."""

    with pytest.raises(PolicyError, match="neither predicate nor statement"):
        Empty().predicate(Note, OWNER)


def test_compiled_alone_a_predicate_would_hold_for_all() -> None:
    """The trap: outside a SELECT of the class, its table slips into the EXISTS."""
    predicate = AccessibleIfUserMatches("teams.members").predicate(Note, OWNER)
    assert "FROM note_teams AS note_teams_1, team_members AS team_members_1, notes" in str(
        predicate
    )
    within = str(sa.select(Note.id).where(predicate))
    assert "team_members_1, notes" not in within


def test_chain_through_a_joined_subclass_that_stands_under_not(graph_engine: sa.Engine) -> None:
    control = ~AccessibleIfUserMatches("picture.owner.boss")
    people = [{"id": number, "boss_id": 1} for number in (1, 2)]
    pictures = [{"id": number, "kind": "Picture", "owner_id": 2} for number in (1, 2)]
    remarks: list[dict[str, Any]] = [{"id": 1, "picture_id": 1}, {"id": 2, "picture_id": None}]
    with graph_engine.connect() as connection:
        store(connection, Drawn({"Human": people, "Thing": pictures, "Remark": remarks}))
        for accessor, allowed in ((OWNER, [2]), (STRANGER, [1, 2])):
            statement = control.select_accessible_rows(Remark, accessor, [Remark.id])
            assert sorted(connection.scalars(statement)) == allowed


def test_same_chain_on_two_aliases_of_one_class(here: Place) -> None:
    one, other = orm.aliased(Note), orm.aliased(Note)
    control = AccessibleIfUserMatches("teams.members")
    both = sa.select(one.id, other.id).join(other, one.id != other.id)
    statement = both.where(control.predicate(one, MEMBER), control.predicate(other, STRANGER))
    with here.plain() as session:
        assert {tuple(row) for row in session.execute(statement)} == {
            (SHARED, STRANGE),
            (EDITABLE, STRANGE),
        }
