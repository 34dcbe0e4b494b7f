"""join_model: the mapped class of a many-to-many link, so that the gate sees its rows."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.constant import restricted
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.db.base import Base


class JoinModel:
    """What every class made by `join_model` also is: `JoinModel.__subclasses__()` lists them."""


def join_model(
    join_table: str,
    model_1: Any,
    model_2: Any,
    column_1: str | None = None,
    column_2: str | None = None,
    fk_1: str = "id",
    fk_2: str = "id",
    base: Any = Base,
    new_name: str | None = None,
    overlaps: str | list[str] | None = None,
) -> Any:
    """Return the class that links `model_1` and `model_2` through table `join_table`.

    The columns are called `<table without its s>_id` unless named, are deleted with either side,
    and are unique together. A link is created and read by who may read both its ends; nobody
    changes or deletes one until the class says who.
    """
    near = _Side(model_1, column_1, fk_1)
    far = _Side(model_2, column_2, fk_2)
    if near.column == far.column:
        raise ValueError(f"{join_table} links a table to itself: name both of its columns")
    gate = AccessibleIfRelatedRowsAreAccessible(**{near.name: "read", far.name: "read"})
    given = [overlaps] if isinstance(overlaps, str) else overlaps or []
    shared = ", ".join([model_1.__tablename__, model_2.__tablename__, *given])
    body = {
        "__tablename__": join_table,
        "__table_args__": (
            sa.UniqueConstraint(near.column, far.column),
            sa.Index(f"{join_table}_reverse_ind", far.column, near.column),
        ),
        near.column: near.foreign_key(),
        far.column: far.foreign_key(),
        near.name: near.relationship(shared),
        far.name: far.relationship(shared),
        "create": gate,
        "read": gate,
        "update": restricted,
        "delete": restricted,
        "__doc__": f"Links {model_1.__name__} and {model_2.__name__}.",
    }
    name = new_name or model_1.__name__ + model_2.__name__
    return type(base)(name, (JoinModel, base), body)


class _Side:
    """One end of a link."""

    def __init__(self, model: Any, column: str | None, key: str) -> None:
        self.model = model
        self.column = column or f"{model.__tablename__[:-1]}_id"
        self.key = key
        self.name = model.__name__.lower()

    def foreign_key(self) -> Any:
        target = self.model.__table__.c[self.key]
        reference = sa.ForeignKey(target, ondelete="CASCADE")
        return orm.mapped_column(self.column, target.type, reference, nullable=False)

    def relationship(self, overlaps: str) -> Any:
        return orm.relationship(self.model, overlaps=overlaps)
