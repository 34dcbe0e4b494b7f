"""Asking a model what may be touched, in upstream's words, with and without a session."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import orm

from baselayer.app.controls.constant import public, restricted
from baselayer.app.db.base import GatedMeta, Record
from baselayer.app.db.scoped import DBSession
from baselayer.app.errors import NotFoundError
from tests.factories.gate import Document, Draft, Note, Photo, Seat
from tests.factories.places import (
    ADMIN,
    EDITABLE,
    MEMBER,
    OPEN,
    OWN,
    OWNER,
    SHARED,
    STRANGER,
    Place,
)

UNKNOWN = 999


@pytest.fixture
def upstream(here: Place) -> Iterator[Place]:
    """DBSession, bound as `init_db` does."""
    DBSession.remove()
    DBSession.configure(bind=here.engine)
    yield here
    DBSession.remove()
    DBSession.configure(bind=None)


def ids(records: Any) -> list[Any] | None:
    return None if records is None else [record.id for record in records]


def test_get_keeps_the_shape_and_order_of_ids(upstream: Place) -> None:
    assert Note.get(SHARED, MEMBER).id == SHARED
    assert ids(Note.get([OPEN, SHARED, OPEN], MEMBER)) == [OPEN, SHARED, OPEN]
    assert Note.get([], MEMBER) == []


@pytest.mark.parametrize("ident", [OWN, UNKNOWN, 10**12, "x", None, "1; DROP TABLE notes", True])
def test_absent_and_not_accessible_look_the_same(upstream: Place, ident: Any) -> None:
    for wanted in (ident, [SHARED, ident]):
        if ident is not True:
            assert Note.get_if_accessible_by(wanted, MEMBER) is None
    if ident is not True:
        with pytest.raises(NotFoundError, match=r"There is no Note .*, or you may not see it"):
            Note.get_if_accessible_by(ident, MEMBER, raise_if_none=True)


def test_modes(upstream: Place) -> None:
    assert Note.get(EDITABLE, MEMBER, "update") is not None
    assert Note.get(SHARED, MEMBER, mode="update") is None
    assert Note.get(SHARED, OWNER, "burn") is None
    assert Note.get(SHARED, ADMIN, "burn") is not None


def test_composite_keys(upstream: Place) -> None:
    assert Seat.get((1, 1), OWNER).owner_id == 1
    assert Seat.get((1, 2), OWNER) is None
    assert Seat.get([(1, 1), (1, 2)], OWNER) is None
    assert len(Seat.get([(1, 1)], OWNER)) == 1 == len(Seat.get(((1, 1),), OWNER))
    assert Seat.get(1, OWNER) is None
    assert Seat.get((1, 1), OWNER).is_accessible_by(OWNER)


def test_get_all(upstream: Place) -> None:
    assert set(ids(Note.get_all(MEMBER)) or []) == {SHARED, EDITABLE, OPEN}
    assert ids(Note.get_records_accessible_by(MEMBER, "update")) == [EDITABLE]
    assert ids(Photo.get_all(OWNER)) == [4]


def test_explicit_session_in_both_worlds(here: Place) -> None:
    with here.plain() as session:
        assert Note.get_if_accessible_by(session, SHARED, MEMBER).id == SHARED
        assert len(Note.get_all(session, MEMBER)) == 3
        assert Note.get_all(session, MEMBER)[0].is_accessible_by(session, MEMBER)

    async def ask(session: Any) -> Any:
        note = await Note.get_if_accessible_by(session, SHARED, MEMBER)
        every = await Note.get_all(session, MEMBER)
        may = await note.is_accessible_by(session, MEMBER, "update")
        absent = await Note.get_if_accessible_by(session, OWN, MEMBER)
        return note.id, len(every), may, absent

    assert here.run_async(MEMBER, ask) == (SHARED, 3, False, None)


def test_is_accessible_by(upstream: Place) -> None:
    note = DBSession().get_one(Note, EDITABLE)
    assert note.is_accessible_by(MEMBER) and note.is_accessible_by(MEMBER, "update")
    assert note.is_readable_by(MEMBER)
    assert not note.is_accessible_by(MEMBER, "delete")
    assert not note.is_accessible_by(STRANGER)
    assert not Note(title="not stored", owner_id=1).is_accessible_by(OWNER)


def test_answer_is_of_the_actual_class(upstream: Place) -> None:
    """Upstream asked the base's policy in one place and the subclass's in the other."""
    hidden = DBSession().get_one(Photo, 5)
    assert not hidden.is_accessible_by(OWNER)
    assert 5 not in (ids(Document.get_all(OWNER)) or [])


def test_create_or_get(upstream: Place) -> None:
    assert Note.create_or_get(SHARED).title == "shared"
    assert Note.create_or_get(UNKNOWN).id == UNKNOWN
    draft = Draft.create_or_get(key := Draft(title="x").id)
    assert draft.id == key


def test_select_takes_columns_and_options(here: Place) -> None:
    with here.plain() as session:
        assert set(session.scalars(Note.select(MEMBER, columns=[Note.id]))) == {2, 3, 4}
        statement = Note.query_records_accessible_by(MEMBER, "update")
        assert ids(session.scalars(statement)) == [EDITABLE]


@pytest.mark.parametrize("nobody", [None, 1, "owner"])
def test_accessor_is_required(nobody: Any) -> None:
    with pytest.raises(ValueError, match="accessor must be"):
        Note.select(nobody)


def test_defaults_are_closed_and_open_in_one_line(here: Place) -> None:
    class Own(Record, orm.DeclarativeBase, metaclass=GatedMeta):
        """An application's base."""

        __abstract__ = True

    class Bare(Own):
        """A class that declares nothing."""

        __tablename__ = "labels"

    class Closed(Own):
        """A class that declares to be closed."""

        __table__ = Bare.__table__
        read = restricted

    try:
        with here.plain() as session:
            assert Bare.get_all(session, STRANGER) == []
            Own.create = Own.read = public
            assert len(Bare.get_all(session, STRANGER)) == 1
            assert Closed.get_all(session, STRANGER) == []
            assert len(Note.get_all(session, MEMBER)) == 3  # another base's are as they were
    finally:
        Own.registry.dispose()
