"""Asking a control which rows it allows: of the class, of an alias, of a hop."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.base import UserAccessControl
from baselayer.app.controls.effective import predicate_of
from tests.factories.places import Place


def visible(here: Place, control: UserAccessControl, cls: Any, accessor: Any) -> set[Any]:
    """Return the keys that `control` allows, having asked in each way and seen no row twice."""
    answers = [
        _keys(here, entity, control.predicate(entity, accessor))
        for entity in (cls, orm.aliased(cls))
    ]
    answers.append(_select(here, control.select_accessible_rows(cls, accessor, _key(cls))))
    assert answers[0] == answers[1] == sorted(set(answers[2]))
    assert len(set(answers[0])) == len(answers[0]), "a row came twice"
    return set(answers[0])


def allowed(here: Place, cls: Any, mode: str, accessor: Any) -> set[Any]:
    """Return the keys of `cls` that its own controls allow in `mode`."""
    found = _keys(here, cls, predicate_of(cls, mode, accessor))
    assert found == _keys(here, alias := orm.aliased(cls), predicate_of(alias, mode, accessor))
    assert len(set(found)) == len(found), "a row came twice"
    return set(found)


def _keys(here: Place, entity: Any, condition: Any) -> list[Any]:
    return _select(here, sa.select(*_key(entity)).where(condition))


def _select(here: Place, statement: Any) -> list[Any]:
    with here.plain() as session:
        rows = [tuple(row) for row in session.execute(statement)]
    return sorted(row[0] if len(row) == 1 else row for row in rows)


def _key(entity: Any) -> list[Any]:
    mapper = sa.inspect(entity).mapper
    names = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
    return [getattr(entity, name) for name in names]
