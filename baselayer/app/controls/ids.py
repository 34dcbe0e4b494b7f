"""Ids: many keys as one parameter, so that a statement is one however many are asked for."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY


class IdArray(sa.TypeDecorator[Sequence[Any]]):
    """An array of keys, for `= any(…)` and `unnest(…)`; what is bound is a sequence, None is NULL.

    psycopg 3 makes an array in Python, element by element: for 10,000 UUIDs that takes longer than
    the server does. What needs no quotes is sent as text, in a third of the time.
    """

    impl = ARRAY
    cache_ok = True

    def __init__(self, kind: sa.types.TypeEngine[Any]) -> None:
        super().__init__(kind)

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
        """Return what makes the parameter of a sequence of keys."""
        kind = self.impl_instance.item_type  # type: ignore[attr-defined] # it is an ARRAY
        if dialect.driver == "psycopg2":  # which puts no cast around a parameter
            return super().bind_processor(dialect)
        if isinstance(kind, sa.Uuid) and kind.as_uuid:
            return _uuids_as_text
        return _numbers_as_text if isinstance(kind, sa.Integer) else super().bind_processor(dialect)


def _numbers_as_text(ids: Sequence[int | None]) -> str:
    return "{" + ",".join(["NULL" if it is None else str(it) for it in ids]) + "}"


def _uuids_as_text(ids: Sequence[Any]) -> str:
    # Without hyphens: as PostgreSQL reads it too (its manual, 8.12), and four times as fast.
    return "{" + ",".join(["NULL" if it is None else f"{it.int:032x}" for it in ids]) + "}"
