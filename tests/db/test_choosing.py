"""What PostgreSQL makes of pages and look-ups: no hashed subplan, no scan of the whole table."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db import choosing
from baselayer.app.db.choosing import Form, estimates
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.schemas.paging import TableViewRequest
from tests.factories.big import Big, Item
from tests.factories.gate import Caller
from tests.factories.metadata import fresh_database

ROWS, USERS, CREWS = 20_000, 200, 50
TYPICAL, SPARSE, NOBODY, ALL_SEEING = Caller(17), Caller(201), Caller(202), Caller(203)

FILL = f"""
INSERT INTO members (id, name, created_at, modified)
    SELECT n, '', now(), now() FROM generate_series(1, {USERS} + 3) n;
INSERT INTO crews (id, created_at, modified) SELECT n, now(), now()
    FROM generate_series(1, {CREWS} + 1) n;
INSERT INTO crew_members (crew_id, member_id, created_at, modified)
    SELECT DISTINCT 1 + (u * 7 + k * 19) % {CREWS}, u, now(), now()
    FROM generate_series(1, {USERS}) u, generate_series(1, 5) k
    UNION ALL SELECT {CREWS} + 1, 201, now(), now()
    UNION ALL SELECT n, 203, now(), now() FROM generate_series(1, {CREWS} + 1) n;
INSERT INTO items (id, title, owner_id, created_at, modified)
    SELECT n, 't' || n, 1 + n % {USERS}, now(), now() FROM generate_series(1, {ROWS}) n;
INSERT INTO item_crews (item_id, crew_id, created_at, modified)
    SELECT DISTINCT n, 1 + (n * 31 + k * 7) % {CREWS}, now(), now()
    FROM generate_series(1, {ROWS}) n, generate_series(1, 2) k
    UNION ALL SELECT n * 11, {CREWS} + 1, now(), now() FROM generate_series(1, 20) n;
"""


@pytest.fixture(scope="module")
def big(metadata_cluster: Cluster) -> Iterator[sa.Engine]:
    """A table large enough for a plan to matter."""
    with fresh_database(metadata_cluster) as url:
        engine = sa.create_engine(url)
        Big.metadata.create_all(engine)
        with engine.begin() as connection:
            for statement in (*FILL.split(";\n"), "ANALYZE"):
                if statement.strip():
                    connection.execute(sa.text(statement))
        yield engine
        engine.dispose()


def plans_of(engine: sa.Engine, ask: Any) -> list[str]:
    """Return the plan of each SELECT that `ask` makes of items."""
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        with orm.Session(engine) as session:
            ask(session)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        return [
            json.dumps(connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {it}", values).scalar())
            for it, values in asked
            if "items" in it and "pg_class" not in it
        ]


def assert_sound(plan: str) -> None:
    """A hashed subplan reads all grants, whatever the LIMIT; a scan reads all rows.

    And an index that begins with the group is looked into once for each group of the caller's.
    """
    assert "hashed SubPlan" not in plan, plan
    for node in nodes_of(json.loads(plan)):
        by_index = node.get("Index Cond", "")
        assert not ("ANY" in by_index and "= items" in by_index), plan
        is_scan = node["Node Type"] == "Seq Scan"
        assert not (is_scan and node["Relation Name"] in ("items", "item_crews")), plan


def nodes_of(plan: Any) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a plan."""
    if isinstance(plan, list):
        for part in plan:
            yield from nodes_of(part)
    elif isinstance(plan, dict):
        if "Node Type" in plan:
            yield plan
        for part in plan.values():
            yield from nodes_of(part)


@pytest.mark.parametrize("who", [TYPICAL, SPARSE, NOBODY, ALL_SEEING])
@pytest.mark.parametrize("after", [None, 10_000, "filter"])
def test_a_page_reads_no_more_than_it_must(big: sa.Engine, who: Caller, after: Any) -> None:
    where = [Item.title.like("%7")] if after == "filter" else []

    def ask(session: orm.Session) -> None:
        after_id = None
        if after == 10_000:
            below = Item.select(who, columns=[Item.id]).where(Item.id <= after)
            after_id = session.scalar(below.order_by(Item.id.desc()).limit(1))
        view = TableViewRequest(order="id", after_id=after_id)
        page = Item.page(session, who, view, where=where)
        assert bool(page.items) == (who is not NOBODY)

    plans = plans_of(big, ask)
    assert plans
    for plan in plans:
        assert_sound(plan)


@pytest.mark.parametrize("who", [TYPICAL, SPARSE, NOBODY, ALL_SEEING])
def test_a_look_up_reads_no_more_than_it_must(big: sa.Engine, who: Caller) -> None:

    def ask(session: orm.Session) -> None:
        for ident in (11, 17, 19_999):
            Item.get_if_accessible_by(session, ident, who)
        Item.get_if_accessible_by(session, [11, 17, 19_999], who)

    plans = plans_of(big, ask)
    assert len(plans) == 4
    for plan in plans:
        assert_sound(plan)


def test_the_form_suits_who_asks(big: sa.Engine) -> None:
    with orm.Session(big) as session:
        found = {who: estimates.of(session, Item, "read", who) for who in (TYPICAL, SPARSE, NOBODY)}
        assert [it.is_sparse for it in found.values() if it is not None] == [False, True, True]
        all_seeing = estimates.of(session, Item, "read", ALL_SEEING)
        assert all_seeing is not None
        assert all_seeing.far_ends == CREWS + 2
        assert choosing.form_for(all_seeing, 51, is_by_key=True) is Form.SEARCHED


def test_this_guard_sees_a_bad_plan(big: sa.Engine) -> None:
    """The EXISTS of the predicate without its fence: the hashed subplan that the fence prevents."""
    bad = """SELECT id FROM items i WHERE i.owner_id = 17 OR EXISTS (
        SELECT 1 FROM item_crews l JOIN crew_members m ON m.crew_id = l.crew_id
        WHERE l.item_id = i.id AND m.member_id = 17) ORDER BY id DESC LIMIT 50"""
    plans = plans_of(big, lambda session: session.execute(sa.text(bad)))
    with pytest.raises(AssertionError):
        assert_sound(plans[0])
