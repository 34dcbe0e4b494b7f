"""Which rows a predicate holds: random policies on random worlds, against plain Python."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import orm

from baselayer.app.controls.base import UserAccessControl
from baselayer.app.controls.constant import public, restricted
from baselayer.app.controls.custom import AccessibleIf, CustomUserAccessControl
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.controls.users import AccessibleIfUserMatches
from tests.factories.gate import Caller, Note, NoteTeam, Person, Team, TeamMember, World
from tests.factories.places import Place

PEOPLE, TEAMS, NOTES = (1, 2, 3), (1, 2, 3), (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Graph:
    """Who owns what, who is in which team, and what is shared with whom."""

    owners: dict[int, int]
    parents: dict[int, int | None]
    ranks: dict[int, int | None]
    open_notes: set[int]
    members: dict[tuple[int, int], bool] = field(default_factory=dict)  # (team, person): leads
    shares: dict[tuple[int, int], bool] = field(default_factory=dict)  # (note, team): may edit


Answer = Callable[[Graph, int, int], bool]  # may person touch note?


@dataclass(frozen=True)
class Policy:
    """A control, and what it means."""

    name: str
    control: UserAccessControl
    means: Answer

    def __repr__(self) -> str:
        return self.name


def in_teams(graph: Graph, person: int, note: int) -> Iterator[tuple[bool, bool]]:
    """Yield, for each way from the note through a team, whether it edits and whether it leads."""
    for (shared, team), edits in graph.shares.items():
        if shared == note and (team, person) in graph.members:
            yield edits, graph.members[team, person]


def parent_of(graph: Graph, note: int, then: Callable[[int], bool]) -> bool:
    parent = graph.parents[note]
    return parent is not None and then(parent)


def children_of(graph: Graph, note: int) -> list[int]:
    return [child for child, parent in graph.parents.items() if parent == note]


IfUser = AccessibleIfUserMatches
LEAVES = [
    Policy("public", public, lambda g, p, n: True),
    Policy("restricted", restricted, lambda g, p, n: False),
    Policy("owner", IfUser("owner"), lambda g, p, n: g.owners[n] == p),
    Policy("teams", IfUser("teams.members"), lambda g, p, n: any(in_teams(g, p, n))),
    Policy(
        "editors",
        IfUser("note_teams.team.members", where=lambda link: link.can_edit),
        lambda g, p, n: any(edits for edits, _ in in_teams(g, p, n)),
    ),
    Policy(
        "parent's owner",
        IfUser("parent.owner"),
        lambda g, p, n: parent_of(g, n, lambda parent: g.owners[parent] == p),
    ),
    Policy(
        "parent's teams",
        IfUser("parent.teams.members"),
        lambda g, p, n: parent_of(g, n, lambda parent: any(in_teams(g, p, parent))),
    ),
    Policy(
        "grandparent's owner",
        IfUser("parent.parent.owner"),
        lambda g, p, n: parent_of(
            g, n, lambda one: parent_of(g, one, lambda two: g.owners[two] == p)
        ),
    ),
    Policy(
        "children's owners",
        IfUser("children.owner"),
        lambda g, p, n: any(g.owners[child] == p for child in children_of(g, n)),
    ),
    Policy("open", AccessibleIf(lambda n: n.is_public), lambda g, p, n: n in g.open_notes),
    Policy(
        "ranked",
        AccessibleIf(lambda n: n.rank > 2),
        lambda g, p, n: (g.ranks[n] or 0) > 2,
    ),
    Policy(
        "parent may be led",
        AccessibleIfRelatedRowsAreAccessible(teams="update"),
        lambda g, p, n: any(leads for _, leads in in_teams(g, p, n)),
    ),
    Policy(
        "parent is deletable",
        AccessibleIfRelatedRowsAreAccessible(parent="delete"),
        lambda g, p, n: parent_of(g, n, lambda parent: g.owners[parent] == p),
    ),
    Policy(
        "custom select",
        CustomUserAccessControl(
            lambda cls, u: sa.select(cls).join(cls.owner).where(Person.id == u.user_id)
        ),
        lambda g, p, n: g.owners[n] == p,
    ),
    Policy(
        "custom condition",
        CustomUserAccessControl(lambda cls, u: cls.id > u.user_id),
        lambda g, p, n: n > p,
    ),
]


def not_(one: Policy) -> Policy:
    return Policy(f"~({one})", ~one.control, lambda g, p, n: not one.means(g, p, n))


def and_(one: Policy, two: Policy) -> Policy:
    def means(g: Graph, p: int, n: int) -> bool:
        return one.means(g, p, n) and two.means(g, p, n)

    return Policy(f"({one} & {two})", one.control & two.control, means)


def or_(one: Policy, two: Policy) -> Policy:
    def means(g: Graph, p: int, n: int) -> bool:
        return one.means(g, p, n) or two.means(g, p, n)

    return Policy(f"({one} | {two})", one.control | two.control, means)


policies = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.builds(not_, inner), st.builds(and_, inner, inner), st.builds(or_, inner, inner)
    ),
    max_leaves=6,
)

graphs = st.builds(
    Graph,
    owners=st.fixed_dictionaries({note: st.sampled_from(PEOPLE) for note in NOTES}),
    parents=st.fixed_dictionaries(
        {note: st.sampled_from([None, *range(1, note)]) for note in NOTES}
    ),
    ranks=st.fixed_dictionaries({note: st.sampled_from([None, 1, 3]) for note in NOTES}),
    open_notes=st.sets(st.sampled_from(NOTES)),
    members=st.dictionaries(
        st.tuples(st.sampled_from(TEAMS), st.sampled_from(PEOPLE)), st.booleans()
    ),
    shares=st.dictionaries(
        st.tuples(st.sampled_from(NOTES), st.sampled_from(TEAMS)), st.booleans()
    ),
)


def store(connection: sa.Connection, graph: Graph) -> None:
    """Put `graph` into the empty tables."""
    for model in (NoteTeam, TeamMember, Note, Team, Person):
        connection.execute(sa.delete(model))
    people = [{"id": person, "name": str(person)} for person in PEOPLE]
    teams = [{"id": team, "name": str(team)} for team in TEAMS]
    notes = [
        {
            "id": note,
            "title": str(note),
            "owner_id": graph.owners[note],
            "parent_id": graph.parents[note],
            "rank": graph.ranks[note],
            "is_public": note in graph.open_notes,
        }
        for note in NOTES
    ]
    members = [
        {"team_id": team, "person_id": person, "is_lead": leads}
        for (team, person), leads in graph.members.items()
    ]
    shares = [
        {"note_id": note, "team_id": team, "can_edit": edits}
        for (note, team), edits in graph.shares.items()
    ]
    rows = ((Person, people), (Team, teams), (Note, notes), (TeamMember, members))
    for model, values in (*rows, (NoteTeam, shares)):
        if values:
            connection.execute(sa.insert(World.metadata.tables[model.__tablename__]), values)


@pytest.fixture
def connection(here: Place) -> Iterator[sa.Connection]:
    """A transaction in which the tables of the small world are emptied, and never committed."""
    names = ", ".join(table.name for table in World.metadata.tables.values())
    with here.engine.connect() as connection:
        connection.execute(sa.text(f"TRUNCATE {names} CASCADE"))
        yield connection
        connection.rollback()


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(graph=graphs, policy=policies)
def test_predicate_means_what_the_policy_says(
    connection: sa.Connection, graph: Graph, policy: Policy
) -> None:
    store(connection, graph)
    other: Any = orm.aliased(Note)
    for person in PEOPLE:
        expected = [note for note in NOTES if policy.means(graph, person, note)]
        for entity in (Note, other):
            allowed = policy.control.predicate(entity, Caller(person))
            statement = sa.select(entity.id).where(allowed).order_by(entity.id)
            assert list(connection.scalars(statement)) == expected
