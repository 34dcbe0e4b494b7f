"""check_policies: compile every control of every class once, at start, to show what is wrong."""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.base import UserAccessControl
from baselayer.app.controls.effective import predicate_of
from baselayer.app.errors import PolicyError


class _Nobody:
    """An accessor without rights, so that no bypass hides a mistake."""

    user_id = 0
    is_admin = False
    permissions: frozenset[str] = frozenset()
    narrowing = None


NOBODY = _Nobody()


def check_policies(of: orm.registry | Iterable[orm.Mapper[Any]]) -> None:
    """Raise PolicyError for the first control, among all classes and modes, that cannot compile.

    Call it at start with the registry of your declarative base (`Base.registry`).
    """
    mappers = of.mappers if isinstance(of, orm.registry) else of
    orm.configure_mappers()
    for mapper in sorted(mappers, key=lambda mapper: mapper.class_.__qualname__):
        for mode in modes_of(mapper.class_):
            check_mode(mapper.class_, mode)


def modes_of(cls: type) -> Iterator[str]:
    """Yield the names of the modes that `cls` declares or inherits."""
    for name in sorted({name for ancestor in cls.__mro__ for name in vars(ancestor)}):
        if isinstance(getattr(cls, name, None), UserAccessControl):
            yield name


def check_mode(cls: Any, mode: str) -> None:
    """Raise PolicyError unless the control of `cls` for `mode` compiles."""
    try:
        statement = sa.select(sa.literal(1)).select_from(cls)
        str(statement.where(predicate_of(cls, mode, NOBODY)))
    except PolicyError:
        raise
    except Exception as err:
        raise PolicyError(f"{cls.__name__}.{mode} cannot be compiled: {err}") from err
