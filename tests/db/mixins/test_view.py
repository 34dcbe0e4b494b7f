"""Pages: by offset, after an id, between times; of what may be seen, and nothing else."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from baselayer.app.db.mixins.view import page_of
from baselayer.app.errors import InvalidRequestError
from baselayer.app.schemas.paging import ListResponse, TableViewRequest
from tests.factories.gate import Draft, Note
from tests.factories.places import MEMBER, OPEN, OWN, OWNER, STRANGE, STRANGER, Place

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def seven(here: Place) -> Place:
    """Seven drafts of the owner and seven notes of the member, three of each made at one moment."""
    with here.plain() as session:
        session.execute(sa.delete(Draft))
        for number in range(7):
            moment = NOON + timedelta(hours=max(number - 2, 0))
            session.add(Draft(title=str(number), owner_id=1, created_at=moment, modified=moment))
            session.add(Note(title=str(number), owner_id=2, created_at=moment, modified=moment))
            session.flush()
        session.commit()
    return here


def walk(session: Any, cls: Any, view: TableViewRequest) -> list[str]:
    """Return the titles of all pages, one after the other."""
    seen, statement = [], sa.select(cls).where(cls.title.regexp_match("^[0-9]$"))
    while True:
        page = page_of(session, cls, statement, view)
        seen += [record.title for record in page.items]
        if page.next is None:
            return seen
        view = view.model_copy(update={"after_id": uuid_or_number(page.next)})


def uuid_or_number(text: str) -> Any:
    return TableViewRequest.model_validate({"after_id": text}).after_id


@pytest.mark.parametrize("cls", [Draft, Note])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("order", ["created_at", "id"])
@pytest.mark.parametrize("desc", [True, False])
def test_pages_by_id_cover_all_once(
    seven: Place, cls: Any, limit: int, order: Any, desc: bool
) -> None:
    with seven.verified(OWNER if cls is Draft else MEMBER) as session:
        seen = walk(session, cls, TableViewRequest(limit=limit, order=order, desc=desc))
    assert seen == (list("6543210") if desc else list("0123456"))


@pytest.mark.parametrize("order", ["created_at", "updated_at", "id"])
def test_pages_by_offset_cover_all_once(seven: Place, order: Any) -> None:
    with seven.verified(MEMBER) as session:
        seen = []
        for offset in (0, 3, 6):
            view = TableViewRequest(limit=3, offset=offset, order=order)
            page = Note.get_with_count(session, Note.owner_id == 2, table_view=view)
            assert page.total == 7
            assert (page.next is None) == (offset == 6 or order == "updated_at")
            seen += [note.title for note in page.items]
    assert seen == list("6543210")


def test_total_is_under_the_same_where(seven: Place) -> None:
    view = TableViewRequest(limit=2, created_after_datetime=NOON + timedelta(hours=2))
    with seven.verified(MEMBER) as session:
        page = Note.get_with_count(session, Note.title != "6", table_view=view)
        assert [note.title for note in page.items] == ["5"] or page.total is not None
        wanted = sa.select(Note.id).where(
            Note.title != "6", Note.created_at >= view.created_after_datetime
        )
        assert page.total == len(session.scalars(wanted).all())
        assert Note.get_with_count(session).total == len(session.scalars(sa.select(Note.id)).all())


def test_pages_in_coroutines(seven: Place) -> None:
    async def read(session: Any) -> ListResponse[Any]:
        page: ListResponse[Any] = await Draft.get_with_count(session)
        return page

    page = seven.run_async(OWNER, read)
    assert (len(page.items), page.total, page.next) == (7, 7, None)


@pytest.mark.parametrize(
    ("after", "before", "titles"),
    [(0, None, "0123456"), (1, None, "3456"), (1, 3, "34"), (None, 1, "012"), (9, None, "")],
)
@pytest.mark.parametrize("column", ["created", "updated"])
def test_times_are_from_and_before(
    seven: Place, column: str, after: int | None, before: int | None, titles: str
) -> None:
    limits = {"after": after, "before": before}
    asked = {
        f"{column}_{side}_datetime": NOON + timedelta(hours=hours)
        for side, hours in limits.items()
        if hours is not None
    }
    view = TableViewRequest.model_validate({"desc": False, **asked})
    with seven.verified(OWNER) as session:
        assert (
            "".join(d.title for d in page_of(session, Draft, sa.select(Draft), view).items)
            == titles
        )


def test_anchor_may_lie_outside_the_times(seven: Place) -> None:
    with seven.verified(OWNER) as session:
        newest = session.scalars(sa.select(Draft).where(Draft.title == "6")).one()
        view = TableViewRequest(
            after_id=newest.id, created_before_datetime=NOON + timedelta(hours=1)
        )
        assert [d.title for d in page_of(session, Draft, sa.select(Draft), view).items] == list(
            "210"
        )


@pytest.mark.parametrize(
    ("cls", "anchor"),
    [(Note, OWN), (Note, 999), (Note, 2**40), (Note, uuid.uuid4()), (Draft, 5), (Draft, "his")],
)
def test_absent_and_unseen_anchor_look_the_same(here: Place, cls: Any, anchor: Any) -> None:
    if anchor == "his":
        anchor = here.scalar(sa.select(Draft.id).where(Draft.owner_id == 3))
    view = TableViewRequest(after_id=anchor)
    for session in (here.verified(MEMBER), here.plain()):
        with session, pytest.raises(InvalidRequestError) as caught:
            page_of(session, cls, cls.select(MEMBER), view)
        assert caught.value.details == {"fields": {"after_id": "no such record in this list"}}
        assert str(caught.value).startswith("The list cannot go on after that id")


def test_unique_ordering_of_a_time_ordered_key_uses_the_key_alone(here: Place) -> None:
    with here.verified(OWNER) as session:
        found = page_of(session, Draft, sa.select(Draft), TableViewRequest())
    assert [draft.title for draft in found.items] == ["first"]
    assert OPEN and STRANGE and STRANGER


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": -1},
        {"offset": -1},
        {"offset": 2**53},
        {"order": "owner_id"},
        {"after_id": 1, "offset": 1},
        {"after_id": 1, "order": "updated_at"},
        {"created_after_datetime": "2026-01-01T00:00:00"},
        {"created_after_datetime": NOON, "created_before_datetime": NOON},
        {"updated_after_datetime": NOON, "updated_before_datetime": NOON - timedelta(hours=1)},
        {"created_after_datetime": NOON, "updated_before_datetime": NOON},
        {"page": 1},
    ],
    ids=str,
)
def test_view_that_cannot_be_meant_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TableViewRequest.model_validate(asked)
