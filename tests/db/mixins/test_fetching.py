"""What `get`, `count` and `get_with_count` can be asked, beside a condition."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession

from baselayer.app.errors import InvalidRequestError, NotFoundError
from baselayer.app.schemas.paging import TableViewRequest, TimeFilterRequest
from tests.factories.gate import Comment, Note, NoteTeam, Seat, Team
from tests.factories.places import MEMBER, OPEN, OWN, OWNER, SHARED, STRANGE, STRANGER, Place

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ids(records: Any) -> list[Any]:
    return [record.id for record in records]


@pytest.fixture
def timed(here: Place) -> Place:
    """Notes made an hour after each other, and changed a day later."""
    with here.plain() as session:
        for number in range(1, 6):
            made = NOON + timedelta(hours=number)
            values = {"created_at": made, "modified": made + timedelta(days=1)}
            session.execute(sa.update(Note).where(Note.id == number).values(values))
        session.commit()
    return here


def test_second_condition_counts_too(here: Place, world: str) -> None:
    def ask(session: Any) -> Any:
        both = Note.get(
            session, Note.id > 1, filter=Note.id < 4, fetch_mode="all", order_by=Note.id
        )
        page = Note.get_with_count(session, Note.id > 1, filter=Note.id < 4)
        return ids(both), Note.count(session, Note.id > 1, filter=Note.id < 4), page.count

    assert here.run(world, OWNER, ask) == ([2, 3], 2, 2)


def test_join_doubles_nothing(here: Place, world: str) -> None:
    """Note 2 is shared with two teams: a plain join would find, count and page it twice."""

    def ask(session: Any) -> Any:
        on = (NoteTeam, NoteTeam.note_id == Note.id)
        how: Any = {"join": on, "filter": NoteTeam.team_id < 3}
        page = Note.get_with_count(session, table_view=TableViewRequest(limit=2), **how)
        return (
            sorted(ids(Note.get(session, fetch_mode="all", **how))),
            Note.count(session, **how),
            (ids(page.items), page.total, page.next),
            Note.get(session, Note.id == SHARED, fetch_mode="one", with_for_update=True, **how).id,
        )

    assert here.run(world, OWNER, ask) == ([2, 3], 2, ([3, 2], 2, None), SHARED)


def test_join_of_a_relationship_and_its_order(here: Place) -> None:
    with here.plain() as session:
        found = Note.get(
            session,
            Comment.text.startswith("on"),
            join=Note.comments,
            order_by=Comment.text.desc(),
            fetch_mode="all",
        )
        assert ids(found) == [5, 4, 3, 2, 1]


def test_join_is_gated_at_both_ends(here: Place) -> None:
    """A condition on what one may not read must not tell of it."""
    with here.verified(STRANGER) as session:
        on: Any = (Comment, Comment.note_id == Note.id)
        assert ids(Note.get(session, join=on, fetch_mode="all", order_by=Note.id)) == [
            OPEN,
            STRANGE,
        ]
        assert Note.count(session, Comment.text == "on 1", join=on) == 0
        assert Note.count(session, Team.name == "readers", join=(Team, sa.true())) == 0


@pytest.mark.parametrize("order", [None, "id"])
def test_parts_of_a_list_do_not_overlap(here: Place, order: str | None) -> None:
    with here.verified(OWNER) as session:
        by = None if order is None else Note.id
        parts = [
            ids(Note.get(session, fetch_mode="all", offset=at, limit=2, order_by=by))
            for at in (0, 2, 4)
        ]
        assert parts == [[1, 2], [3, 4], []]
        assert len(Seat.get(session, fetch_mode="all", limit=5)) == 1


def test_first_and_one_read_no_more_rows_than_they_need(here: Place) -> None:
    with here.verified(OWNER) as session:
        seen: list[str] = []

        @sa.event.listens_for(here.engine, "before_cursor_execute")
        def note(conn: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
            seen.append(f"{statement} {parameters}")

        try:
            Note.get(session)
            Note.get(session, limit=9, order_by=Note.id)
        finally:
            sa.event.remove(here.engine, "before_cursor_execute", note)
        assert all("LIMIT" in statement for statement in seen)
        assert all("'param_1': 1" in statement for statement in seen)


def test_times(timed: Place, world: str) -> None:
    def ask(session: Any) -> Any:
        since: Any = {"created_after_datetime": NOON + timedelta(hours=3)}
        until: Any = {"updated_before_datetime": NOON + timedelta(days=1, hours=3)}
        return (
            sorted(ids(Note.get(session, fetch_mode="all", **since))),
            sorted(ids(Note.get(session, fetch_mode="all", **until))),
            Note.count(session, **since),
            Note.count(session, time_filter=TimeFilterRequest(**until)),
            Note.get_with_count(session, **since).total,
        )

    assert timed.run(world, OWNER, ask) == ([3, 4], [1, 2], 2, 2, 2)


def test_naive_or_impossible_times_are_refused(here: Place) -> None:
    with here.verified(OWNER) as session:
        with pytest.raises(ValueError, match="timezone"):
            Note.get(session, created_after_datetime=datetime(2026, 1, 1))
        with pytest.raises(ValueError, match="must be earlier"):
            Note.count(session, created_after_datetime=NOON, created_before_datetime=NOON)


def test_explicit_arguments_are_stronger_than_the_view(timed: Place) -> None:
    view = TableViewRequest(limit=1, offset=1, desc=False)
    with timed.verified(OWNER) as session:

        def get(**how: Any) -> list[Any]:
            return ids(Note.get(session, fetch_mode="all", table_view=view, **how))

        assert get() == [2]
        assert get(limit=2) == [2, 3]
        assert get(offset=0, limit=3) == [1, 2, 3]
        assert get(order_by=Note.title.desc()) == [1]  # shared, own, open, editable
        assert get(offset=0, created_after_datetime=NOON + timedelta(hours=4)) == [4]
        found = Note.get(session, table_view=view)
        assert found is not None and found.id == 2


def test_anchor_goes_with_the_lists_own_order_only(here: Place) -> None:
    view = TableViewRequest(after_id=OPEN)
    with here.verified(OWNER) as session:
        assert ids(Note.get(session, fetch_mode="all", table_view=view)) == [3, 2, 1]
        for how in ({"order_by": Note.title}, {"offset": 1}):
            with pytest.raises(InvalidRequestError):
                Note.get(session, fetch_mode="all", table_view=view, **how)


def test_what_nobody_offers_is_refused(here: Place) -> None:
    unknown: Any = {"joins": Note.comments}
    with here.verified(OWNER) as session:
        for ask in (Note.get, Note.count, Note.get_with_count):
            with pytest.raises(TypeError, match="not fetched by joins"):
                ask(session, **unknown)


def test_queues_pass_over_what_is_locked(here: Place) -> None:
    with here.plain() as busy, here.verified(OWNER) as session:
        Note.get(busy, Note.id == OWN, with_for_update=True)
        free = Note.get(
            session, fetch_mode="all", order_by=Note.id, with_for_update=True, skip_locked=True
        )
        assert ids(free) == [2, 3, 4]


def test_what_is_in_memory_is_read_anew_when_asked(here: Place) -> None:
    with here.verified(OWNER) as session:
        note = Note.get(session, Note.id == OWN, fetch_mode="one")
        with here.plain() as other:
            other.get_one(Note, OWN).title = "changed"
            other.commit()
        assert Note.get(session, Note.id == OWN, fetch_mode="one").title == "own"
        assert Note.get_one(session, OWN, populate_existing=True) is note
        assert note.title == "changed"


def test_by_id(here: Place, world: str) -> None:
    def ask(session: Any) -> Any:
        note = Note.get_exist_one(session, OPEN, [Note.comments])
        assert "comments" not in sa.inspect(note).unloaded
        return note.id, Note.get_one(session, str(OPEN), with_for_update=True).id

    assert here.run(world, MEMBER, ask) == (OPEN, OPEN)


@pytest.mark.parametrize("ident", [OWN, 999, 2**40, "x", None])
def test_absent_and_unseen_look_the_same_by_id(here: Place, ident: Any) -> None:
    with here.verified(MEMBER) as session:
        for ask, error in (
            (Note.get_one, sa.exc.NoResultFound),
            (Note.get_exist_one, NotFoundError),
        ):
            with pytest.raises(error, match=rf"There is no Note {ident}, or you may not see it"):
                ask(session, ident)


def test_right_that_was_lost_is_lost_by_id_too(here: Place) -> None:
    """Upstream's `Session.get` answers from memory, whatever has changed since."""
    with here.verified(MEMBER) as session:
        assert Note.get_exist_one(session, SHARED) is not None
        with here.plain() as other:
            other.execute(sa.delete(NoteTeam).where(NoteTeam.note_id == SHARED))
            other.commit()
        session.commit()
        with pytest.raises(NotFoundError):
            Note.get_exist_one(session, SHARED)


def test_count_of_composite_keys_and_distinct_values(here: Place) -> None:
    with here.verified(OWNER) as session:
        assert Seat.count(session) == 1
        assert Note.count(session) == 4
        assert Note.count(session, distinct_column=Note.owner_id) == 1
    with here.plain() as session:
        assert Seat.count(session) == 2
        assert Note.count(session, distinct_column=Note.owner_id) == 2


def test_scoped_sessions_are_sessions(here: Place) -> None:
    made: Any = lambda: here.verified(OWNER)  # noqa: E731 (typed as what makes sessions)
    scoped: orm.scoped_session[Any] = orm.scoped_session(made)
    try:
        assert Note.count(scoped) == 4
        found = Note.get(scoped, Note.id == OWN)
        assert found is not None and found.save(scoped) is found
    finally:
        scoped.remove()


async def forget_to_await(session: AsyncSession, note: Note) -> None:
    """Nobody runs this: `make types` fails if one of these stops being an error."""
    note.save(session)  # type: ignore[unused-coroutine] # the point
    note.update(session, TimeFilterRequest())  # type: ignore[unused-coroutine] # the point
    Note.delete(session, note)  # type: ignore[unused-coroutine] # the point
    Note.add(session, [note])  # type: ignore[unused-coroutine] # the point
    Note.get(session)  # type: ignore[unused-coroutine] # the point
    Note.get(session, fetch_mode="one").title  # type: ignore[attr-defined] # noqa: B018 # the point
    Note.get_exist_one(session, 1)  # type: ignore[unused-coroutine] # the point
    Note.count(session)  # type: ignore[unused-coroutine] # the point
