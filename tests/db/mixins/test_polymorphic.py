"""Kinds of tools: what is declared for them, how they are stored, who may see and change them."""

from abc import ABC
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.base import GatedMeta, Record
from baselayer.app.db.mixins.polymorphic import (
    AutoPolymorphicIdentityMixin,
    PolymorphicBaseMixin,
    create_subclass_id_mixin,
)
from baselayer.app.errors import AccessError
from tests.factories.gate import Caller
from tests.factories.places import Place
from tests.factories.workshop import Box, Drill, Hammer, Power, Tape, Tool

OWNER, BORROWER, ADMIN = Caller(1), Caller(2), Caller(9, frozenset({"System admin"}))
TOKEN = Caller(1, frozenset({"Run queries"}))  # acts for the owner
ALL = {"hammer", "lent hammer", "drill", "lent drill", "tape", "lent tape"}


def names(records: Any) -> set[str]:
    return {record.name for record in records}


def test_what_is_known_of_the_kinds() -> None:
    assert set(Tool.get_concrete_subclasses()) == {Hammer, Drill, Tape}
    assert Power.get_concrete_subclasses() == [Drill]
    assert Tool.get_identity_to_class_map() == {
        "hammer": Hammer,
        "power.drill": Drill,
        "measure": Tape,
    }
    assert Drill.get_polymorphic_discriminator() == "_polymorphic_name"
    assert Tool.is_joined_table_inheritance() and Drill.is_joined_table_inheritance()
    assert not Tape.is_joined_table_inheritance()


def test_how_they_are_stored() -> None:
    kinds: list[Any] = [Tool, Hammer, Power, Drill, Tape]
    tables = {cls: str(sa.inspect(cls).local_table) for cls in kinds}
    assert tables == {
        Tool: "tools",
        Hammer: "hammers",
        Power: "powers",
        Drill: "powers",
        Tape: "tools",
    }
    (key,) = sa.inspect(Hammer).local_table.c.id.foreign_keys
    assert (str(key.column), key.ondelete) == ("tools.id", "CASCADE")
    discriminator = sa.inspect(Tool).local_table.c._polymorphic_name
    assert discriminator.index and not discriminator.nullable


def test_what_is_only_an_idea_cannot_be_made() -> None:
    ideas: list[Any] = [Tool, Power]
    for cls in ideas:
        with pytest.raises(TypeError, match="abstract"):
            cls(name="x", owner_id=1)


def test_discriminator_is_no_part_of_an_answer(workshop: Place) -> None:
    with workshop.verified(OWNER) as session:
        assert "_polymorphic_name" not in Hammer.get(session, fetch_mode="all")[0].to_dict()


@pytest.mark.parametrize(
    ("accessor", "mode", "seen"),
    [
        (OWNER, "read", ALL),
        (TOKEN, "read", ALL),
        (BORROWER, "read", {"lent hammer", "lent tape"}),  # the lent drill narrows
        (BORROWER, "update", {"lent hammer", "lent tape", "lent drill"}),
        (Caller(3), "read", {"lent hammer", "lent tape"}),
        (ADMIN, "read", ALL),
        (ADMIN, "burn", ALL),
        (OWNER, "burn", set()),
    ],
)
def test_a_kind_narrows_however_it_is_asked(
    workshop: Place, world: str, accessor: Caller, mode: str, seen: set[str]
) -> None:
    def ask(session: Any) -> tuple[set[str], set[str]]:
        at_root = names(Tool.get_all(session, accessor, mode))
        one_by_one = [names(cls.get_all(session, accessor, mode)) for cls in (Hammer, Power, Tape)]
        return at_root, set().union(*one_by_one)

    if mode == "read":
        assert workshop.run(world, accessor, ask) == (seen, seen)
    with workshop.plain() as plain:
        assert ask(plain) == (seen, seen)


def test_a_session_filters_each_kind_and_loads_its_columns(workshop: Place, world: str) -> None:
    def read(session: Any) -> Any:
        tools = Tool.get(session, fetch_mode="all")
        own = {tool.weight for tool in tools if isinstance(tool, Hammer)}
        return names(tools), own, {tool.use() for tool in tools}

    assert workshop.run(world, BORROWER, read) == (
        {"lent hammer", "lent tape"},
        {1},
        {"bang", "zip"},
    )
    found, weights, uses = workshop.run(world, OWNER, read)
    assert (found, weights, uses) == (ALL, {5, 1}, {"bang", "zip", "brr"})


def test_kinds_are_loaded_in_coroutines_without_asking_late(workshop: Place) -> None:
    async def read(session: Any) -> set[int]:
        tools = await Tool.get(session, fetch_mode="all")
        return {tool.watts for tool in tools if isinstance(tool, Drill)}

    assert workshop.run_async(OWNER, read) == {100}


def test_absent_and_unseen_look_the_same(workshop: Place) -> None:
    hidden = workshop.scalar(sa.select(Tool.id).where(Tool.name == "lent drill"))
    with workshop.plain() as session:
        for cls in (Tool, Power, Drill):
            assert cls.get_if_accessible_by(session, hidden, BORROWER) is None
            assert cls.get_if_accessible_by(session, hidden, OWNER).name == "lent drill"
        assert Hammer.get_if_accessible_by(session, hidden, OWNER) is None


def test_verbs_of_a_kind_are_judged(workshop: Place, world: str) -> None:
    def write(session: Any) -> None:
        hammer = Hammer(name="new", weight=9, owner_id=1).save(session)
        hammer.weight = 10
        assert hammer.save(session) is hammer
        assert Tool.get_exist_one(session, hammer.id).weight == 10
        assert hammer.delete(session) == 1

    workshop.run(world, OWNER, write)
    with pytest.raises(AccessError):
        workshop.run(world, BORROWER, write)


@pytest.mark.parametrize("cls", [Tool, Hammer, Power, Drill, Tape])
def test_delete_by_condition_leaves_nothing_of_a_record(workshop: Place, cls: Any) -> None:
    with workshop.verified(OWNER) as session:
        expected = len(cls.get(session, fetch_mode="all"))
        assert cls.delete(session, condition=cls.owner_id == 1) == expected > 0
    for table, kind in (("hammers", Hammer), ("powers", Power), ("tools", Tool)):
        kept = workshop.scalar(sa.text(f"SELECT count(*) FROM {table}"))
        with workshop.plain() as session:
            assert kept == kind.count(session)


def test_delete_by_condition_spares_what_one_may_not_delete(workshop: Place) -> None:
    with workshop.verified(BORROWER) as session:
        assert Tool.delete(session, condition=Tool.owner_id == 1) == 2  # of what he can see
    with workshop.plain() as session:
        assert Tool.count(session) == 4


def test_polymorphic_target_is_loaded_with_chosen_kinds(workshop: Place) -> None:
    choices: list[Any] = [[Hammer, Drill], "all"]
    for kinds in choices:
        with workshop.verified(OWNER) as session:
            box = Box.get(session, load=Box.tools, load_polymorphic=kinds)
            assert box is not None and names(box.tools) == ALL
            assert {sa.inspect(t).dict["weight"] for t in box.tools if type(t) is Hammer} == {1, 5}


class Own(Record, orm.DeclarativeBase, metaclass=GatedMeta):
    """A base for models that cannot be declared."""

    __abstract__ = True


class Root(PolymorphicBaseMixin, Own, polymorphic_abstract=True, polymorphic_on="kind"):
    """A root with a discriminator of its own."""

    kind: orm.Mapped[str]


RootId = create_subclass_id_mixin("roots")


class Leaf(Root, AutoPolymorphicIdentityMixin):
    """The one that is there already."""


def test_own_discriminator() -> None:
    assert Root.get_polymorphic_discriminator() == "kind"
    assert "_polymorphic_name" not in sa.inspect(Root).columns
    assert Root.get_identity_to_class_map() == {"leaf": Leaf}


def test_key_mixin_needs_a_table_and_says_which() -> None:
    assert create_subclass_id_mixin("big_tools").__name__ == "BigToolsSubclassIdMixin"
    with pytest.raises(ValueError, match="name of the parent's table"):
        create_subclass_id_mixin("")


def declare(name: str, *bases: type, **options: Any) -> Any:
    made: Any = type(Own)
    return made(name, bases, {"__module__": __name__}, **options)


def test_mistakes_are_told_at_once() -> None:
    with pytest.raises(TypeError, match="put the mixin with its key first"):
        declare("Late", Root, RootId, AutoPolymorphicIdentityMixin)
    with pytest.raises(TypeError, match="put PolymorphicBaseMixin before Base"):
        declare("Behind", Own, PolymorphicBaseMixin)
    with pytest.raises(TypeError, match="needs an identity"):
        declare("Nameless", Root)
    with pytest.raises(ValueError, match="Leaf is stored as 'leaf' already"):
        declare("Twin", Root, polymorphic_identity="leaf")
    with pytest.raises(TypeError, match="only the root"):
        declare("Branch", Root, polymorphic_identity="branch", polymorphic_on="other")
    with pytest.raises(TypeError, match="needs PolymorphicBaseMixin"):
        declare("Alone", AutoPolymorphicIdentityMixin, Own)


def test_abc_among_the_bases_changes_nothing() -> None:
    assert issubclass(Tool, ABC) and not issubclass(Root, ABC)
    assert isinstance(Leaf(), Root)
