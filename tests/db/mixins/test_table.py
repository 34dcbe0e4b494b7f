"""The verbs of a record, in both worlds; and both traditions on one class."""

import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import BaseModel

from baselayer.app.controls.base import ComposedAccessControl, UserAccessControl
from baselayer.app.controls.constant import public
from baselayer.app.controls.users import accessible_by_owner
from baselayer.app.db.modes import DeclaredMode
from baselayer.app.errors import AccessError, NotFoundError
from baselayer.app.schemas.paging import TableViewRequest
from tests.factories.gate import Document, Draft, Label, Note, Photo
from tests.factories.places import MEMBER, OPEN, OWN, OWNER, STRANGE, STRANGER, Place


class DraftUpdate(BaseModel):
    """What a request may change of a draft."""

    title: str | None = None
    body: str | None = None


def make(session: Any) -> Any:
    return Draft(title="new", body="text", owner_id=1)


@pytest.mark.parametrize("commit", [True, False])
def test_save_inserts_and_updates(here: Place, commit: bool) -> None:
    with here.verified(OWNER) as session:
        draft = make(session).save(session, commit=commit)
        assert isinstance(draft.id, uuid.UUID) and draft.id.version == 7
        draft.title = "newer"
        assert draft.save(session, commit=commit) is draft
        assert draft.title == "newer"

    async def write(session: Any) -> Any:
        saved = await make(session).save(session, commit=commit)
        saved.title = "newest"
        return (await saved.save(session, commit=commit)).title

    assert here.run_async(OWNER, write) == "newest"
    stored = here.scalar(sa.select(sa.func.count()).where(Draft.title.startswith("new")))
    assert stored == (2 if commit else 0)


def test_saved_record_is_loaded_where_commits_expire(here: Place) -> None:
    with here.verified(OWNER, expire_on_commit=True) as session:
        draft = make(session).save(session)
        assert sa.inspect(draft).dict.keys() >= {"id", "title", "created_at", "modified"}


def test_add_takes_one_or_many(here: Place) -> None:
    with here.verified(OWNER) as session:
        one = Draft.add(session, make(session))
        assert one.title == "new"
        many = Draft.add(session, [make(session), make(session)])
        assert [draft.title for draft in many] == ["new", "new"]

    async def write(session: Any) -> int:
        return len(await Draft.add(session, [make(session)]))

    assert here.run_async(OWNER, write) == 1


def test_update_merges_what_is_set(here: Place, world: str) -> None:
    def write(session: Any) -> list[Any]:
        draft = make(session).save(session)
        seen = [(draft.title, draft.body)]
        for other in (DraftUpdate(title="a"), DraftUpdate(body=None), DraftUpdate()):
            draft.update(session, other)
            seen.append((draft.title, draft.body))
        draft.update(session, DraftUpdate(title="b", body="b"), {"body": "extra"})
        draft.update(session, DraftUpdate(title="c", body="c"), exclude={"body"})
        return [*seen, (draft.title, draft.body)]

    assert here.run(world, OWNER, write) == [
        ("new", "text"),
        ("a", "text"),
        ("a", None),
        ("a", None),
        ("c", "extra"),
    ]


def test_empty_update_does_not_move_the_time(here: Place) -> None:
    with here.verified(OWNER) as session:
        draft = make(session).save(session)
        before = draft.modified
        assert draft.update(session, DraftUpdate()).modified == before
        assert draft.update(session, DraftUpdate(title="new")).modified == before
        assert draft.update(session, DraftUpdate(title="x")).modified > before
        assert draft.updated_at == draft.modified


def test_update_of_an_unknown_attribute_is_an_error(here: Place) -> None:
    with here.verified(OWNER) as session, pytest.raises(ValueError, match="no attribute 'owmer'"):
        make(session).update(session, DraftUpdate(), owmer=3)


def test_delete_takes_records_or_a_condition(here: Place) -> None:
    with here.verified(OWNER) as session:
        drafts = [make(session) for _ in range(6)]
        Draft.add(session, drafts)
        assert Draft.delete(session, drafts[0]) == 1
        assert Draft.delete(session, drafts[1], drafts[2]) == 2
        assert Draft.delete(session, [drafts[3]]) == 1
        assert drafts[4].delete(session) == 1
        assert Draft.delete(session, condition=Draft.id.is_not(None)) == 2  # and "first"
        with pytest.raises(ValueError, match="one of them"):
            Draft.delete(session)
        with pytest.raises(ValueError, match="one of them"):
            Draft.delete(session, drafts[5], condition=Draft.id.is_not(None))
    assert here.scalar(sa.select(Draft.title)) == "his"


def test_delete_in_coroutines(here: Place) -> None:
    async def write(session: Any) -> list[int]:
        draft = await make(session).save(session)
        other = await make(session).save(session)
        return [await Draft.delete(session, draft), await other.delete(session)]

    assert here.run_async(OWNER, write) == [1, 1]


def test_get_by_condition(here: Place, world: str) -> None:
    def read(session: Any) -> list[Any]:
        return [
            Note.get(session, Note.id == OPEN).title,
            Note.get(session, Note.id == OWN),
            len(Note.get(session, fetch_mode="all")),
            [n.id for n in Note.get(session, fetch_mode="all", order_by=Note.id, limit=1)],
            [n.id for n in Note.get(session, fetch_mode="all", order_by=[Note.id], offset=2)],
            Note.get(session, Note.id == OPEN, fetch_mode="one").id,
            len(Note.get(session, fetch_mode="all", table_view=TableViewRequest(limit=2))),
        ]

    assert here.run(world, MEMBER, read) == ["open", None, 3, [2], [4], 4, 2]


def test_get_of_one_that_is_none_or_many(here: Place) -> None:
    with here.verified(MEMBER) as session:
        with pytest.raises(sa.exc.NoResultFound):
            Note.get(session, Note.id == OWN, fetch_mode="one")
        with pytest.raises(sa.exc.MultipleResultsFound):
            Note.get(session, fetch_mode="one")
        with pytest.raises(ValueError, match="first, one or all"):
            Note.get(session, fetch_mode="some")  # type: ignore[call-overload] # the point


def test_locked_row_is_read_anew(here: Place) -> None:
    with here.verified(OWNER) as session:
        note = Note.get(session, Note.id == OWN, fetch_mode="one")
        with here.plain() as other:
            other.get_one(Note, OWN).title = "changed"
            other.commit()
        assert note.title == "own"
        assert Note.get(session, Note.id == OWN, with_for_update=True) is note
        assert note.title == "changed"
        assert Photo.get(session, with_for_update=True) is not None
        assert Document.get(session, with_for_update=True) is not None


def test_count(here: Place) -> None:
    with here.verified(MEMBER) as session:
        assert (Note.count(session), Note.count(session, Note.is_public)) == (3, 1)

    async def count(session: Any) -> int:
        return int(await Note.count(session))

    assert here.run_async(MEMBER, count) == 3


def test_exist_one_or_not_found(here: Place) -> None:
    with here.verified(MEMBER) as session:
        assert Note.get_exist_one(session, OPEN).title == "open"
        absent = []
        for ident in (OWN, 999, 10**12, "x"):
            with pytest.raises(NotFoundError) as caught:
                Note.get_exist_one(session, ident)
            absent.append(str(caught.value).replace(str(ident), "…"))
        assert len(set(absent)) == 1


def test_verbs_are_judged(here: Place) -> None:
    with here.verified(STRANGER) as session:
        note = session.get_one(Note, OPEN)
        with pytest.raises(AccessError):
            note.update(session, DraftUpdate(title="taken"))
        with pytest.raises(AccessError):
            Note.delete(session, session.get_one(Note, OPEN))
        assert Note.delete(session, condition=Note.id == OPEN) == 0


def test_both_traditions_on_one_class(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """`Note.update` is the control that a model declares and the verb that a record has."""
    declared: Any = Note.delete
    assert isinstance(declared, UserAccessControl) and isinstance(declared, DeclaredMode)
    assert declared.declared is accessible_by_owner
    assert isinstance(Note.update & public, ComposedAccessControl)
    assert isinstance(public | Note.update, ComposedAccessControl)
    assert isinstance(~Note.update, UserAccessControl)
    with here.plain() as session:
        assert {
            n.id for n in session.scalars(Note.delete.select_accessible_rows(Note, STRANGER))
        } == {STRANGE}
    monkeypatch.setattr(Note, "update", Note.update & accessible_by_owner)
    with here.verified(OWNER) as session:
        user = Note(title="Alice", owner_id=1)
        user = user.save(session)
        user = Note.get(session, Note.id == user.id, fetch_mode="one")
        user = user.update(session, DraftUpdate(title="Alice Smith"))
        assert Note.count(session, Note.title == "Alice Smith") == 1
        assert Note.delete(session, user) == 1
    assert Note.get_if_accessible_by is not None


def test_mode_that_is_set_later_stays_a_verb(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Label, "update", public)
    monkeypatch.setattr(Label, "read", public)
    assert Label.update.declared is public
    with here.verified(STRANGER) as session:
        label = session.get_one(Label, 1)
        label.name = "blue"
        assert label.save(session).name == "blue"
        label.update(session, DraftUpdate(), name="green")
    assert here.scalar(sa.select(Label.name)) == "green"


def test_mode_is_inherited() -> None:
    assert Photo.update.declared is Document.update.declared
    assert callable(Photo().update)
