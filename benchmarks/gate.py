"""The gate: what somebody may see and do, against other ways of asking for it.

The JOIN form is what upstream's controls generate, written by hand from its description; the
hand-written form is the fastest of the best SQL known for the question.
"""

import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.launcher import using
from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.db.verify import bulk_verify
from baselayer.app.errors import AccessError
from baselayer.app.identity.principals import Principal
from baselayer.app.schemas.paging import TableViewRequest
from benchmarks import gate_place as place
from benchmarks.gate_place import Item, Leaf
from benchmarks.gate_sql import BY_HAND, JOIN
from benchmarks.place import home
from benchmarks.table import Table

SIZES = [int(it) for it in os.environ.get("GATE_ROWS", "10000,100000,1000000").split(",")]
WHO = {
    "typical": place.TYPICAL,
    "sparse": place.SPARSE,
    "empty": place.NOBODY,
    "all-seeing": place.ALL_SEEING,
}
ROUNDS = 7
PATIENCE_SECONDS = 3.0  # for all rounds of one form
HEAD = ["rows", "key", "who", "question", "baselayer ms", "JOIN form x", "by hand x", "raw x"]

Ask = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One principal on one table."""

    engine: sa.Engine
    cls: Any
    rows: int
    caller: Principal
    values: dict[str, Any]

    def sql(self, text: str) -> str:
        """Return `text` for this table."""
        links = self.cls.links.property.mapper.local_table.name
        return text.format(table=self.cls.__tablename__, links=links)

    def raw(self, session: orm.Session, text: str, **more: Any) -> Ask:
        """Return what asks `text` for tuples."""
        connection, written, values = session.connection(), self.sql(text), self.values | more
        return lambda: connection.exec_driver_sql(written, values).all()

    def loaded(self, session: orm.Session, text: str) -> Ask:
        """Return what asks `text` for records."""
        named = re.sub(r"%\((\w+)\)s", r":\1", self.sql(text))
        records = sa.select(self.cls).from_statement(sa.text(named))
        return lambda: session.scalars(records, self.values).all()


def run() -> list[Table]:
    """Return the table of this benchmark; GATE_ROWS=10000,… in the environment says the sizes."""
    conditions = (
        f"{place.USERS:,} users, {place.GROUPS} groups, {place.GROUPS_PER_USER} groups a user, "
        "owner or two groups a row; pages of 50; medians of interleaved rounds, at most "
        f"{ROUNDS}. baselayer's figures include its Python, records and all. x: times as long as "
        "baselayer. The JOIN form and the raw one return tuples from the driver; by hand is the "
        "same SQL as raw, where records are asked for loaded as the same records."
    )
    table = Table("The gate", conditions, HEAD)
    with home() as path, using(Cluster(path / "postgres", fsync=False)) as cluster:
        for rows in SIZES:
            for cls in (Item, Leaf):
                with filled(cluster, cls, rows) as engine:
                    table.rows += _measured(engine, cls, rows)
    return [table]


@contextmanager
def filled(cluster: Cluster, cls: Any, rows: int) -> Iterator[sa.Engine]:
    """Have a database with so many records of `cls` for the block."""
    name = f"gate_{cls.__tablename__}_{rows}"
    with cluster.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = cluster.url(cluster.superuser, cluster.superuser_password, name)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    place.fill(engine, cls, rows)
    yield engine
    engine.dispose()
    with cluster.connect() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _measured(engine: sa.Engine, cls: Any, rows: int) -> Iterator[list[str]]:
    with engine.connect() as connection:
        middle = connection.exec_driver_sql(f"SELECT {place.key(cls, str(rows // 2))}").scalar()
        for who, user_id in WHO.items():
            caller = Principal(user_id, who, 1, None, frozenset())
            values = {"u": user_id, "after": middle, "id": middle}
            case = Case(engine, cls, rows, caller, values)
            with orm.Session(connection, expire_on_commit=False) as session:
                for question, forms in _questions(case, session):
                    found = _medians(forms)
                    line = [f"{rows:,}", "UUID" if cls is Leaf else "integer", who, question]
                    yield _line(line, found)
                    print(*_line(line, found), sep=" | ", flush=True)
        caller = Principal(place.TYPICAL, "typical", 1, None, frozenset())
        line = [f"{rows:,}", "UUID" if cls is Leaf else "integer", "typical", "commit of 100"]
        yield _line(line, _medians(_commits(engine, cls, rows, caller)))


def _questions(case: Case, session: orm.Session) -> Iterator[tuple[str, dict[str, Ask]]]:
    cls, caller = case.cls, case.caller
    anchor = session.scalar(
        cls.select(caller, columns=[cls.id]).where(cls.id <= case.values["after"])
        .order_by(cls.id.desc()).limit(1)
    )  # fmt: skip
    first = TableViewRequest(order="id")
    ours: dict[str, Ask] = {
        "first page": lambda: cls.page(session, caller, first).items,
        "page with a filter": lambda: cls.page(session, caller, first, where=[cls.tenth == 3]),
        "count": lambda: cls.count_accessible(session, caller),
        "get": lambda: cls.get_if_accessible_by(session, case.values["id"], caller),
    }
    if anchor is not None:
        deep = TableViewRequest(order="id", after_id=anchor)
        ours["deep page"] = lambda: cls.page(session, caller, deep).items
    for question, ask in ours.items():
        forms = {"ours": ask, "join": case.raw(session, JOIN[question])}
        for number, text in enumerate(BY_HAND[question]):
            forms[f"raw {number}"] = case.raw(session, text)
            if question != "count":
                forms[f"hand {number}"] = case.loaded(session, text)
        yield question, {name: _forgetting(session, form) for name, form in forms.items()}
    for many in (1_000, 10_000):
        allowed = list(session.scalars(cls.select(caller).order_by(cls.id).limit(many)))
        ids = [record.id for record in allowed]
        if ids:
            forms = {
                f"raw {number}": case.raw(session, text, ids=ids)
                for number, text in enumerate(BY_HAND["bulk"])
            }
            joined = case.raw(session, JOIN["bulk"], ids=ids)
            yield f"bulk {len(ids):,}", {"ours": _bulk(allowed, caller), "join": joined, **forms}
        if len(ids) < many:
            return


def _bulk(records: list[Any], caller: Principal) -> Ask:
    def ask() -> None:
        try:
            bulk_verify("read", records, caller)
        except AccessError:
            raise SystemExit("a benchmark met a refusal it did not expect") from None

    return ask


def _forgetting(session: orm.Session, ask: Ask) -> Ask:
    """Return `ask` so that the next one loads its records anew."""

    def asked() -> object:
        found = ask()
        session.expunge_all()
        return found

    return asked


def _commits(engine: sa.Engine, cls: Any, rows: int, caller: Principal) -> dict[str, Ask]:
    """Write 100 records: in a verified session, in a plain one, which stands in for SQL by hand."""
    numbers = iter(range(rows + 1, rows + 10**6))

    def write(session: orm.Session) -> None:
        with session:
            for _ in range(100):
                values = {"id": next(numbers)} if cls is Item else {}
                session.add(cls(tenth=1, owner_id=caller.user_id, **values))
            session.commit()

    transactional = engine.execution_options(isolation_level="READ COMMITTED")
    return {
        "ours": lambda: write(VerifiedSession(caller, transactional)),
        "hand 0": lambda: write(orm.Session(transactional)),
    }


def _medians(forms: dict[str, Ask]) -> dict[str, float]:
    """Return each form's median in ms; rounds are interleaved, a slow form is asked less often."""
    times: dict[str, list[float]] = {name: [] for name in forms}
    for number in range(ROUNDS + 1):
        for name, ask in forms.items():
            if sum(times[name]) > PATIENCE_SECONDS * 1000:
                continue
            begun = time.perf_counter()
            ask()
            if number:
                times[name].append((time.perf_counter() - begun) * 1000)
    return {name: statistics.median(found) for name, found in times.items()}


def _line(line: list[str], found: dict[str, float]) -> list[str]:
    ours = found["ours"]

    def best(kind: str) -> str:
        of_kind = [ms for name, ms in found.items() if name.startswith(kind)]
        return f"{min(of_kind) / ours:,.2f}" if of_kind else ""

    raw = best("raw")
    return [*line, f"{ours:.2f}", best("join"), best("hand") or raw, raw]


if __name__ == "__main__":
    for made in run():
        print(made.text())
