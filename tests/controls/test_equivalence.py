"""Every form of asking gets the same answer: lists, gets, bulk checks, permissions of records."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.permissions import permissions
from baselayer.app.db.verify import bulk_verify
from baselayer.app.errors import AccessError
from baselayer.app.schemas.paging import TableViewRequest
from tests.controls import building, drawing, oracle
from tests.controls.comparing import ASKERS, for_each_example, said
from tests.controls.oracle import Asker
from tests.factories.graphs import KINDS

SEED = 11
MODE = drawing.MODES[-1]
ASKED_OF = ("Thing", "Picture", "Sketch", "Shelf", "Share", "Remark")  # every kind of key

# What is asked: the session, the class, who asks, and all keys of that class.
Form = Callable[[orm.Session, Any, Asker, list[Any]], set[Any]]


def by_select(session: orm.Session, cls: Any, asker: Asker, _: list[Any]) -> set[Any]:
    return {key_of(record) for record in session.scalars(cls.select(asker, MODE))}


def by_select_of_columns(session: orm.Session, cls: Any, asker: Asker, _: list[Any]) -> set[Any]:
    statement = cls.select(asker, MODE, columns=building.key_of(cls))
    return {tuple(row) for row in session.execute(statement)}


def by_get_all(session: orm.Session, cls: Any, asker: Asker, _: list[Any]) -> set[Any]:
    return {key_of(record) for record in cls.get_all(session, asker, MODE)}


def by_get(session: orm.Session, cls: Any, asker: Asker, keys: list[Any]) -> set[Any]:
    return {
        key
        for key in keys
        if cls.get_if_accessible_by(session, as_id(key), asker, MODE) is not None
    }


def by_get_of_several(session: orm.Session, cls: Any, asker: Asker, keys: list[Any]) -> set[Any]:
    """Take them all if they are all allowed; one that is not makes the answer None."""
    allowed = by_get(session, cls, asker, keys)
    for refused in [key for key in keys if key not in allowed][:1]:
        ids = [as_id(key) for key in [*sorted(allowed), refused]]
        assert cls.get_if_accessible_by(session, ids, asker, MODE) is None
    if not allowed:
        return set()
    ids = [as_id(key) for key in sorted(allowed)]
    return {key_of(record) for record in cls.get_if_accessible_by(session, ids, asker, MODE)}


def by_is_accessible(session: orm.Session, cls: Any, asker: Asker, _: list[Any]) -> set[Any]:
    records = session.scalars(sa.select(cls))
    return {key_of(record) for record in records if record.is_accessible_by(asker, MODE)}


def by_bulk_verify(session: orm.Session, cls: Any, asker: Asker, _: list[Any]) -> set[Any]:
    """Verify each by itself, and those that pass together."""
    passing = [record for record in session.scalars(sa.select(cls)) if passes([record], asker)]
    assert passes(passing, asker)
    refused = [record for record in session.scalars(sa.select(cls)) if record not in passing]
    assert not refused or not passes([*passing, *refused], asker)
    return {key_of(record) for record in passing}


def by_permissions(session: orm.Session, cls: Any, asker: Asker, keys: list[Any]) -> set[Any]:
    if len(building.key_of(cls)) > 1:
        return by_select(session, cls, asker, keys)  # takes records with one key only
    found: set[Any] = set()
    for kind in {type(record) for record in session.scalars(sa.select(cls))}:
        records = [one for one in session.scalars(sa.select(kind)) if type(one) is kind]
        answers = permissions(session, records, [MODE, drawing.UNDECLARED], asker)
        found |= {(ident,) for ident, modes in answers.items() if MODE in modes}
        undeclared = [ident for ident, modes in answers.items() if drawing.UNDECLARED in modes]
        assert len(undeclared) == (len(records) if asker.is_admin else 0)
    return found


def by_permissions_on(session: orm.Session, cls: Any, asker: Asker, keys: list[Any]) -> set[Any]:
    """Take subclasses apart, as a record's own class decides."""
    return {
        key_of(record)
        for record in session.scalars(sa.select(cls))
        for modes in type(record).permissions_on(session, [record], asker, [MODE]).values()
        if modes[MODE]
    }


def by_explanation(session: orm.Session, cls: Any, asker: Asker, _: list[Any]) -> set[Any]:
    records = session.scalars(sa.select(cls))
    return {key_of(record) for record in records if record.explain(session, asker, MODE).allowed}


def by_page(session: orm.Session, cls: Any, asker: Asker, _: list[Any]) -> set[Any]:
    """Go from page to page, two rows each; no row comes twice."""
    found: list[Any] = []
    while True:
        view = TableViewRequest(offset=len(found), limit=2)
        items = cls.page(session, asker, view, mode=MODE).items
        found += [key_of(record) for record in items]
        if not items:
            assert len(found) == len(set(found))
            return set(found)


def by_count(session: orm.Session, cls: Any, asker: Asker, keys: list[Any]) -> set[Any]:
    """Count what the list has."""
    found = by_select(session, cls, asker, keys)
    assert cls.count_accessible(session, asker, mode=MODE) == len(found)
    return found


FORMS: list[Form] = [
    by_select,
    by_select_of_columns,
    by_get_all,
    by_get,
    by_get_of_several,
    by_is_accessible,
    by_bulk_verify,
    by_permissions,
    by_permissions_on,
    by_explanation,
    by_page,
    by_count,
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_form_gives_the_same_answer(graph_engine: sa.Engine, form: Form) -> None:
    def body(connection: sa.Connection, graph: drawing.Drawn, rules: oracle.Rules) -> None:
        building.store(connection, graph)
        rows = graph.rows()
        with building.declared(rules), orm.Session(connection) as session:
            for kind in ASKED_OF:
                keys = [row.key for row in rows if kind in rules.lineage(row.kind)]
                for name, asker in ASKERS.items():
                    found = form(session, KINDS[kind], asker, keys)
                    assert found == set(said(rules, rows, kind, MODE, asker)), (kind, name)

    for_each_example(graph_engine, 3, body, seed=SEED)


def passes(records: list[Any], asker: Asker) -> bool:
    try:
        bulk_verify(MODE, records, asker)
    except AccessError:
        return False
    return True


def key_of(record: Any) -> tuple[Any, ...]:
    return tuple(sa.inspect(record).identity)


def as_id(key: tuple[Any, ...]) -> Any:
    return key[0] if len(key) == 1 else key
