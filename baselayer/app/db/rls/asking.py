"""Asking a control without knowing who asks: settings of the transaction stand in for him."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnElement, False_, True_

from baselayer.app.controls.accessor import SYSTEM_ADMIN, Accessor
from baselayer.app.controls.effective import predicate_of, standing_of
from baselayer.app.controls.hops import Path
from baselayer.app.controls.rows import (
    AliasRows,
    EntityRows,
    Rows,
    all_of,
    any_of,
    primary_key_of,
    source_of,
)
from baselayer.app.errors import PolicyError

USER_SETTING = "baselayer.user_id"
PERMISSIONS_SETTING = "baselayer.permissions"
# As a SELECT of its own each is asked once a statement, not once a row. After the transaction that
# set it a setting is empty, not null.
USER_BODY = f"SELECT nullif(current_setting('{USER_SETTING}', true), '')::integer"
PERMISSION_BODY = (
    "SELECT coalesce(name = ANY (string_to_array("
    f"current_setting('{PERMISSIONS_SETTING}', true), E'\\n')), false)"
)


def speak_for(connection: sa.Connection, accessor: Accessor) -> None:
    """Tell the policies who asks, until this transaction ends; without it they refuse."""
    named = {
        USER_SETTING: str(accessor.user_id),
        PERMISSIONS_SETTING: "\n".join(sorted(accessor.permissions)),
    }
    settings = (sa.func.set_config(name, value, True) for name, value in named.items())
    connection.execute(sa.select(*settings))


def condition_of(mapper: orm.Mapper[Any], mode: str) -> ColumnElement[bool]:
    """Return what a row of the mapper's own table must satisfy, the asker being a setting.

    PolicyError when the control wants to know more of him than his id and whether he has one
    permission or another.
    """
    if not isinstance(mapper.persist_selectable, sa.Join):
        return _for_somebody(_branch(EntityRows(mapper.class_), mode, {}))
    # The row of an heir is in several tables; this is about the one that is its own.
    rows = AliasRows(mapper)
    keys = zip(mapper.local_table.primary_key, primary_key_of(rows), strict=True)
    same = sa.and_(*(near == far for near, far in keys))
    allowed = _branch(rows, mode, {})
    return _for_somebody(Path([source_of(rows)]).exists(sa.and_(same, allowed), fenced=False))


def _for_somebody(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return `condition`, refused while nobody is named, unless it is open to all.

    Without a name NOT would allow: what is not his is everything.
    """
    if isinstance(condition, (True_, False_)):
        return condition
    return sa.and_(_Asker({}).user_id.is_not(None), condition)


def leads_elsewhere(mapper: orm.Mapper[Any], mode: str) -> bool:
    """Tell whether the control follows a foreign key, to a row that was there before.

    A row of several tables is written one by one: it can be judged only when it is whole.
    """
    if isinstance(mapper.persist_selectable, sa.Join):
        return False
    asker = cast("Accessor", _Asker({}))
    return standing_of(EntityRows(mapper.class_), mode, asker, lambda name: False) is not None


def _branch(rows: Rows, mode: str, assumed: Mapping[str, bool]) -> ColumnElement[bool]:
    """Return the condition, given which permissions the asker has; ask on for those in doubt."""
    asker = _Asker(assumed)
    try:
        allowed = _with_settings(predicate_of(rows, mode, cast("Accessor", asker)))
    except PolicyError:
        raise
    except Exception as error:
        raise PolicyError(f"no setting answers what it asks of the accessor: {error}") from error
    doubtful = next((name for name in asker.asked if name not in assumed), None)
    if doubtful is None:
        return allowed
    held = _branch(rows, mode, {**assumed, doubtful: True})
    lacked = _branch(rows, mode, {**assumed, doubtful: False})
    if held.compare(lacked):
        return lacked
    has = _has_permission(doubtful)
    if isinstance(held, True_):
        return any_of([has, lacked])
    return any_of([all_of([has, held]), all_of([sa.not_(has), lacked])])


class _Asker:
    """Somebody of whom only some permissions are assumed; it notes which are asked for."""

    narrowing = None

    def __init__(self, assumed: Mapping[str, bool]) -> None:
        self.asked: list[str] = []
        self.permissions: Collection[str] = _Noting(assumed, self.asked)
        self.user_id = sa.select(sa.func.baselayer_rls.user_id()).scalar_subquery()

    @property
    def is_admin(self) -> bool:
        return SYSTEM_ADMIN in self.permissions


class _Noting(Collection[str]):
    """Permissions that can be asked for by name only."""

    def __init__(self, assumed: Mapping[str, bool], asked: list[str]) -> None:
        self._assumed = assumed
        self._asked = asked

    def __contains__(self, name: object) -> bool:
        self._asked.append(str(name))
        return self._assumed.get(str(name), False)

    def __iter__(self) -> Iterator[str]:
        raise PolicyError("it lists all permissions of who asks")

    def __len__(self) -> int:
        raise PolicyError("it counts the permissions of who asks")


def _has_permission(name: str) -> ColumnElement[bool]:
    asked: sa.Select[tuple[bool]] = sa.select(sa.func.baselayer_rls.may(name, type_=sa.Boolean))
    return asked.scalar_subquery()


def _with_settings(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return `condition` with the settings in place of the binds that were to hold the user."""

    def replace(element: Any, **_: Any) -> Any:
        is_user = isinstance(element, sa.BindParameter)
        return element.value if is_user and isinstance(element.value, sa.ClauseElement) else None

    replaced: ColumnElement[bool] = visitors.replacement_traverse(condition, {}, replace)
    return replaced
