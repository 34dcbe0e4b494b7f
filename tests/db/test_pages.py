"""Each form of asking gives the same answer: list, get, bulk, page, count, permissions."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from baselayer.app.controls.bound import ACCESSOR_ID
from baselayer.app.controls.forms import all_keys, counted_keys, denied_keys, first_page
from baselayer.app.controls.grants import grants_of
from baselayer.app.db import choosing, verify
from baselayer.app.db.choosing import Estimate, Estimates, Form, form_for
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.db.verify import bulk_verify
from baselayer.app.errors import AccessError, InvalidRequestError
from baselayer.app.schemas.paging import TableViewRequest
from tests.factories import grants
from tests.factories.gate import Document, Memo, Photo
from tests.factories.grants import CALLERS, ITEMS, KINDS, MODES, Paged, Spot, Thing
from tests.factories.metadata import fresh_database
from tests.factories.places import ADMIN, OWNER, Place

FORMED = {"read", "update", "delete", "home"}


@pytest.fixture(scope="module", params=[1])
def graph(request: pytest.FixtureRequest, metadata_cluster: Cluster) -> Iterator[sa.Engine]:
    """A random graph."""
    with fresh_database(metadata_cluster) as url:
        engine = sa.create_engine(url)
        grants.Graph.metadata.create_all(engine)
        with orm.Session(engine) as session:
            grants.fill(session, request.param)
        yield engine
        engine.dispose()


@pytest.fixture(params=list(Form))
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Form:
    """Each form, whatever the estimate."""
    chosen: Form = request.param
    ends = 1 if chosen is Form.MERGED else 10**6
    keys = 1 if chosen is Form.GATHERED else 10**6
    monkeypatch.setattr(choosing, "_ask", lambda *_: Estimate(ends, 10**6, keys))
    monkeypatch.setattr(choosing.estimates, "_kept", OrderedDict())
    return chosen


def ident(record: Any) -> Any:
    identity = sa.inspect(record).identity
    return identity[0] if len(identity) == 1 else tuple(identity)


def listed(session: orm.Session, cls: Any, mode: str, who: Any) -> list[Any]:
    """Return the ids that the predicate allows, by key."""
    keys = verify.key_attributes(cls)
    rows = session.execute(cls.select(who, mode, columns=keys).order_by(*keys))
    return [row[0] if len(row) == 1 else tuple(row) for row in rows]


@pytest.mark.parametrize("cls", KINDS)
@pytest.mark.parametrize("mode", [*sorted(FORMED), "open"])
def test_every_page_is_what_the_predicate_allows(
    graph: sa.Engine, form: Form, cls: Any, mode: str
) -> None:
    for who in CALLERS:
        with orm.Session(graph) as session:
            wanted = listed(session, cls, mode, who)
            for desc in (True, False):
                ids = wanted[::-1] if desc else wanted
                for offset, limit in ((0, 7), (3, 100)):
                    view = TableViewRequest(offset=offset, limit=limit, desc=desc, order="id")
                    page = cls.page(session, who, view, mode=mode)
                    assert [ident(it) for it in page.items] == ids[offset : offset + limit]
                    has_next = offset + limit < len(ids) and cls is not Spot
                    assert (page.next is not None) == has_next


@pytest.mark.parametrize("cls", [Thing, Paged])
@pytest.mark.parametrize(("mode", "desc"), [("read", True), ("update", False), ("home", True)])
def test_pages_go_on_after_the_last_one(
    graph: sa.Engine, form: Form, cls: Any, mode: str, desc: bool
) -> None:
    for who in CALLERS[:3]:
        with orm.Session(graph) as session:
            wanted = listed(session, cls, mode, who)
            seen: list[Any] = []
            after: dict[str, Any] = {}
            while True:
                view = TableViewRequest.model_validate(
                    {"limit": 4, "order": "id", "desc": desc, **after}
                )
                page = cls.page(session, who, view, mode=mode)
                seen += [record.id for record in page.items]
                if page.next is None:
                    break
                after = {"after_id": page.next}
            assert seen == (wanted[::-1] if desc else wanted)


@pytest.mark.parametrize("cls", KINDS)
@pytest.mark.parametrize("order", ["id", "created_at", "updated_at"])
def test_pages_with_a_filter_and_in_other_orders(
    graph: sa.Engine, form: Form, cls: Any, order: Any
) -> None:
    for who in CALLERS:
        with orm.Session(graph) as session:
            large = sa.select(cls).where(cls.select(who).whereclause, cls.size > 4)
            wanted = {ident(record) for record in session.scalars(large)}
            view = TableViewRequest(limit=100, order=order)
            page = cls.page(session, who, view, where=[cls.size > 4])
            assert {ident(record) for record in page.items} == wanted
            assert len(page.items) == len(wanted)
            assert cls.count_accessible(session, who, where=[cls.size > 4]) == len(wanted)
            times = TableViewRequest.model_validate(
                {"limit": 100, "order": order, "created_after_datetime": "2999-01-01T00:00:00Z"}
            )
            assert cls.page(session, who, times).items == []


@pytest.mark.parametrize("cls", KINDS)
@pytest.mark.parametrize("mode", MODES)
def test_counts_and_permissions_and_get_agree_with_the_list(
    graph: sa.Engine, cls: Any, mode: str
) -> None:
    for who in CALLERS:
        with orm.Session(graph) as session:
            wanted = listed(session, cls, mode, who)
            assert cls.count_accessible(session, who, mode=mode) == len(wanted)
            everything = [ident(it) for it in session.scalars(sa.select(cls))]
            may = cls.permissions_on(session, everything, who, [mode])
            assert {it for it in everything if may[it][mode]} == set(wanted)
            got = [
                it
                for it in everything
                if cls.get(session, None) and _get(session, cls, it, who, mode)
            ]
            assert set(got) == set(wanted)


def _get(session: orm.Session, cls: Any, it: Any, who: Any, mode: str) -> bool:
    return cls.get_if_accessible_by(session, it, who, mode) is not None


@pytest.mark.parametrize("cls", KINDS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("many", [1, 10**6])
def test_bulk_agrees_with_the_list(
    graph: sa.Engine, cls: Any, mode: str, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "MANY", many)
    for who in CALLERS:
        with orm.Session(graph) as session:
            wanted = set(listed(session, cls, mode, who))
            records = session.scalars(sa.select(cls)).all()
            allowed = [record for record in records if ident(record) in wanted]
            bulk_verify(mode, allowed, who)
            for refused in [record for record in records if ident(record) not in wanted][:2]:
                with pytest.raises(AccessError) as caught:
                    bulk_verify(mode, [*allowed, refused], who)
                assert len(caught.value.details["refused"]) == 1


def test_what_is_absent_is_denied(graph: sa.Engine) -> None:
    who = CALLERS[0]
    with orm.Session(graph) as session:
        for mode in ("read", "delete", "home"):
            ids = [*listed(session, Thing, mode, who)]
            denied, ids_name = denied_keys(Thing, mode, who) or pytest.fail("there is no such form")
            values = {ACCESSOR_ID: who.user_id, ids_name: [*ids, 10**6]}
            assert list(session.scalars(denied, values)) == [10**6]
        assert Thing.permissions_on(session, [10**6, "no id"], who, ["read"]) == {
            10**6: {"read": False},
            "no id": {"read": False},
        }
        assert Thing.permissions_on(session, [], who) == {}
        assert set(Thing.permissions_on(session, [1], who)[1]) == {"create", *MODES}


def test_forms_exist_exactly_where_a_mode_is_an_or_of_chains(graph: sa.Engine) -> None:
    for cls in KINDS:
        for mode in MODES:
            who = CALLERS[0]
            found = [
                all_keys(cls, mode, who),
                counted_keys(cls, mode, who),
                first_page(cls, mode, who, desc=True, is_after=False),
            ]
            assert [it is not None for it in found] == [mode in FORMED] * 3
            assert grants_of(cls, mode, CALLERS[-1]) is None  # an admin sees all
    assert grants_of(Thing, "read", CALLERS[-2]) is None  # has a permission for all
    assert denied_keys(Spot, "read", CALLERS[0]) is None
    for narrowed in (Document, Photo, Memo):
        assert grants_of(narrowed, "read", OWNER) is None


def test_sessions_of_somebody_show_no_more_than_he_may_see(graph: sa.Engine, form: Form) -> None:
    for who in CALLERS:
        for other in (CALLERS[0], CALLERS[-1]):
            with VerifiedSession(who, graph) as session:
                both = set(listed(session, Thing, "read", who)) & set(
                    listed(session, Thing, "read", other)
                )
                view = TableViewRequest(limit=100, order="id")
                page = Thing.page(session, other, view)
                assert {record.id for record in page.items} == both
                assert Thing.count_accessible(session, other) == len(both)
                total = Thing.get_with_count(session, table_view=view).total
                assert total == len(listed(session, Thing, "read", who)) == Thing.count(session)
                few = Thing.count(session, Thing.size > 4)
                assert few == len([it for it in session.scalars(sa.select(Thing)) if it.size > 4])


def test_rows_written_a_moment_ago_are_counted(graph: sa.Engine) -> None:
    who = CALLERS[0]
    with orm.Session(graph) as session:
        before = Thing.count_accessible(session, who)
        session.add(Thing(id=10**5, size=1, owner_id=who.user_id))
        assert Thing.count_accessible(session, who) == before + 1
        session.rollback()


def test_anchor_that_may_not_be_seen_is_refused(graph: sa.Engine, form: Form) -> None:
    who = CALLERS[0]
    with orm.Session(graph) as session:
        hidden = next(
            it
            for it in session.scalars(sa.select(Thing.id))
            if it not in listed(session, Thing, "read", who)
        )
        for anchor in (hidden, 10**6):
            view = TableViewRequest(order="id", after_id=anchor)
            with pytest.raises(InvalidRequestError):
                Thing.page(session, who, view)
        with pytest.raises(InvalidRequestError):
            Spot.page(session, who, TableViewRequest(order="id", after_id=1))


def test_the_same_in_coroutines(graph: sa.Engine, form: Form) -> None:
    async def ask() -> None:
        engine = create_async_engine(graph.url, poolclass=NullPool)
        async with AsyncSession(engine) as session:
            for cls in KINDS:
                for who in CALLERS[:4]:
                    with orm.Session(graph) as blocking:
                        wanted = listed(blocking, cls, "read", who)
                    page = await cls.page(session, who, TableViewRequest(order="id", limit=100))
                    assert [ident(it) for it in page.items] == wanted[::-1]
                    assert await cls.count_accessible(session, who) == len(wanted)
                    may = await cls.permissions_on(session, wanted, who, ["read"])
                    assert all(may[it]["read"] for it in wanted)
                    for record in page.items[:1]:
                        assert (await record.explain(session, who)).allowed
        await engine.dispose()

    asyncio.run(ask())


def test_form_follows_from_the_estimate() -> None:
    few, many = Estimate(10, 10**6, 20), Estimate(10, 10**6, 10**5)
    everything = Estimate(200, 10**6, 10**6)
    assert form_for(None, 51, is_by_key=True) is Form.SEARCHED
    assert [form_for(it, 51, is_by_key=True) for it in (few, many, everything)] == [
        Form.MERGED,
        Form.MERGED,
        Form.SEARCHED,
    ]
    assert [form_for(it, 51, is_by_key=False) for it in (few, many, everything)] == [
        Form.GATHERED,
        Form.SEARCHED,
        Form.SEARCHED,
    ]
    assert form_for(Estimate(200, 10**6, 50), 51, is_by_key=True) is Form.GATHERED


def test_estimate_is_asked_once_a_minute(graph: sa.Engine) -> None:
    now = [0.0]
    kept = Estimates(clock=lambda: now[0])
    asked: list[str] = []

    def note(*arguments: Any) -> None:
        if "pg_class" in arguments[2]:
            asked.append(arguments[2])

    sa.event.listen(graph, "before_cursor_execute", note)
    with orm.Session(graph) as session:
        for now[0] in (0.0, 59.0, 61.0):
            found = kept.of(session, Thing, "read", CALLERS[0])
            assert found is not None
            assert 0 < found.keys <= 5 * ITEMS
        assert len(asked) == 2
        kept.of(session, Thing, "read", CALLERS[1])
        assert len(asked) == 3
        assert kept.of(session, Thing, "open", CALLERS[0]) is None
    sa.event.remove(graph, "before_cursor_execute", note)


def test_a_page_of_the_small_world(here: Place) -> None:
    with here.verified(OWNER) as session:
        assert len(Document.page(session, OWNER).items) == 5
    with here.verified(ADMIN) as session:
        assert Document.page(session, ADMIN, TableViewRequest(limit=3)).next is not None
