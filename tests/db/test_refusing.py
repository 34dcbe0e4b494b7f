"""Statements that would read past the filter of a verified session: refused unsent."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.errors import UnverifiableError
from tests.factories.gate import Comment, Label, Note, note_labels
from tests.factories.places import OWNER, Place

REFUSED: dict[str, Any] = {
    "text": sa.text("SELECT 1"),
    "from_text": sa.select(Note).from_statement(sa.text("SELECT * FROM notes")),
    "from_core": sa.select(Note).from_statement(sa.select(Note.__table__)),
    "columns_of_text": sa.text("SELECT id FROM notes").columns(Note.id),
    "core_table": sa.select(Note.__table__),
    "core_column": sa.select(Note.__table__.c.title),
    "core_alias": sa.select(Note.__table__.alias().c.title),
    "core_where_only": sa.select(sa.literal(1)).where(Note.__table__.c.title == "own"),
    "core_beside_orm": sa.select(Comment.id).join(
        Note.__table__, Note.__table__.c.id == Comment.note_id
    ),
    "core_subquery": sa.select(Comment.id).where(
        Comment.note_id.in_(sa.select(Note.__table__.c.id))
    ),
    "core_exists_uncorrelated": sa.select(Note.id).where(
        sa.select(sa.literal(1))
        .select_from(Note.__table__)
        .where(Note.__table__.c.title == "own")
        .correlate(None)
        .exists()
    ),
    "core_cte": sa.select(sa.select(Note.__table__.c.id).cte("c").c.id),
    "core_in_union": sa.union_all(sa.select(Note.id), sa.select(Note.__table__.c.id)),
    "core_in_function": sa.select(
        sa.func.coalesce(sa.select(Note.__table__.c.title).limit(1).scalar_subquery(), "x")
    ),
    "entity_of_some_columns": sa.select(
        orm.aliased(Note, sa.select(Note.__table__.c.id, Note.__table__.c.title).subquery()).title
    ),
    "entity_of_some_rows": sa.select(
        orm.aliased(Note, sa.select(Note.__table__).where(Note.__table__.c.id == 1).subquery())
    ),
    "join_by_hand": sa.select(Comment.id).select_from(
        orm.join(Comment, Note, sa.and_(Note.id == Comment.note_id, Note.title == "own"))
    ),
    "core_join_by_hand": sa.select(Comment.id).select_from(
        sa.join(Comment, Note, sa.and_(Note.id == Comment.note_id, Note.title == "own"))
    ),
    "nameless_table": sa.select(sa.table("notes", sa.column("title")).c.title),
    "sample": sa.select(sa.tablesample(Note.__table__, 100).c.title),
    "link_table": sa.select(note_labels),
    "link_table_beside_orm": sa.select(note_labels.c.label_id, Label.id),
    "literal_column": sa.select(sa.literal_column("(SELECT title FROM notes LIMIT 1)")),
    "literal_where": sa.select(Note.id).where(sa.text("true")),
    "literal_order": sa.select(Note.id).order_by(sa.text("1")),
    "literal_prefix": sa.select(Note.id).prefix_with("DISTINCT"),
    "literal_suffix": sa.select(Note.id).suffix_with("UNION SELECT 1"),
    "alias_of_a_relationship": sa.select(Note.id).where(Note.children.any(Note.title == "own")),
    "relationship_to_anything": sa.select(Comment.id).where(Comment.note.has()),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_escapes_the_filter_is_refused(here: Place, world: str, name: str) -> None:
    def read(session: VerifiedSession) -> None:
        with pytest.raises(UnverifiableError, match="A verified session refuses"):
            session.execute(REFUSED[name])

    here.run(world, OWNER, read)
