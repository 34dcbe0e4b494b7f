"""PostgreSQL refuses what the controls refuse, whatever a session forgets."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg.errors
import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.custom import CustomUserAccessControl
from baselayer.app.controls.effective import predicate_of
from baselayer.app.db.rls.asking import speak_for
from baselayer.app.db.rls.policies import rules_of, statements_of
from baselayer.app.db.verify import identities_of, key_attributes
from baselayer.app.models import Base
from tests.db.rls.conftest import ROLE, as_role
from tests.factories.gate import Document, Note, NoteTeam, Person, Photo, Team, TeamMember, World
from tests.factories.places import ADMIN, EDITABLE, MEMBER, OWN, OWNER, STRANGER, Place

CALLERS = [OWNER, MEMBER, STRANGER, ADMIN]
REFUSED = (sa.exc.ProgrammingError, sa.exc.InternalError)


@contextmanager
def speaking(here: Place, accessor: Accessor | None) -> Iterator[orm.Session]:
    """Open a session that verifies nothing, bound by the policies."""
    with here.engine.begin() as connection:
        as_role(connection)
        if accessor is not None:
            speak_for(connection, accessor)
        yield orm.Session(connection, expire_on_commit=False)


def keys_of(session: orm.Session, cls: Any) -> set[Any]:
    return set(identities_of(session.execute(sa.select(*key_attributes(cls)))))


@pytest.mark.parametrize("accessor", CALLERS)
def test_same_rows_are_read(policed: Place, accessor: Accessor) -> None:
    for mapper in World.registry.mappers:
        cls = mapper.class_
        with policed.plain() as session:
            allowed = sa.select(*key_attributes(cls)).where(predicate_of(cls, "read", accessor))
            expected = set(identities_of(session.execute(allowed)))
        with speaking(policed, accessor) as session:
            assert keys_of(session, cls) == expected, cls


def test_without_a_name_only_what_is_open_to_all_is_there(policed: Place) -> None:
    with speaking(policed, None) as session:
        assert keys_of(session, Person) != set()
        assert keys_of(session, Note) == keys_of(session, Team) == set()


def test_name_ends_with_its_transaction(policed: Place) -> None:
    with policed.engine.connect() as connection:
        with connection.begin():
            speak_for(connection, ADMIN)
        with connection.begin():
            as_role(connection)
            assert connection.scalar(sa.select(sa.func.baselayer_rls.user_id())) is None
            assert connection.scalar(sa.select(sa.func.baselayer_rls.may("System admin"))) is False


def refuses(policed: Place, accessor: Accessor, *records: Any) -> bool:
    """Tell whether `records` may not be inserted and committed."""
    try:
        with speaking(policed, accessor) as session:
            session.add_all(records)
            session.flush()
    except REFUSED as error:
        assert isinstance(error.orig, psycopg.errors.InsufficientPrivilege)
        return True
    return False


def test_what_is_created_is_ones_own(policed: Place) -> None:
    assert not refuses(policed, OWNER, Note(title="mine", owner_id=OWNER.user_id))
    assert refuses(policed, OWNER, Note(title="his", owner_id=MEMBER.user_id))
    assert not refuses(policed, ADMIN, Note(title="his", owner_id=MEMBER.user_id))


def test_row_of_several_tables_is_created_and_judged_whole(policed: Place) -> None:
    assert not refuses(policed, OWNER, Photo(id=901, owner_id=OWNER.user_id))
    assert refuses(policed, OWNER, Photo(id=902, owner_id=MEMBER.user_id))


def test_link_does_not_justify_itself(policed: Place) -> None:
    link = {"team_id": 1, "person_id": STRANGER.user_id}
    assert refuses(policed, STRANGER, TeamMember(**link))
    assert refuses(policed, STRANGER, NoteTeam(note_id=OWN, team_id=1, can_edit=True))


def changed(policed: Place, accessor: Accessor, statement: Any) -> int:
    """Return how many rows a statement changes."""
    with speaking(policed, accessor) as session:
        result: Any = session.connection().execute(statement)
        return int(result.rowcount)


def test_only_rows_that_may_be_are_changed(policed: Place) -> None:
    notes: Any = Note.__table__
    everything = sa.update(notes).values(title="changed")
    for accessor in CALLERS:
        with policed.plain() as session:
            both = sa.and_(*(predicate_of(Note, mode, accessor) for mode in ("read", "update")))
            may = session.scalar(sa.select(sa.func.count()).select_from(Note).where(both))
        assert changed(policed, accessor, everything) == may
    own = sa.delete(notes).where(notes.c.id == EDITABLE)
    assert changed(policed, STRANGER, own) == 0


def test_own_row_is_not_given_away(policed: Place) -> None:
    notes: Any = Note.__table__
    given = sa.update(notes).where(notes.c.id == OWN).values(owner_id=STRANGER.user_id)
    with pytest.raises(REFUSED):
        changed(policed, OWNER, given)
    assert changed(policed, ADMIN, given) == 1


def test_owner_of_the_tables_is_not_bound(policed: Place) -> None:
    with policed.plain() as session:
        session.add(Note(title="by a migration", owner_id=STRANGER.user_id))
        session.commit()
        assert session.scalar(sa.select(sa.func.count()).select_from(Document)) != 0


def test_what_cannot_be_said_is_told_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = CustomUserAccessControl(lambda cls, accessor: cls.rank < len(accessor.permissions))
    monkeypatch.setattr(Note, "read", counts)
    (rule,) = (r for r in rules_of(World.registry) if r.mapper.class_ is Note and r.mode == "read")
    assert rule.trouble is not None and "counts the permissions" in rule.trouble
    made = "\n".join(statements_of([rule, *rules_of(World.registry)][:1], ROLE))
    assert "ENABLE ROW LEVEL SECURITY" in made
    assert "CREATE POLICY" not in made


def test_what_compares_all_permissions_cannot_be_said() -> None:
    """Nobody gives what he lacks: that is asked of the whole list of what he has."""
    troubles = [(r.table, r.mode, r.trouble) for r in rules_of(Base.registry) if r.trouble]
    assert {trouble for _, _, trouble in troubles} == {"it lists all permissions of who asks"}
    assert {(table, mode) for table, mode, _ in troubles} == {
        ("invitations", "create"),
        *((table, mode) for table in ("user_acls", "user_roles") for mode in ("create", "delete")),
        ("users", "update"),
    }
