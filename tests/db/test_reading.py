"""Every way to read in a verified session: only what may be read comes back."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.custom import CustomUserAccessControl
from baselayer.app.controls.users import AccessibleIfUserMatches
from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.errors import UnverifiableError
from tests.factories.gate import (
    Caller,
    Comment,
    Document,
    Folder,
    Label,
    Letter,
    Memo,
    Note,
    NoteTeam,
    Person,
    Photo,
    Seat,
    Team,
    Ticket,
)
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

MEMBERS = {SHARED, EDITABLE, OPEN}
Read = Callable[[VerifiedSession], Any]


def subquery(statement: Any) -> Any:
    return statement.subquery().c[0]


WAYS: dict[str, Read] = {
    "entities": lambda s: [note.id for note in s.scalars(sa.select(Note))],
    "columns": lambda s: s.scalars(sa.select(Note.id)).all(),
    "alias": lambda s: s.scalars(sa.select(orm.aliased(Note).id)).all(),
    "query": lambda s: [note.id for note in s.query(Note)],
    "where_only": lambda s: [
        ident for ident in range(1, 6) if s.scalar(sa.select(sa.literal(1)).where(Note.id == ident))
    ],
    "exists": lambda s: [
        ident for ident in range(1, 6) if s.scalar(sa.select(sa.exists().where(Note.id == ident)))
    ],
    "exists_of_select": lambda s: [
        ident
        for ident in range(1, 6)
        if s.scalar(sa.select(sa.select(Note).where(Note.id == ident).exists()))
    ],
    "get": lambda s: [ident for ident in range(1, 6) if s.get(Note, ident)],
    "get_twice": lambda s: [i for i in range(1, 6) if (s.get(Note, i), s.get(Note, i))[1]],
    "union_within": lambda s: s.scalars(
        sa.select(subquery(sa.union_all(sa.select(Note.id), sa.select(Note.id).where(Note.id < 0))))
    ).all(),
    "union": lambda s: s.scalars(sa.union(sa.select(Note.id), sa.select(Note.id))).all(),
    "except": lambda s: s.scalars(
        sa.except_(sa.select(Note.id), sa.select(Note.id).where(Note.id < 0))
    ).all(),
    "cte": lambda s: s.scalars(sa.select(sa.select(Note.id).cte("all_of_them").c.id)).all(),
    "entity_of_cte": lambda s: [
        note.id for note in s.scalars(sa.select(orm.aliased(Note, sa.select(Note).cte("n"))))
    ],
    "entity_of_core": lambda s: [
        note.id
        for note in s.scalars(sa.select(orm.aliased(Note, sa.select(Note.__table__).subquery())))
    ],
    "subquery": lambda s: s.scalars(sa.select(subquery(sa.select(Note.id)))).all(),
    "in": lambda s: s.scalars(sa.select(Note.id).where(Note.id.in_(sa.select(Note.id)))).all(),
    "in_of_another": lambda s: s.scalars(
        sa.select(Comment.note_id).where(Comment.note_id.in_(sa.select(Note.id)))
    ).all(),
    "scalar_subquery": lambda s: [
        ident
        for ident in range(1, 6)
        if s.scalar(sa.select(sa.select(Note.title).where(Note.id == ident).scalar_subquery()))
    ],
    "join": lambda s: s.scalars(sa.select(Note.id).join(Note.owner)).all(),
    "join_of_all": lambda s: s.scalars(
        sa.select(Note.id).join_from(Person, Note, Note.owner_id == Person.id)
    ).all(),
    "join_from_comments": lambda s: s.scalars(sa.select(Note.id).join(Comment.note)).all(),
    "lateral": lambda s: s.scalars(
        sa.select((later := sa.select(Note.id).where(Note.owner_id == Person.id).lateral()).c.id)
        .select_from(Person)
        .join(later, sa.true())
    ).all(),
    "join_on": lambda s: s.scalars(
        sa.select(Comment.note_id).join(Note, sa.and_(Note.id == Comment.note_id, Note.id > 0))
    ).all(),
    "join_alias_on": lambda s: s.scalars(
        sa.select(Comment.note_id).join(
            (other := orm.aliased(Note)), sa.and_(other.id == Comment.note_id, other.id > 0)
        )
    ).all(),
    "outer_join_alias": lambda s: s.scalars(
        sa.select((other := orm.aliased(Note)).id)
        .select_from(Person)
        .outerjoin(other, other.owner_id == Person.id)
        .where(other.id.is_not(None))
    ).all(),
    "lazy_to_many": lambda s: [n.id for p in s.scalars(sa.select(Comment)) if (n := p.note)],
    "joinedload": lambda s: [
        link.note.id
        for link in s.scalars(sa.select(Comment).options(orm.joinedload(Comment.note)))
        if link.note
    ],
    "selectinload": lambda s: [
        link.note.id
        for link in s.scalars(sa.select(Comment).options(orm.selectinload(Comment.note)))
        if link.note
    ],
    "contains_eager": lambda s: [
        link.note.id
        for link in s.scalars(
            sa.select(Comment).join(Comment.note).options(orm.contains_eager(Comment.note))
        )
    ],
}


# SQLAlchemy's search for forgotten joins does not see through LATERAL.
@pytest.mark.filterwarnings("ignore:SELECT statement has a cartesian product")
@pytest.mark.parametrize("way", WAYS)
def test_only_readable_notes_come_back(here: Place, world: str, way: str) -> None:
    found = here.run(world, MEMBER, lambda session: list(WAYS[way](session)))
    assert set(found) == MEMBERS
    assert len(found) == len(MEMBERS), "a row came twice"


@pytest.mark.parametrize(
    ("accessor", "notes"),
    [
        (OWNER, {OWN, *MEMBERS}),
        (TOKEN, {OWN, *MEMBERS}),
        (STRANGER, {OPEN, STRANGE}),
        (ADMIN, {OWN, STRANGE, *MEMBERS}),
    ],
)
def test_each_accessor_reads_what_is_his(
    here: Place, world: str, accessor: Caller, notes: set[int]
) -> None:
    statement = sa.select(Note.id)
    assert set(here.run(world, accessor, lambda s: s.scalars(statement).all())) == notes


def test_counts_count_what_is_readable(here: Place, world: str) -> None:
    def count(session: VerifiedSession) -> list[int | None]:
        return [
            session.scalar(sa.select(sa.func.count()).select_from(Note)),
            session.scalar(sa.select(sa.func.count(Note.id))),
            session.scalar(sa.select(sa.func.count()).select_from(sa.select(Note).subquery())),
            session.query(Note).count(),
        ]

    assert here.run(world, MEMBER, count) == [3, 3, 3, 3]


@pytest.mark.parametrize("load", [orm.lazyload, orm.joinedload, orm.selectinload, orm.subqueryload])
def test_collections_hold_what_is_readable(here: Place, world: str, load: Any) -> None:
    def titles(session: VerifiedSession) -> set[str]:
        person = (
            session.scalars(sa.select(Team).where(Team.id == 1).options(load(Team.team_members)))
            .unique()
            .one()
        )
        return {str(link.person_id) for link in person.team_members}

    assert here.run(world, MEMBER, titles) == {"1", "2"}


@pytest.mark.parametrize("load", [orm.lazyload, orm.joinedload, orm.selectinload])
def test_children_one_may_not_read_are_left_out(here: Place, load: Any) -> None:
    with here.verified(OWNER) as session:
        statement = sa.select(Folder).where(Folder.id == 1).options(load(Folder.papers))
        root = session.scalars(statement).unique().one()
        assert [paper.text for paper in root.papers] == ["mine"]


def test_unreadable_parent_looks_absent(here: Place) -> None:
    with here.plain() as session:
        session.get_one(Folder, 3).parent_id = 2
        session.get_one(Folder, 1).parent_id = 2
        session.commit()
    with here.verified(OWNER) as session:
        assert session.get_one(Folder, 1).parent is None


def test_lazy_load_from_a_new_record_is_filtered(here: Place) -> None:
    with here.verified(STRANGER) as session:
        session.add(comment := Comment(text="?", note_id=OWN, author_id=3))
        with session.no_autoflush, pytest.raises(UnverifiableError):
            session.connection()
        session.expunge(comment)
        session.add(link := Note(title="new", owner_id=3, parent_id=OPEN))
        session.flush()
        assert link.parent is not None
        session.rollback()


def test_revoked_row_is_not_refreshed(here: Place, world: str) -> None:
    """What is gone and what is not one's own any more look the same."""

    def read(session: VerifiedSession) -> None:
        note = session.get_one(Note, SHARED)
        with here.plain() as other:
            other.execute(sa.delete(NoteTeam))
            other.commit()
        assert note.title == "shared"
        with pytest.raises(sa.exc.InvalidRequestError):
            session.refresh(note)
        session.expire(note)
        with pytest.raises(orm.exc.ObjectDeletedError):
            _ = note.title
        assert session.get(Note, SHARED) is None

    here.run(world, MEMBER, read)


def test_what_is_being_made_is_refreshed(
    here: Place, world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The links that make it readable may follow until the commit."""
    monkeypatch.setattr(Note, "read", AccessibleIfUserMatches("teams.members"))

    def write(session: VerifiedSession) -> str:
        session.add(note := Note(title="ours", owner_id=1))
        session.flush()
        session.refresh(note)
        session.add(NoteTeam(note=note, team_id=1))
        session.commit()
        session.refresh(note)
        return note.title

    assert here.run(world, OWNER, write) == "ours"


def test_self_referencing_alias_is_filtered_on_both_sides(here: Place, world: str) -> None:
    above = orm.aliased(Folder)
    both = sa.select(Folder.id, above.id).join(above, Folder.parent_id == above.id)

    def pairs(session: VerifiedSession) -> set[tuple[Any, ...]]:
        return {tuple(row) for row in session.execute(both)}

    assert here.run(world, OWNER, pairs) == {(3, 1)}
    assert here.run(world, STRANGER, pairs) == {(4, 2)}
    by_relationship = sa.select(Folder.id, above.id).join(Folder.parent.of_type(above))
    with here.verified(OWNER) as session:
        assert {tuple(row) for row in session.execute(by_relationship)} == {(3, 1)}


def test_composite_keys(here: Place, world: str) -> None:
    def keys(session: VerifiedSession) -> tuple[list[Any], list[Any]]:
        seats = [tuple(row) for row in session.execute(sa.select(Seat.row, Seat.number))]
        return seats, list(session.scalars(sa.select(Ticket.id)))

    assert here.run(world, OWNER, keys) == ([(1, 1)], [1])


@pytest.mark.parametrize(
    ("entity", "ids"),
    [
        (Document, {1, 3, 4, 6, 8}),
        (Photo, {4}),
        (Letter, {6}),
        (Memo, {8}),
        (orm.with_polymorphic(Document, "*"), {1, 3, 4, 6, 8}),
        (orm.with_polymorphic(Document, "*", aliased=True, flat=True), {1, 3, 4, 6, 8}),
        (orm.aliased(Document), {1, 3, 4, 6, 8}),
        (orm.aliased(Photo), {4}),
        (orm.aliased(Photo, flat=True), {4}),
    ],
    ids=str,
)
def test_inheritance_is_filtered_however_it_is_loaded(
    here: Place, world: str, entity: Any, ids: set[int]
) -> None:
    def read(session: VerifiedSession) -> list[set[int]]:
        loaded = {document.id for document in session.scalars(sa.select(entity))}
        session.expunge_all()
        mentioned = set(session.scalars(sa.select(entity.id)))
        explicit = session.scalars(sa.select(entity.id).where(entity.id > 0))
        return [loaded, mentioned, set(explicit)]

    assert here.run(world, OWNER, read) == [ids, ids, ids]


def test_explicit_select_equals_the_net(here: Place) -> None:
    for cls in (Note, Comment, Folder, Document, Photo, Memo, Ticket):
        for accessor in (OWNER, MEMBER, STRANGER, ADMIN, TOKEN):
            with here.verified(accessor) as session, here.plain() as plain:
                net = {r.id for r in session.scalars(sa.select(cls))}
                explicit = {r.id for r in plain.scalars(cls.select(accessor))}
                both = {r.id for r in session.scalars(cls.select(accessor))}
            assert net == explicit == both


def test_relationships_in_conditions_are_filtered(here: Place, world: str) -> None:
    def read(session: VerifiedSession) -> list[set[int]]:
        has = sa.select(Comment.id).where(Comment.note.has(Note.title.is_not(None)))
        any_ = sa.select(Note.id).where(Note.teams.any(Team.name.is_not(None)))
        joined = sa.select(Note.id).join(Note.teams)
        return [set(session.scalars(statement)) for statement in (has, any_, joined)]

    assert here.run(world, MEMBER, read) == [{2, 3, 4}, {SHARED, EDITABLE}, {SHARED, EDITABLE}]
    with here.plain() as session:
        session.add(NoteTeam(note_id=OPEN, team_id=3))
        session.commit()
    assert here.run(world, MEMBER, read) == [{2, 3, 4}, {SHARED, EDITABLE}, {SHARED, EDITABLE}]


def test_label_through_a_plain_link_can_be_read(here: Place, world: str) -> None:
    with here.plain() as session:
        session.get_one(Note, OPEN).labels = [session.get_one(Label, 1)]
        session.commit()

    def read(session: VerifiedSession) -> list[list[str]]:
        note = session.get_one(Note, OPEN)
        loads = (orm.joinedload, orm.selectinload)
        found = [[label.name for label in note.labels]]
        for load in loads:
            session.expunge_all()
            statement = sa.select(Note).where(Note.id == OPEN).options(load(Note.labels))
            found.append([x.name for x in session.scalars(statement).unique().one().labels])
        return found

    assert here.run(world, MEMBER, read) == [["red"]] * 3


def test_where_of_a_bulk_write_reads_only_what_is_readable(here: Place, world: str) -> None:
    """Otherwise the number of rows changed would answer any question."""

    def write(session: VerifiedSession) -> int:
        probe = sa.select(Note.title).where(Note.id == OWN).scalar_subquery()
        update = sa.update(Note).where(sa.exists().where(Comment.id == OWN)).values(rank=9)
        session.execute(sa.update(Note).values(title=sa.func.coalesce(probe, "nothing")))
        return int(session.execute(update).rowcount)  # type: ignore[attr-defined] # of an UPDATE

    assert here.run(world, STRANGER, write) == 0

    def read_back(session: VerifiedSession) -> str:
        probe = sa.select(Note.title).where(Note.id == OWN).scalar_subquery()
        session.execute(sa.update(Note).values(title=sa.func.coalesce(probe, "nothing")))
        return session.get_one(Note, STRANGE).title

    assert here.run(world, STRANGER, read_back) == "nothing"


def bans(cls: Any, accessor: Any) -> Any:
    """Allow notes on which there is no comment of the owner, whoever may read the comments."""
    banned = sa.select(Comment.id).where(Comment.note_id == cls.id, Comment.author_id == 1)
    return ~banned.exists()


def of_comments(cls: Any, accessor: Any) -> Any:
    return sa.select(cls).join(cls.note).where(Note.title != "nothing")


@pytest.mark.parametrize("world_of_it", ["net", "explicit"])
def test_control_of_ones_own_decides_by_all_rows(
    here: Place, monkeypatch: pytest.MonkeyPatch, world_of_it: str
) -> None:
    """Filtered by what the accessor may read, "no row forbids it" would allow more."""
    monkeypatch.setattr(Note, "read", CustomUserAccessControl(bans))
    monkeypatch.setattr(Comment, "read", accessible_by_nobody)
    with here.verified(STRANGER) as session:
        statement = sa.select(Note) if world_of_it == "net" else Note.select(STRANGER)
        assert {note.id for note in session.scalars(statement)} == {STRANGE}
        assert {n.id for n in session.scalars(sa.select(orm.aliased(Note)))} == {STRANGE}


accessible_by_nobody = CustomUserAccessControl(lambda cls, accessor: cls.id < 0)


def test_controls_that_read_each_other_end(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = CustomUserAccessControl(lambda cls, u: sa.select(cls).join(cls.comments))
    monkeypatch.setattr(Note, "read", notes)
    monkeypatch.setattr(Comment, "read", CustomUserAccessControl(of_comments))
    with here.verified(STRANGER) as session:
        assert {n.id for n in session.scalars(sa.select(Note)).unique()} == {1, 2, 3, 4, 5}
        assert {c.id for c in session.scalars(sa.select(Comment))} == {1, 2, 3, 4, 5}
        assert {c.id for c in session.scalars(sa.select(orm.aliased(Comment)))} == {1, 2, 3, 4, 5}
