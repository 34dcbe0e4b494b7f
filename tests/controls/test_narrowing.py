"""What exists for a narrowed accessor: the named records, in every way of asking and of writing."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import Narrowing
from baselayer.app.controls.effective import predicate_of
from baselayer.app.db.finding import find
from baselayer.app.db.mixins.view import page_of
from baselayer.app.db.permissions import permissions
from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.db.verify import bulk_verify
from baselayer.app.errors import AccessError, NotFoundError
from baselayer.app.models import Base
from baselayer.app.schemas.paging import TableViewRequest
from tests.controls.asking import allowed
from tests.factories.gate import Caller, Comment, Note, Person, Team
from tests.factories.places import (
    ADMIN,
    EDITABLE,
    MEMBER,
    OWN,
    OWNER,
    SHARED,
    STRANGE,
    STRANGER,
    TOKEN,
    Place,
)

NAMED = {OWN, SHARED, STRANGE}


def narrowed(caller: Caller, *notes: int) -> Caller:
    """Return `caller` with a token for which only these notes exist."""
    return replace(caller, narrowing=Narrowing(frozenset(("notes", note) for note in notes)))


WHO = {
    "owner": (OWNER, {OWN, SHARED}),
    "token": (TOKEN, {OWN, SHARED}),
    "member": (MEMBER, {SHARED}),
    "stranger": (STRANGER, {STRANGE}),
    "admin": (ADMIN, NAMED),
}


@pytest.fixture(params=WHO)
def who(request: pytest.FixtureRequest) -> tuple[Caller, set[int]]:
    """Somebody narrowed to three notes, and those of them that he may read."""
    caller, seen = WHO[request.param]
    return narrowed(caller, *NAMED), seen


def test_only_named_records_that_one_may_read_are_left(
    here: Place, who: tuple[Caller, set[int]]
) -> None:
    caller, seen = who
    assert allowed(here, Note, "read", caller) == seen
    assert allowed(here, Note, "read", narrowed(caller)) == set()
    # What belongs to them is left too, and only to be read.
    assert allowed(here, Comment, "read", caller) == seen
    assert allowed(here, Comment, "update", caller) == set()


def test_what_declares_nothing_does_not_exist(here: Place, who: tuple[Caller, set[int]]) -> None:
    caller, _ = who
    for cls, mode in ((Team, "read"), (Person, "read"), (Note, "create"), (Note, "share")):
        assert allowed(here, cls, mode, caller) == set()


def test_two_who_differ_in_nothing_else_are_told_apart(here: Place) -> None:
    for _ in range(2):  # the second time from what is kept
        assert allowed(here, Note, "read", narrowed(OWNER, OWN)) == {OWN}
        assert allowed(here, Note, "read", narrowed(OWNER, SHARED)) == {SHARED}
        assert allowed(here, Note, "read", OWNER) > {OWN, SHARED}


def test_all_ways_of_reading_agree(here: Place, world: str, who: tuple[Caller, set[int]]) -> None:
    caller, seen = who

    def read(session: VerifiedSession) -> list[set[int]]:
        records = session.scalars(sa.select(Note)).all()
        view = TableViewRequest(limit=100)
        page = page_of(session, Note, Note.select(caller), view).items
        can = permissions(session, records, ["read"], caller)
        got = [note for note in range(1, 6) if session.get(Note, note) is not None]
        remarks = {remark.note_id for remark in session.scalars(sa.select(Comment))}
        counted = session.scalar(sa.select(sa.func.count()).select_from(Note))
        assert counted == len(seen)
        return [{n.id for n in records}, {n.id for n in page}, {*can}, {*got}, remarks]

    assert here.run(world, caller, read) == [seen] * 5


def test_unnamed_record_is_as_absent_as_none(here: Place, world: str) -> None:
    caller = narrowed(ADMIN, OWN)

    def read(session: VerifiedSession) -> list[str]:
        told = []
        for ident in (EDITABLE, 999_999):
            with pytest.raises(NotFoundError) as refused:
                find(session, Note, ident, caller, "update")
            told.append(refused.value.message)
        return told

    told = here.run(world, caller, read)
    assert told[0] == told[1]


@pytest.mark.parametrize("caller", [OWNER, ADMIN])
def test_writes_reach_named_records_only(here: Place, world: str, caller: Caller) -> None:
    token = narrowed(caller, OWN)
    with here.plain() as session:
        strange = session.get_one(Note, SHARED)

    def write_named(session: VerifiedSession) -> None:
        session.get_one(Note, OWN).title = "changed"
        session.commit()

    def write_unnamed(session: VerifiedSession) -> None:
        session.add(strange)
        strange.title = "stolen"
        session.commit()

    def create(session: VerifiedSession) -> None:
        session.add(Note(title="new", owner_id=caller.user_id))
        session.commit()

    def change_all(session: VerifiedSession) -> int:
        changed: Any = session.execute(sa.update(Note).values(rank=7))
        session.commit()
        return int(changed.rowcount)

    here.run(world, token, write_named)
    for write in (write_unnamed, create):
        with pytest.raises(AccessError):
            here.run(world, token, write)
    assert here.run(world, token, change_all) == 1
    titles = "select string_agg(title, ' ' order by id) from notes"
    assert here.scalar(sa.text(titles)) == "changed shared editable open strange"


def test_bulk_verify_obeys(here: Place) -> None:
    with here.plain() as session:
        notes = [session.get_one(Note, ident) for ident in (OWN, SHARED)]
        bulk_verify("read", notes, narrowed(OWNER, OWN, SHARED))
        for caller in (OWNER, ADMIN):
            with pytest.raises(AccessError):
                bulk_verify("read", notes, narrowed(caller, OWN))


def test_rows_that_a_control_looks_at_are_judged_by_rights_alone(here: Place, world: str) -> None:
    """To add a remark asks who may read the note, which itself need not be asked for."""

    def remark(session: VerifiedSession) -> None:
        session.add(Comment(text="new", note_id=OWN, author_id=1))
        session.commit()

    here.run(world, narrowed(OWNER, OWN), remark)
    with pytest.raises(AccessError):
        here.run(world, narrowed(OWNER, SHARED), remark)
    with pytest.raises(AccessError):
        here.run(world, narrowed(STRANGER, OWN), remark)


def test_every_narrowing_of_the_product_compiles() -> None:
    caller = narrowed(OWNER, OWN)
    declared = [m.class_ for m in Base.registry.mappers if hasattr(m.class_, "narrowed_by")]
    assert len(declared) >= 7
    for cls in declared:
        for entity in (cls, orm.aliased(cls)):
            for mode in cls.narrowed_by:
                str(sa.select(sa.literal(1)).where(predicate_of(entity, mode, caller)))
