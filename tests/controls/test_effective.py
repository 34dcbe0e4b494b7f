"""What a class's controls come to: inheritance, cycles, mistakes."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.checking import check_policies, modes_of
from baselayer.app.controls.constant import public, restricted
from baselayer.app.controls.custom import AccessibleIf, CustomUserAccessControl
from baselayer.app.controls.effective import control_of, predicate_of
from baselayer.app.controls.permitted import AccessibleIfPermitted
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible as IfRelated
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_owner
from baselayer.app.errors import PolicyError
from tests.controls.asking import allowed
from tests.factories.gate import (
    Caller,
    Comment,
    Document,
    Folder,
    Letter,
    Memo,
    Note,
    Person,
    Photo,
    World,
)
from tests.factories.places import ADMIN, OWNER, STRANGER, TOKEN, Place


@pytest.mark.parametrize(
    ("cls", "accessor", "ids"),
    [
        (Document, OWNER, {1, 3, 4, 6, 8}),
        (Document, STRANGER, {2, 3, 4, 5, 6, 7}),
        (Document, ADMIN, set(range(1, 9))),
        (Photo, OWNER, {4}),
        (Photo, STRANGER, {4, 5}),
        (Letter, OWNER, {6}),
        (Memo, OWNER, {8}),
        (Memo, STRANGER, {7}),
    ],
)
def test_subclass_narrows_itself_and_its_ancestors(
    here: Place, cls: Any, accessor: Caller, ids: set[int]
) -> None:
    assert allowed(here, cls, "read", accessor) == ids


def test_base_and_subclasses_agree(here: Place) -> None:
    for accessor in (OWNER, STRANGER):
        of_base = allowed(here, Document, "read", accessor)
        parts = [allowed(here, cls, "read", accessor) for cls in (Photo, Letter, Memo)]
        assert set().union(*parts) == of_base - {1, 2, 3}


def test_subclass_cannot_widen(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Photo, "read", public)
    assert allowed(here, Photo, "read", OWNER) == {4, 5}
    assert allowed(here, Photo, "update", OWNER) == {4, 5}
    monkeypatch.setattr(Document, "read", restricted)
    assert allowed(here, Photo, "read", OWNER) == set()


def test_admin_gets_a_query_without_conditions() -> None:
    for cls in (Note, Document, Comment, Folder):
        assert isinstance(predicate_of(cls, "read", ADMIN), sa.sql.elements.True_)


def test_undeclared_mode_is_restricted() -> None:
    assert control_of(Note, "burn") is restricted


def test_mode_that_is_no_control_is_a_mistake() -> None:
    with pytest.raises(PolicyError, match=r"Note\.title is no access control"):
        control_of(Note, "title")


def test_cycle_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Note, "print", IfRelated(comments="print"), raising=False)
    monkeypatch.setattr(Comment, "print", IfRelated(note="print"), raising=False)
    circle = "Note.print -> Comment.print -> Note.print"
    with pytest.raises(PolicyError, match=circle):
        predicate_of(Note, "print", OWNER)
    with pytest.raises(PolicyError, match="circle"):
        check_policies(World.registry)
    assert predicate_of(Note, "read", OWNER) is not None  # the failure has left nothing behind


def test_self_cycle_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Folder, "print", IfRelated(parent="print"), raising=False)
    with pytest.raises(PolicyError, match=r"Folder\.print -> Folder\.print"):
        predicate_of(Folder, "print", OWNER)


def test_controls_of_the_small_world_are_sound() -> None:
    check_policies(World.registry)
    check_policies(sorted(World.registry.mappers, key=str))


@pytest.mark.parametrize(
    "control",
    [
        AccessibleIfUserMatches("teams"),
        AccessibleIfUserMatches("nothing.at.all"),
        IfRelated(nothing="read"),
    ],
)
def test_mistake_shows_at_start(control: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Note, "print", control, raising=False)
    with pytest.raises(PolicyError):
        check_policies([sa.inspect(Note)])


def test_modes_are_what_is_declared_and_inherited() -> None:
    assert list(modes_of(Folder)) == ["create", "delete", "own", "read", "update"]
    assert list(modes_of(Photo)) == ["create", "delete", "read", "update"]


def test_join_by_more_than_equal_keys_is_a_mistake() -> None:
    class Odd(orm.DeclarativeBase):
        """A base of its own, so that nothing else meets these classes."""

    class Left(Odd):
        """A side."""

        __tablename__ = "lefts"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        other_id: orm.Mapped[int]
        other = orm.relationship(
            "Right",
            primaryjoin="and_(Left.other_id == foreign(Right.id), Right.size > 3)",
            viewonly=True,
        )

    class Right(Odd):
        """The other side."""

        __tablename__ = "rights"
        is_user_class = True
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        size: orm.Mapped[int]

    with pytest.raises(PolicyError, match="more than equal keys"):
        AccessibleIfUserMatches("other").predicate(Left, OWNER)


def test_permission_opens_every_row_or_none(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Note, "read", AccessibleIfPermitted("Run queries"))
    assert allowed(here, Note, "read", TOKEN) == {1, 2, 3, 4, 5}
    assert allowed(here, Note, "read", OWNER) == set()


def test_predicate_is_kept_for_who_asks_again() -> None:
    kept = predicate_of(Note, "read", Caller(7))
    assert predicate_of(Note, "read", Caller(7)) is kept
    for other in (Caller(8), Caller(7, frozenset({"Run queries"}))):
        assert predicate_of(Note, "read", other) is not kept
    assert predicate_of(Note, "update", Caller(7)) is not kept


def test_other_controls_are_not_mistaken_for_kept_ones(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert allowed(here, Note, "read", STRANGER) == {4, 5}
    with monkeypatch.context() as patch:
        patch.setattr(Note, "read", restricted)
        assert allowed(here, Note, "read", STRANGER) == set()
        patch.setattr(Note, "read", public)
        assert allowed(here, Note, "read", STRANGER) == {1, 2, 3, 4, 5}
    assert allowed(here, Note, "read", STRANGER) == {4, 5}
    with monkeypatch.context() as patch:
        patch.setattr(Note, "read", restricted)
        assert allowed(here, Comment, "read", STRANGER) == set()
    assert allowed(here, Comment, "read", STRANGER) == {4, 5}


@pytest.mark.parametrize(
    "control",
    [
        CustomUserAccessControl(lambda cls, accessor: cls.owner_id == accessor.user_id),
        AccessibleIf(lambda note: note.created_at > datetime.now(UTC)),
        IfRelated(owner="meet"),
    ],
)
def test_what_may_change_is_not_kept(control: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    meet = CustomUserAccessControl(lambda cls, accessor: cls.id == accessor.user_id)
    monkeypatch.setattr(Person, "meet", meet, raising=False)
    for whole in (control, control | public & ~control, ~control & accessible_by_owner):
        monkeypatch.setattr(Note, "print", whole, raising=False)
        first = predicate_of(Note, "print", OWNER)
        assert predicate_of(Note, "print", OWNER) is not first
