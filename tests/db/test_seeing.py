"""What we say that SQLAlchemy filters, it filters: held against the SQL that it writes."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from baselayer.app.db.seeing import name_of, seen_by_sqlalchemy
from tests.factories.gate import Comment, Note, Person

OTHER = orm.aliased(Note, name="other")
FUNC = sa.func

STATEMENTS: dict[str, Any] = {
    "entity": sa.select(Note),
    "column": sa.select(Note.id),
    "alias": sa.select(OTHER.id),
    "aggregate": sa.select(FUNC.max(Note.id)),
    "aggregate_filtered": sa.select(FUNC.max(Note.id).filter(Note.id < 4)),
    "window": sa.select(FUNC.max(Note.id).over()),
    "window_of_another": sa.select(Person.id, FUNC.max(Note.id).over()),
    "extract": sa.select(sa.extract("year", Note.created_at)),
    "second": sa.select(Person.name + Note.title),
    "second_alias": sa.select(Person.name + OTHER.title),
    "case": sa.select(sa.case((Note.id > 1, "x"))),
    "where": sa.select(Person.id).where(Note.owner_id == Person.id),
    "where_of_a_function": sa.select(Person.id).where(FUNC.lower(Note.title) == "own"),
    "where_of_a_tuple": sa.select(Person.id).where(sa.tuple_(Note.id, Note.id).in_([(1, 1)])),
    "from": sa.select(FUNC.count()).select_from(Note),
    "join": sa.select(Person.id).join(Note, Note.owner_id == Person.id),
    "join_of_an_alias": sa.select(Person.id).join(OTHER, OTHER.owner_id == Person.id),
    "join_along": sa.select(Comment.id).join(Comment.note),
    "join_along_to_an_alias": sa.select(Comment.id).join(Comment.note.of_type(OTHER)),
    "join_from_it": sa.select(Comment.id).join_from(Note, Comment, Comment.note_id == Note.id),
    "bundle": sa.select(orm.Bundle("both", Person.id, Note.title)),
    "nothing": sa.select(Person.id),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_seen_is_what_is_filtered(name: str) -> None:
    filtered = orm.with_loader_criteria(Note, Note.rank == 4242, include_aliases=True)
    statement = STATEMENTS[name].options(filtered)
    sql = str(statement.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call] # SQLAlchemy's
    names = {"notes", name_of(sa.inspect(OTHER).selectable)}
    assert bool(seen_by_sqlalchemy(STATEMENTS[name]) & names) is ("rank =" in sql)
