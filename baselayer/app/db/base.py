"""Base: the declarative base of every model, ours and those of applications built on us."""

from abc import ABCMeta
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.decl_api import DeclarativeAttributeIntercept

from baselayer.app.controls.base import UserAccessControl
from baselayer.app.controls.effective import forget_kept
from baselayer.app.db.mixins.table import TableBaseMixin
from baselayer.app.db.modes import Mode
from baselayer.app.db.types import UtcDateTime, utcnow

NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_ix",
    "uq": "%(table_name)s_%(column_0_N_name)s_uq",
    "ck": "%(table_name)s_%(constraint_name)s_ck",
    "fk": "%(table_name)s_%(column_0_N_name)s_fk",
    "pk": "%(table_name)s_pk",
}


class GatedMeta(DeclarativeAttributeIntercept, ABCMeta):
    """Keeps `Model.update = control`, said after the class exists, a mode and a verb.

    Models may have abstract methods, with or without `ABC` among their bases.
    """

    watches_controls: ClassVar[bool] = True

    def __setattr__(cls, name: str, value: Any) -> None:
        super().__setattr__(name, _as_mode(cls, name, value))
        if isinstance(value, (UserAccessControl, Mode)):
            forget_kept()

    def __delattr__(cls, name: str) -> None:
        super().__delattr__(name)
        forget_kept()


def _as_mode(cls: type, name: str, value: Any) -> Any:
    """Return control `value` as the mode whose verb `cls` has under the same name, if any."""
    if not isinstance(value, UserAccessControl):
        return value
    for ancestor in cls.__mro__:
        held = ancestor.__dict__.get(name)
        if isinstance(held, Mode):
            return Mode(value.declared, held.verb)
    return value.declared


class Record(TableBaseMixin):
    """What every record has: a key, when it was made and last changed, its gate, and its verbs.

    `Base` is the declarative base of these. One with a registry of its own is made likewise:
    `class OwnBase(Record, DeclarativeBase, metaclass=GatedMeta): __abstract__ = True`.
    """

    # Any, because UUIDTableBaseMixin makes it a UUID.
    id: Mapped[Any] = mapped_column(sa.Integer, primary_key=True, sort_order=-10)
    created_at: Mapped[datetime] = mapped_column(default=utcnow, sort_order=90)
    modified: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow, sort_order=91)

    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: sa.JSON, str: sa.Text}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        for name, value in list(vars(cls).items()):
            mode = _as_mode(cls, name, value)
            if mode is not value:
                type.__setattr__(cls, name, mode)
        if "__tablename__" not in vars(cls) and not vars(cls).get("__abstract__"):
            type.__setattr__(cls, "__tablename__", cls.__name__.lower() + "s")
        super().__init_subclass__(**kwargs)

    @orm.declared_attr
    def updated_at(cls) -> Mapped[datetime]:  # noqa: N805 (bound to the class)
        """Return `modified`, under its other name."""
        return orm.synonym("modified")

    def to_dict(self) -> dict[str, Any]:
        """Return the loaded columns by name, without those whose name starts with `_`."""
        loaded = sa.inspect(self).dict
        names = sa.inspect(type(self)).column_attrs.keys()
        return {name: loaded[name] for name in names if name in loaded and name[0] != "_"}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {sa.inspect(self).identity}>"


@event.listens_for(Record, "before_update", propagate=True)
def _touch(mapper: orm.Mapper[Any], connection: sa.Connection, record: Record) -> None:
    """Say when a record changed, also when only a joined subclass's own table is written."""
    state = sa.inspect(record)
    is_joined = mapper.local_table is not mapper.base_mapper.local_table
    if is_joined and state.session and state.session.is_modified(record, include_collections=False):
        record.modified = utcnow()


class Base(Record, orm.DeclarativeBase, metaclass=GatedMeta):
    """The declarative base of our models, and of those of an application built on us.

    The table is named after the class, in lower case with an `s`. Every mode that a class does not
    declare is restricted.
    """

    __abstract__ = True
    metadata = sa.MetaData(naming_convention=NAMES)
