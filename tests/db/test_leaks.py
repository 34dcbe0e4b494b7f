"""The leak matrix: each known way around a filtered session is covered, or refused.

The ways are those that SQLAlchemy offers, so this is to be run against every new version of it.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.errors import UnverifiableError
from tests.factories.gate import Comment, Folder, Label, Note, NoteTeam, Paper, Person, note_labels
from tests.factories.places import OPEN, OWN, STRANGE, STRANGER, Place

VISIBLE = {OPEN, STRANGE}
NOTES: Any = Note.__table__
COMMENTS = sa.select(Comment)
BUNDLE: Any = sa.select(orm.Bundle("of", Note.id))
WHY = "to see what is left of it"
Way = Callable[[VerifiedSession], Iterable[Any]]


def ids(notes: Iterable[Note]) -> list[int]:
    return [note.id for note in notes]


def of_comments(session: VerifiedSession, *options: Any) -> list[int]:
    """Return the notes that comments lead to; their own filter is lifted on purpose."""
    with session.unrestricted(WHY):
        comments = session.scalars(COMMENTS).all()
    for comment in comments:
        session.expire(comment, ["note"])
    found = session.scalars(COMMENTS.options(*options).execution_options(populate_existing=True))
    return ids(c.note for c in (*found, *comments) if c.note is not None)


def papers(session: VerifiedSession, *options: Any) -> list[int]:
    """Return the notes of the owners of the papers in the strange folder."""
    statement = sa.select(Folder).where(Folder.id == 2).options(*options)
    folder = session.scalars(statement).unique().one()
    return [OWN for paper in folder.papers if paper.owner_id != 3]


def new_child(session: VerifiedSession) -> Note:
    session.add(child := Note(title="new", owner_id=3, parent_id=OWN))
    session.flush()
    return child


def rolled_back(way: Way) -> Way:
    def read(session: VerifiedSession) -> list[Any]:
        found = list(way(session))
        session.rollback()
        return found

    return read


def identity_hit(session: VerifiedSession) -> list[int]:
    with session.unrestricted(WHY):
        kept = session.scalars(sa.select(Note)).all()
    return [note.id for note in kept if session.get(Note, note.id) is not None]


def refreshed(session: VerifiedSession) -> list[int]:
    with session.unrestricted(WHY):
        kept = session.scalars(sa.select(Note)).all()
    found = []
    for note in kept:
        session.expire(note)
        try:
            found.append(note.id if note.title else 0)
        except orm.exc.ObjectDeletedError:
            continue
    return found


def loaded_again(session: VerifiedSession) -> list[int]:
    with session.unrestricted(WHY):
        kept = session.scalars(sa.select(Note)).all()
    again = sa.select(Note).execution_options(populate_existing=True)
    return ids(session.scalars(again)) if kept else []


READS: dict[str, Way] = {
    "entities": lambda s: ids(s.scalars(sa.select(Note))),
    "columns": lambda s: s.scalars(sa.select(Note.id)),
    "expressions": lambda s: s.scalars(sa.select(Note.id + 0)),
    "bundle": lambda s: [next(iter(row[0])) for row in s.execute(BUNDLE)],
    "legacy_query": lambda s: ids(s.query(Note)),
    "legacy_query_of_columns": lambda s: [row.id for row in s.query(Note.id)],
    "legacy_get": lambda s: ids(filter(None, (s.query(Note).get(i) for i in range(1, 6)))),
    "count": lambda s: range(4, 4 + s.query(Note).count()),
    "count_of_select": lambda s: range(4, 4 + s.scalars(sa.select(sa.func.count(Note.id))).one()),
    "max": lambda s: [s.scalars(sa.select(sa.func.min(Note.id))).one()],
    "alias": lambda s: ids(s.scalars(sa.select(orm.aliased(Note)))),
    "flat_alias": lambda s: ids(s.scalars(sa.select(orm.aliased(Note, flat=True)))),
    "join": lambda s: s.scalars(sa.select(Note.id).join(Note.owner)),
    "join_from_people": lambda s: s.scalars(
        sa.select(Note.id).join_from(Person, Note, Note.owner_id == Person.id)
    ),
    "subquery": lambda s: s.scalars(sa.select(sa.select(Note.id).subquery().c.id)),
    "cte": lambda s: s.scalars(sa.select(sa.select(Note.id).cte().c.id)),
    "recursive_cte": lambda s: s.scalars(
        sa.select(
            (base := sa.select(Note.id).cte(recursive=True))
            .union(sa.select(Note.id).join(base, Note.parent_id == base.c.id))
            .c.id
        )
    ),
    "in": lambda s: s.scalars(
        sa.select(Person.id + 0).where(Person.id.in_(sa.select(Note.id).where(Note.id < 4)))
    ),
    "exists": lambda s: [
        ident for ident in range(1, 6) if s.scalar(sa.select(sa.exists().where(Note.id == ident)))
    ],
    "union_all": lambda s: s.scalars(
        sa.union_all(sa.select(Note.id), sa.select(Note.id).where(Note.id < 0))
    ),
    "window": lambda s: s.scalars(
        sa.select(sa.func.first_value(Note.id).over(order_by=Note.id)).select_from(Note)
    ),
    "window_beside_its_class": lambda s: s.scalars(
        sa.select(sa.func.first_value(Note.id).over(order_by=Note.id), Note.title)
    ),
    "filtered_aggregate": lambda s: filter(
        None,
        s.scalars(sa.select(sa.func.max(Note.id).filter(Note.id < OPEN)).select_from(Note)),
    ),
    "function_in_where": lambda s: s.scalars(
        sa.select(sa.literal(OWN)).select_from(Note).where(sa.func.lower(Note.title) == "own")
    ),
    "aggregate": lambda s: s.scalars(sa.select(sa.func.array_agg(Note.id))).one(),
    "order_by_a_note": lambda s: s.scalars(
        sa.select(sa.literal(OPEN)).select_from(Note).order_by(Note.title)
    ),
    "lambda": lambda s: s.scalars(sa.lambda_stmt(lambda: sa.select(Note.id))),
    "get": lambda s: ids(filter(None, (s.get(Note, ident) for ident in range(1, 6)))),
    "get_with_lock": lambda s: ids(
        filter(None, (s.get(Note, i, with_for_update=True) for i in range(1, 6)))
    ),
    "get_populating": lambda s: ids(
        filter(None, (s.get(Note, i, populate_existing=True) for i in range(1, 6)))
    ),
    "for_update": lambda s: ids(s.scalars(sa.select(Note).with_for_update())),
    "skip_locked": lambda s: ids(s.scalars(sa.select(Note).with_for_update(skip_locked=True))),
    "deferred": lambda s: [
        note.id for note in s.scalars(sa.select(Note).options(orm.defer(Note.title))) if note.title
    ],
    "yield_per": lambda s: ids(s.scalars(sa.select(Note).execution_options(yield_per=1))),
    "stream_results": lambda s: ids(
        s.scalars(sa.select(Note), execution_options={"stream_results": True})
    ),
    "partitions": lambda s: [
        note.id
        for part in s.scalars(sa.select(Note).execution_options(yield_per=2)).partitions()
        for note in part
    ],
    "criteria_of_ones_own": lambda s: ids(
        s.scalars(sa.select(Note).options(orm.with_loader_criteria(Note, sa.true())))
    ),
    "uncached": lambda s: ids(
        s.scalars(sa.select(Note), execution_options={"compiled_cache": None})
    ),
    "populate_existing": loaded_again,
    "identity_map_hit": identity_hit,
    "expired_refresh": refreshed,
    "lazy_to_one": of_comments,
    "joinedload_to_one": lambda s: of_comments(s, orm.joinedload(Comment.note)),
    "inner_joinedload_to_one": lambda s: of_comments(
        s, orm.joinedload(Comment.note, innerjoin=True)
    ),
    "selectinload_to_one": lambda s: of_comments(s, orm.selectinload(Comment.note)),
    "subqueryload_to_one": lambda s: of_comments(s, orm.subqueryload(Comment.note)),
    "immediateload_to_one": lambda s: of_comments(s, orm.immediateload(Comment.note)),
    "raiseload_to_one": lambda s: of_comments(s, orm.defaultload(Comment.note)),
    "nested_eager_load": lambda s: of_comments(
        s, orm.selectinload(Comment.note).joinedload(Note.comments).joinedload(Comment.note)
    ),
    "lazy_to_many": papers,
    "joinedload_to_many": lambda s: papers(s, orm.joinedload(Folder.papers)),
    "selectinload_to_many": lambda s: papers(s, orm.selectinload(Folder.papers)),
    "subqueryload_to_many": lambda s: papers(s, orm.subqueryload(Folder.papers)),
    "immediateload_to_many": lambda s: papers(s, orm.immediateload(Folder.papers)),
    "refresh_of_a_collection": lambda s: [
        OWN
        for folder in [s.get_one(Folder, 2)]
        for paper in (s.refresh(folder, ["papers"]) or folder.papers)  # type: ignore[func-returns-value] # to load it
        if paper.owner_id != 3
    ],
    "lazy_load_of_a_new_record": rolled_back(lambda s: ids(filter(None, [new_child(s).parent]))),
    "refresh_of_a_new_record": rolled_back(
        lambda s: ids(
            filter(
                None,
                [
                    (s.refresh(child := new_child(s), ["parent"]) or child).parent  # type: ignore[func-returns-value] # to load it
                ],
            )
        )
    ),
    "merge": lambda s: ids(
        n for n in [s.merge(Note(id=OWN), load=True)] if sa.inspect(n).persistent
    ),
    "returning_of_an_update": rolled_back(
        lambda s: s.scalars(sa.update(Note).values(rank=1).returning(Note.id))
    ),
    "returning_of_a_delete": rolled_back(
        lambda s: [
            id_ - 1
            for id_ in s.scalars(sa.delete(NoteTeam).returning(NoteTeam.id))
            if id_ != STRANGE - 1
        ]
    ),
}

REFUSED: dict[str, Callable[[VerifiedSession], object]] = {
    "text": lambda s: s.execute(sa.text("SELECT * FROM notes")),
    "text_in_from_statement": lambda s: s.scalars(
        sa.select(Note).from_statement(sa.text("SELECT * FROM notes"))
    ),
    "text_with_columns": lambda s: s.execute(sa.text("SELECT id FROM notes").columns(Note.id)),
    "legacy_text": lambda s: s.query(Note).from_statement(sa.text("SELECT * FROM notes")).all(),
    "core_table": lambda s: s.execute(sa.select(NOTES)),
    "core_table_in_from_statement": lambda s: s.scalars(
        sa.select(Note).from_statement(sa.select(NOTES))
    ),
    "core_table_aliased": lambda s: s.execute(sa.select(NOTES.alias())),
    "core_table_joined": lambda s: s.execute(
        sa.select(Comment.id).join(NOTES, NOTES.c.id == Comment.note_id)
    ),
    "core_table_as_a_value": lambda s: s.execute(
        sa.select(sa.func.row_to_json(NOTES.table_valued()))
    ),
    "core_table_in_a_lambda": lambda s: s.execute(sa.lambda_stmt(lambda: sa.select(NOTES.c.id))),
    "core_table_by_name": lambda s: s.execute(sa.select(sa.table("notes", sa.column("title")))),
    "full_join": lambda s: s.scalars(
        sa.select(Note.id, Person.id).join_from(Person, Note, Note.owner_id == Person.id, full=True)
    ),
    "window_alone": lambda s: s.scalars(
        sa.select(sa.func.first_value(Note.id).over(order_by=Note.id))
    ),
    "filtered_aggregate_alone": lambda s: s.scalars(
        sa.select(sa.func.max(Note.id).filter(Note.id < OPEN))
    ),
    "extract_alone": lambda s: s.scalars(sa.select(sa.extract("year", Note.created_at))),
    "percentile_alone": lambda s: s.scalars(
        sa.select(sa.func.percentile_cont(0.5).within_group(Note.id))
    ),
    "second_class_in_one_column": lambda s: s.scalars(sa.select(Person.name + Note.title)),
    "second_class_in_a_function": lambda s: s.scalars(
        sa.select(sa.func.json_build_object("person", Person.id, "note", Note.title))
    ),
    "second_class_in_a_filter": lambda s: s.scalars(
        sa.select(sa.func.count(Person.id).filter(Note.title == "own"))
    ),
    "second_class_in_a_function_in_where": lambda s: s.scalars(
        sa.select(Person.id).where(sa.func.lower(Note.title) == "own")
    ),
    "function_in_where_alone": lambda s: s.scalars(
        sa.select(sa.literal(1)).where(sa.func.lower(Note.title) == "own")
    ),
    "window_in_a_subquery": lambda s: s.scalars(
        sa.select(Person.id, sa.select(sa.func.max(Note.id).over()).scalar_subquery())
    ),
    "window_in_the_where_of_an_update": lambda s: s.execute(
        sa.update(Note)
        .where(sa.select(sa.func.max(Comment.id).over()).scalar_subquery() == 5)
        .values(rank=1)
    ),
    "link_table": lambda s: s.execute(sa.select(note_labels)),
    "link_table_beside_its_class": lambda s: s.execute(
        sa.select(Label.id).join(note_labels, note_labels.c.label_id == Label.id)
    ),
    "literal_column": lambda s: s.execute(sa.select(sa.literal_column("(SELECT 1 FROM notes)"))),
    "sampled": lambda s: s.execute(sa.select(sa.tablesample(NOTES, 100))),
    "bulk_insert": lambda s: s.execute(sa.insert(Note), [{"title": "x", "owner_id": 3}]),
    "bulk_insert_returning": lambda s: s.scalars(
        sa.insert(Note).returning(Note), [{"title": "x", "owner_id": 3}]
    ),
    "insert_from_select": lambda s: s.execute(
        sa.insert(Note).from_select(["title", "owner_id"], sa.select(NOTES.c.title, sa.literal(3)))
    ),
    "bulk_update_by_key": lambda s: s.execute(sa.update(Note), [{"id": STRANGE, "title": "x"}]),
    "core_update": lambda s: s.execute(sa.update(NOTES).values(title="x")),
    "core_delete": lambda s: s.execute(sa.delete(NOTES)),
    "bulk_save_objects": lambda s: s.bulk_save_objects([Note(title="x", owner_id=3)]),
    "bulk_insert_mappings": lambda s: s.bulk_insert_mappings(Note, [{"title": "x", "owner_id": 3}]),
    "bulk_update_mappings": lambda s: s.bulk_update_mappings(Note, [{"id": 5, "title": "x"}]),
    "merge_without_loading": lambda s: s.merge(Note(id=OWN), load=False),
    "connection": lambda s: s.connection(),
    "connection_by_options": lambda s: s.connection(execution_options={"yield_per": 1}),
    "ddl": lambda s: s.execute(sa.schema.DropTable(NOTES)),
    "sequence": lambda s: s.execute(sa.Sequence("notes_id_seq")),
}


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.LegacyAPIWarning")
@pytest.mark.parametrize("way", READS)
def test_covered(here: Place, world: str, way: str) -> None:
    with here.plain() as session:
        if session.scalar(sa.select(sa.func.count(Paper.id)).where(Paper.folder_id == 2)) == 0:
            session.add(Paper(text="his", owner_id=1, folder_id=2))
            session.commit()
    found = here.run(world, STRANGER, lambda session: set(READS[way](session)))
    assert found <= VISIBLE


@pytest.mark.parametrize("way", REFUSED)
def test_refused(here: Place, world: str, way: str) -> None:
    def attempt(session: VerifiedSession) -> None:
        with pytest.raises(UnverifiableError, match="A verified session refuses"):
            REFUSED[way](session)

    here.run(world, STRANGER, attempt)


def test_streams_of_coroutines(here: Place) -> None:
    async def read(session: Any) -> list[set[int]]:
        streamed = {note.id async for note in await session.stream_scalars(sa.select(Note))}
        rows = {row.id async for row in await session.stream(sa.select(Note.id))}
        parts = sa.select(Note).execution_options(yield_per=1)
        parted = [p async for p in (await session.stream_scalars(parts)).partitions()]
        with pytest.raises(UnverifiableError):
            await session.stream(sa.text("SELECT * FROM notes"))
        with pytest.raises(UnverifiableError):
            await session.connection()
        return [streamed, rows, {note.id for part in parted for note in part}]

    assert here.run_async(STRANGER, read) == [VISIBLE] * 3
