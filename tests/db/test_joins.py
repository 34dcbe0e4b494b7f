"""join_model: link tables as mapped classes."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.checking import check_policies
from baselayer.app.db.base import NAMES, GatedMeta, Record
from baselayer.app.db.joins import JoinModel, join_model


@pytest.fixture
def classes() -> Iterator[tuple[Any, Any]]:
    class Own(Record, orm.DeclarativeBase, metaclass=GatedMeta):
        """A base of its own."""

        __abstract__ = True
        metadata = sa.MetaData(naming_convention=NAMES)

    class Box(Own):
        """A side."""

    class Tool(Own):
        """The other side."""

    yield Box, Tool
    Own.registry.dispose()


def test_link_has_both_columns_once(classes: tuple[Any, Any]) -> None:
    box, tool = classes
    link = join_model("box_tools", box, tool, base=box.__base__)
    table = link.__table__
    assert link.__name__ == "BoxTool" and JoinModel in link.__bases__
    assert {"box_id", "tool_id"} <= set(table.c.keys())
    assert not table.c.box_id.nullable
    assert [key.ondelete for key in table.foreign_keys] == ["CASCADE", "CASCADE"]
    columns = {tuple(c.name for c in i.columns) for i in table.indexes}
    assert ("tool_id", "box_id") in columns
    assert any(isinstance(c, sa.UniqueConstraint) for c in table.constraints)
    check_policies(link.registry)


def test_names_may_be_given(classes: tuple[Any, Any]) -> None:
    box, tool = classes
    link = join_model("kit", box, tool, "of", "holds", new_name="Kit", base=box.__base__)
    assert link.__name__ == "Kit" and {"of", "holds"} <= set(link.__table__.c.keys())
    assert set(sa.inspect(link).relationships.keys()) == {"box", "tool"}


def test_link_of_a_table_to_itself_needs_names(classes: tuple[Any, Any]) -> None:
    box, _ = classes
    with pytest.raises(ValueError, match="name both of its columns"):
        join_model("box_boxes", box, box, base=box.__base__)
