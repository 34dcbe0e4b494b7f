"""Strategies for hypothesis: random graphs of rows, random policies on their classes.

What the classes of tests/factories/graphs.py are is said here once more by hand, as the naive side
must not ask the mapper.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.controls import oracle
from tests.controls.oracle import Row

PARENTS = {"Picture": "Thing", "Postcard": "Picture", "Sketch": "Thing"}

# Class and relationship -> the class it leads to, and the table between them, if any.
RELATIONSHIPS: dict[tuple[str, str], tuple[str, str | None]] = {
    ("Human", "boss"): ("Human", None),
    ("Human", "crews"): ("Crew", "Membership"),
    ("Crew", "lead"): ("Human", None),
    ("Crew", "humans"): ("Human", "Membership"),
    ("Crew", "memberships"): ("Membership", None),
    ("Membership", "crew"): ("Crew", None),
    ("Membership", "human"): ("Human", None),
    ("Shelf", "keeper"): ("Human", None),
    ("Shelf", "things"): ("Thing", None),
    ("Thing", "owner"): ("Human", None),
    ("Thing", "parent"): ("Thing", None),
    ("Thing", "children"): ("Thing", None),
    ("Thing", "shelf"): ("Shelf", None),
    ("Thing", "crews"): ("Crew", "Share"),
    ("Thing", "shares"): ("Share", None),
    ("Thing", "remarks"): ("Remark", None),
    ("Share", "thing"): ("Thing", None),
    ("Share", "crew"): ("Crew", None),
    ("Picture", "subject"): ("Human", None),
    ("Picture", "album"): ("Crew", None),
    ("Remark", "thing"): ("Thing", None),
    ("Remark", "picture"): ("Picture", None),
    ("Remark", "author"): ("Human", None),
}
TARGETS = {name: target for name, (target, _) in RELATIONSHIPS.items()}

NUMBERS = {
    "Human": ["id", "boss_id"],
    "Crew": ["id", "lead_id"],
    "Membership": ["crew_id", "human_id"],
    "Shelf": ["row", "number", "keeper_id"],
    "Thing": ["id", "rank", "owner_id", "parent_id", "shelf_row", "shelf_number"],
    "Share": ["thing_id", "crew_id"],
    "Picture": ["subject_id", "album_id"],
    "Postcard": ["stamps"],
    "Sketch": [],
    "Remark": ["stars", "thing_id", "picture_id", "author_id"],
}
FLAGS = {"Membership": ["admin"], "Thing": ["is_open"], "Share": ["can_edit"]}
FLAGS["Picture"] = ["is_hidden"]
KEYS = {"Shelf": ("row", "number"), "Share": ("thing_id", "crew_id")}  # of the others: id
USER_COLUMNS = {"Thing": "owner_id", "Remark": "author_id", "Shelf": "keeper_id", "Crew": "lead_id"}

MODES = ("first", "second", "third")  # a later one may lead to an earlier one
UNDECLARED = "closed"
ACL = "Manage users"
HUMANS = 5  # the last one is a stranger: no row leads to him


def lineage(kind: str) -> list[str]:
    """Return a class and its ancestors."""
    return [kind, *(lineage(PARENTS[kind]) if kind in PARENTS else [])]


def of_lineage(table: dict[str, list[str]], kind: str) -> list[str]:
    """Return what `table` has for `kind` and its ancestors."""
    return [name for ancestor in lineage(kind) for name in table.get(ancestor, [])]


# --- Graphs ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """A graph as the columns that go into the tables, by class."""

    columns: dict[str, list[dict[str, Any]]]

    def rows(self) -> list[Row]:
        """Return the same as rows in memory, linked."""
        rows = [
            Row(columns.get("kind", kind), _key(kind, columns), columns)
            for kind, lines in self.columns.items()
            for columns in lines
        ]
        for row in rows:
            row.links = {name: list(_linked(row, name, rows)) for name in _names(row.kind)}
        return rows


def _key(kind: str, columns: dict[str, Any]) -> tuple[int, ...]:
    return tuple(columns[name] for name in KEYS.get(kind, ("id",)))


def _names(kind: str) -> list[str]:
    return [name for owner, name in RELATIONSHIPS if owner in lineage(kind)]


# A relationship as pairs of columns that are equal here and there; through a table, by two such.
PAIRS: dict[tuple[str, str], dict[str, str]] = {
    ("Human", "boss"): {"boss_id": "id"},
    ("Crew", "lead"): {"lead_id": "id"},
    ("Crew", "memberships"): {"id": "crew_id"},
    ("Membership", "crew"): {"crew_id": "id"},
    ("Membership", "human"): {"human_id": "id"},
    ("Shelf", "keeper"): {"keeper_id": "id"},
    ("Shelf", "things"): {"row": "shelf_row", "number": "shelf_number"},
    ("Thing", "owner"): {"owner_id": "id"},
    ("Thing", "parent"): {"parent_id": "id"},
    ("Thing", "children"): {"id": "parent_id"},
    ("Thing", "shelf"): {"shelf_row": "row", "shelf_number": "number"},
    ("Thing", "shares"): {"id": "thing_id"},
    ("Thing", "remarks"): {"id": "thing_id"},
    ("Share", "thing"): {"thing_id": "id"},
    ("Share", "crew"): {"crew_id": "id"},
    ("Picture", "subject"): {"subject_id": "id"},
    ("Picture", "album"): {"album_id": "id"},
    ("Remark", "thing"): {"thing_id": "id"},
    ("Remark", "picture"): {"picture_id": "id"},
    ("Remark", "author"): {"author_id": "id"},
}
THROUGH = {
    ("Human", "crews"): ("human_id", "crew_id"),
    ("Crew", "humans"): ("crew_id", "human_id"),
    ("Thing", "crews"): ("thing_id", "crew_id"),
}


def _linked(row: Row, name: str, rows: list[Row]) -> list[Row]:
    owner = next(kind for kind in lineage(row.kind) if (kind, name) in RELATIONSHIPS)
    target, between = RELATIONSHIPS[owner, name]
    there = [other for other in rows if target in lineage(other.kind)]
    if between is None:
        pairs = PAIRS[owner, name].items()
        return [
            other
            for other in there
            if all(
                row.values[here] is not None and row.values[here] == other.values[far]
                for here, far in pairs
            )
        ]
    near, far = THROUGH[owner, name]
    ids = [
        link.values[far]
        for link in rows
        if link.kind == between and link.values[near] == row.values["id"]
    ]
    return [other for other in there if other.values["id"] in ids]


NUMBER = st.one_of(st.none(), st.integers(0, 3))
FLAG = st.sampled_from([None, True, False])
KNOWN_HUMAN = st.integers(1, HUMANS - 1)
HUMAN = st.one_of(st.none(), KNOWN_HUMAN)
CREWS, THINGS = st.integers(1, 3), st.integers(1, 6)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw from `strategy`, or NULL."""
    return st.one_of(st.none(), strategy)


@st.composite
def lines(draw: Any, /, least: int, most: int, **columns: Any) -> list[dict[str, Any]]:
    """Draw rows of a table, numbered from 1."""
    row = st.fixed_dictionaries(columns)
    found = draw(st.lists(row, min_size=least, max_size=most))
    return [{"id": place, **columns} for place, columns in enumerate(found, 1)]


@st.composite
def graphs(draw: Any) -> Drawn:
    """Draw a graph: NULLs in every foreign key that may be NULL, halves of a composite one too."""
    crews, things = draw(CREWS), draw(THINGS)
    crew = st.integers(1, crews)
    stored = draw(_things(things, crew))
    pictures = [line["id"] for line in stored if "Picture" in lineage(line["kind"])]
    people = draw(lines(HUMANS - 1, HUMANS - 1, boss_id=HUMAN))
    return Drawn(
        {
            "Human": [*people, {"id": HUMANS, "boss_id": None}],
            "Crew": draw(lines(crews, crews, lead_id=HUMAN)),
            "Membership": draw(lines(0, 5, crew_id=crew, human_id=KNOWN_HUMAN, admin=FLAG)),
            "Shelf": [{"row": 1, "number": place, "keeper_id": draw(HUMAN)} for place in (1, 2)],
            "Thing": stored,
            "Share": draw(_shares(st.tuples(st.integers(1, things), crew))),
            "Remark": draw(
                lines(
                    0,
                    4,
                    stars=NUMBER,
                    thing_id=maybe(st.integers(1, things)),
                    picture_id=st.sampled_from([None, *pictures]),
                    author_id=HUMAN,
                )
            ),
        }
    )


@st.composite
def _things(draw: Any, count: int, crew: Any) -> list[dict[str, Any]]:
    columns: dict[str, Any] = {
        "kind": st.sampled_from(["Thing", "Thing", "Picture", "Postcard", "Sketch"]),
        "rank": NUMBER,
        "is_open": FLAG,
        "owner_id": HUMAN,
        "parent_id": maybe(st.integers(1, count)),
        "shelf_row": maybe(st.just(1)),
        "shelf_number": maybe(st.integers(1, 2)),
    }
    found: list[dict[str, Any]] = draw(lines(count, count, **columns))
    for line in found:
        if "Picture" in lineage(line["kind"]):
            line |= {"is_hidden": draw(FLAG), "subject_id": draw(HUMAN)}
            line["album_id"] = draw(maybe(crew))
        if line["kind"] == "Postcard":
            line["stamps"] = draw(NUMBER)
    return found


@st.composite
def _shares(draw: Any, pair: Any) -> list[dict[str, Any]]:
    pairs = sorted(draw(st.sets(pair, max_size=5)))
    return [{"thing_id": one, "crew_id": other, "can_edit": draw(FLAG)} for one, other in pairs]


# --- Policies -------------------------------------------------------------------------------------


@cache
def conditions(kind: str, *, mine: bool = False) -> st.SearchStrategy[Any]:
    """Draw a condition on the columns of `kind`."""
    numbers, flags = of_lineage(NUMBERS, kind), of_lineage(FLAGS, kind)
    compared = st.builds(
        oracle.Compare,
        st.sampled_from(numbers),
        st.sampled_from(sorted(oracle.SIGNS)),
        st.integers(0, 3),
    )
    leaves = [compared, st.builds(oracle.IsNull, st.sampled_from(numbers + flags))]
    if flags:
        leaves.append(
            st.builds(oracle.Compare, st.sampled_from(flags), st.just("=="), st.booleans())
        )
    owned = [USER_COLUMNS[name] for name in lineage(kind) if name in USER_COLUMNS]
    if mine and owned:
        leaves.append(st.builds(oracle.Mine, st.sampled_from(owned)))
    leaf = st.one_of(leaves)
    return st.one_of(
        leaf, leaf, st.builds(oracle.Opposite, leaf), st.builds(oracle.Either, leaf, leaf)
    )


def chains(kind: str, longest: int = 3) -> list[tuple[str, ...]]:
    """Return every chain from `kind` to users."""
    found: list[tuple[str, ...]] = []
    for name in _names(kind) if longest else []:
        owner = next(one for one in lineage(kind) if (one, name) in RELATIONSHIPS)
        target = TARGETS[owner, name]
        found += [(name,)] if target == "Human" else []
        found += [(name, *rest) for rest in chains(target, longest - 1)]
    return found


CHAINS = {kind: chains(kind) for kind in NUMBERS}


def passed(kind: str, chain: tuple[str, ...]) -> list[str]:
    """Return the classes that `chain` leads to, in order."""
    places = []
    for name in chain:
        owner = next(one for one in lineage(kind) if (one, name) in RELATIONSHIPS)
        kind = TARGETS[owner, name]
        places.append(kind)
    return places


def is_plain(kind: str, chain: tuple[str, ...]) -> bool:
    """Tell whether a join along the chain meets no table twice."""
    tables, here = [lineage(kind)[-1]], kind
    for name in chain:
        owner = next(one for one in lineage(here) if (one, name) in RELATIONSHIPS)
        here, between = RELATIONSHIPS[owner, name]
        tables += [lineage(here)[-1], *([between] if between else [])]
    return len(set(tables)) == len(tables)


@st.composite
def matches(draw: Any, kind: str) -> oracle.Matches:
    """Draw a chain, with a condition now and then, as our own option or as upstream's subclass."""
    chain = draw(st.sampled_from(CHAINS[kind]))
    if draw(st.integers(0, 2)):
        return oracle.Matches(chain)
    if is_plain(kind, chain) and draw(st.booleans()):
        at = draw(st.integers(0, len(chain) - 1))
        place = passed(kind, chain)[at]
        return oracle.Matches(chain, draw(conditions(place)), at, "upstream")
    return oracle.Matches(chain, draw(conditions(passed(kind, chain)[0])))


@st.composite
def related(draw: Any, kind: str, mode: str) -> oracle.Related:
    """Draw one or two relationships with modes below `mode`."""
    lower = [*MODES[: MODES.index(mode)] * 3, UNDECLARED]
    names = draw(st.sets(st.sampled_from(_names(kind)), min_size=1, max_size=2))
    return oracle.Related(tuple((name, draw(st.sampled_from(lower))) for name in sorted(names)))


@st.composite
def custom(draw: Any, kind: str) -> oracle.Custom:
    """Draw a control of the application's own, in each form that there is."""
    form = draw(st.sampled_from(["condition", "select", "function", "selecting", "upstream"]))
    is_asked = form in ("function", "selecting", "upstream")
    condition = draw(conditions(kind, mine=is_asked))
    return oracle.Custom(condition, form, is_asked and draw(st.booleans()))


@cache
def leaves(kind: str, mode: str) -> st.SearchStrategy[Any]:
    """Draw a control that is made of no others."""
    kinds: list[st.SearchStrategy[Any]] = [
        matches(kind),
        matches(kind),
        st.builds(oracle.If, conditions(kind)),
        st.one_of(st.just(oracle.Public()), st.just(oracle.Restricted()), custom(kind)),
        st.one_of(st.just(oracle.Permitted(ACL)), custom(kind)),
    ]
    if MODES.index(mode):
        kinds += [related(kind, mode), related(kind, mode)]
    return st.one_of(kinds)


@cache
def policies(kind: str, mode: str, depth: int = 3) -> st.SearchStrategy[Any]:
    """Draw a tree of controls, at most `depth` compositions deep."""
    leaf = leaves(kind, mode)
    if not depth:
        return leaf
    below = st.deferred(lambda: policies(kind, mode, depth - 1))
    some = st.lists(below, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        leaf,
        st.builds(oracle.AllOf, some),
        st.builds(oracle.AnyOf, some),
        st.builds(oracle.Not, below),
    )


@st.composite
def rules(draw: Any, kinds: tuple[str, ...] = tuple(NUMBERS)) -> oracle.Rules:
    """Draw a policy for each class and mode; a subclass may leave one to its parent."""
    declared = {}
    for mode in MODES:
        for kind in kinds:
            if kind not in PARENTS or draw(st.booleans()):
                declared[kind, mode] = draw(policies(kind, mode))
    return oracle.Rules(PARENTS, TARGETS, declared)


@st.composite
def few_rules(draw: Any, control: st.SearchStrategy[Any]) -> oracle.Rules:
    """Draw `control` for things, and conditions on the columns of all classes below it."""
    declared = {(kind, MODES[0]): oracle.If(draw(conditions(kind))) for kind in NUMBERS}
    return oracle.Rules(PARENTS, TARGETS, {**declared, ("Thing", MODES[1]): draw(control)})
