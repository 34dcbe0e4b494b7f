"""What access control adds to a small question: the statement's build, and build and execution."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.launcher import using
from baselayer.app.identity.principals import Principal
from benchmarks import gate_place as place
from benchmarks.gate import filled
from benchmarks.gate_place import Item
from benchmarks.place import home
from benchmarks.table import Table, medians_ms

ROWS = 10_000
ROUNDS = 200
BUILDS = 50  # in one measurement, as one alone is shorter than the clock's noise
PRINCIPALS = range(1, 201)


def run() -> list[Table]:
    """Return the table of this benchmark."""
    conditions = f"Medians of {ROUNDS} interleaved rounds, {ROWS:,} rows, Python included."
    table = Table("A small question", conditions, ["what", "measured", "aim"])
    with _session() as session:
        table.rows = [_build(), _cached(session), _asked(session)]
    return [table]


@contextmanager
def _session() -> Iterator[orm.Session]:
    with (
        home() as path,
        using(Cluster(path / "postgres", fsync=False)) as cluster,
        filled(cluster, Item, ROWS) as engine,
        orm.Session(engine) as session,
    ):
        yield session


def _caller(user_id: int) -> Principal:
    return Principal(user_id, "somebody", 1, None, frozenset())


def _build() -> list[str]:
    caller = _caller(place.TYPICAL)

    def build() -> None:
        for _ in range(BUILDS):
            Item.select(caller)

    microseconds = medians_ms({"ours": build}, ROUNDS)["ours"] * 1000 / BUILDS
    return ["build of a statement", f"{microseconds:.1f} µs", "<= 15 µs"]


def _cached(session: orm.Session) -> list[str]:
    """Ask as many principals; SQLAlchemy says of each statement how it came to its SQL."""
    how: list[str] = []

    def note(*event: object) -> None:
        how.append(event[4].cache_hit.name)  # type: ignore[attr-defined]

    connection = session.connection()
    session.scalars(_gated(_caller(place.TYPICAL))).all()
    sa.event.listen(connection, "before_cursor_execute", note)
    for user_id in PRINCIPALS:
        session.scalars(_gated(_caller(user_id))).all()
    sa.event.remove(connection, "before_cursor_execute", note)
    return ["compiled-cache hits", f"{how.count('CACHE_HIT') / len(how):.0%}", "100%"]


def _asked(session: orm.Session) -> list[str]:
    caller = _caller(place.TYPICAL)
    forms: dict[str, Callable[[], object]] = {
        "ours": lambda: session.scalars(_gated(caller)).all(),
        "plain": lambda: session.scalars(sa.select(Item).where(Item.id == ROWS // 2)).all(),
    }
    found = medians_ms(forms, ROUNDS)
    ratio = found["ours"] / found["plain"]
    measured = f"{ratio:.2f} x ({found['ours']:.2f} ms to {found['plain']:.2f} ms)"
    return ["build and execution, by the same without access control", measured, "<= 1.5 x"]


def _gated(caller: Principal) -> sa.Select[tuple[Item]]:
    statement: sa.Select[tuple[Item]] = Item.select(caller).where(Item.id == ROWS // 2)
    return statement
