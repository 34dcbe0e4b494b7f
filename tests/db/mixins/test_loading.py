"""Relationships that are loaded along, as deep as they are named, in few statements."""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories.gate import Caller
from tests.factories.places import Place
from tests.factories.workshop import Box, Drill, Hammer, Maker, Part, Power, Tally, Tape, Tool

OWNER = Caller(1)


def loaded(record: Any, name: str) -> Any:
    """Return what is loaded under `name`, KeyError when nothing is."""
    return sa.inspect(record).dict[name]


def test_one_relationship(workshop: Place, world: str) -> None:
    def read(session: Any) -> set[str]:
        box = Box.get(session, load=Box.tools)
        return {tool.name for tool in loaded(box, "tools")}

    assert len(workshop.run(world, OWNER, read)) == 6


def test_a_chain_that_forks(workshop: Place, world: str) -> None:
    """The original keeps one of two ways that go on from the same place."""

    def read(session: Any) -> list[Any]:
        load = [Drill.parts, Part.makers, Part.prices]
        drill = Drill.get(session, Drill.name == "drill", load=load)
        return [
            (part.name, len(loaded(part, "makers")), [p.cents for p in loaded(part, "prices")])
            for part in loaded(drill, "parts")
        ]

    assert sorted(workshop.run(world, OWNER, read)) == [("bit", 1, [20]), ("chuck", 1, [10])]


def test_what_only_a_kind_has_is_loaded_from_the_root(workshop: Place, world: str) -> None:
    def read(session: Any) -> set[str]:
        box = Box.get(session, load=[Part.makers, Power.parts, Box.tools])
        drills = [tool for tool in loaded(box, "tools") if isinstance(tool, Drill)]
        return {part.name for drill in drills for part in loaded(drill, "parts")}

    assert workshop.run(world, OWNER, read) == {"chuck", "bit"}
    with workshop.verified(OWNER) as session:
        tools = Tool.get(session, fetch_mode="all", load=Power.parts)
        assert {len(loaded(t, "parts")) for t in tools if isinstance(t, Power)} == {0, 2}


def test_way_back_ends(workshop: Place) -> None:
    with workshop.verified(OWNER) as session:
        box = Box.get(session, load=[Box.tools, Tool.box])
        assert all(loaded(tool, "box") is box for tool in loaded(box, "tools"))


def test_save_and_update_load_too(workshop: Place, world: str) -> None:
    def write(session: Any) -> Any:
        drill = Drill(name="new", owner_id=1, parts=[Part(name="jaw")])
        saved = drill.save(session, load=[Drill.parts, Part.makers])
        assert saved is drill
        return [loaded(part, "makers") for part in loaded(saved, "parts")]

    assert workshop.run(world, OWNER, write) == [[]]


def test_what_is_related_is_gated_too(workshop: Place) -> None:
    with workshop.verified(Caller(2)) as session:
        box = Box.get(session, load=Box.tools)
        assert {tool.name for tool in loaded(box, "tools")} == {"lent hammer", "lent tape"}


def test_few_statements(workshop: Place) -> None:
    """One for the boxes, one for their tools, one for each joined kind that is among these."""
    statements: list[str] = []

    @sa.event.listens_for(workshop.engine, "before_cursor_execute")
    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    try:
        with workshop.plain() as session:
            Box.get(session, load=Box.tools, load_polymorphic="all")
            assert len(statements) == 4, statements
            Tool.delete(session, Drill.get(session, fetch_mode="all"))
            session.expunge_all()
            statements.clear()
            Box.get(session, load=Box.tools, load_polymorphic="all")
            assert len(statements) == 3  # no drill is left, so nobody asks for their table
    finally:
        sa.event.remove(workshop.engine, "before_cursor_execute", note)


def test_what_cannot_be_meant_is_refused(workshop: Place) -> None:
    with workshop.plain() as session:
        for load, kinds, said in (
            (Part.makers, None, "no way leads from Box to"),
            ([Box.tools, Tally.owner], None, "no way leads"),
            ("tools", None, "load takes relationships"),
            (Box.label, None, "load takes relationships"),
            (None, [Hammer], "goes with one relationship"),
            ([Box.tools, Tool.box], [Hammer], "goes with one relationship"),
            (Drill.parts, [Tape], "has no subclasses"),
        ):
            with pytest.raises(ValueError, match=said):
                Box.get(session, load=load, load_polymorphic=kinds)
        assert Maker.count(session) == 2
