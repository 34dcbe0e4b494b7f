"""OptimisticLockMixin: a record that was changed by somebody else is not saved over unnoticed."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from baselayer.app.db.mixins.mapping import add_mapper_arguments
from baselayer.app.db.verify import among, rows_to_lock
from baselayer.app.db.writing import to_one
from baselayer.app.errors import RecordChangedError


class OptimisticLockMixin:
    """Count the versions of each row; put it before the other mixins and `Base`.

    `save` and `update` then lay only what was changed here over what others have saved meanwhile.
    With `optimistic_retry_count=0` they raise RecordChangedError instead.
    """

    optimistic_retries: ClassVar[int] = 3

    row_version: Mapped[int] = mapped_column(sa.BigInteger, nullable=False, sort_order=92)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if hasattr(cls, "metadata") and not any(map(_is_mapped, cls.__mro__[1:])):
            column = OptimisticLockMixin.__dict__["row_version"]
            add_mapper_arguments(cls, {"version_id_col": column})
        super().__init_subclass__(**kwargs)


def rebase(record: Any, session: orm.Session) -> None:
    """Lay the unsaved changes of `record` over what others have saved since it was read.

    Its row stays locked until the transaction ends, so that saving cannot fail; that is why one
    attempt does, and why nothing else of the transaction has to be given up.
    """
    state = sa.inspect(record)
    column = state.mapper.version_id_col
    if column is None or not state.persistent or not state.modified:
        return
    version = state.mapper.get_property_by_column(column).key
    with session.no_autoflush:
        stored = session.scalar(_locked_version(record, version))
        if stored is None:
            name = type(record).__name__
            raise RecordChangedError(f"{name} was deleted by somebody else, or is out of sight.")
        if stored != state.dict.get(version, stored):
            changes = _changes(record)
            session.refresh(record)
            for name, value in changes.items():
                setattr(record, name, value)


def _locked_version(record: Any, version: str) -> sa.Select[Any]:
    cls = type(record)
    statement = sa.select(getattr(cls, version)).where(among(cls, {sa.inspect(record).identity}))
    return statement.with_for_update(of=rows_to_lock(cls))


def _changes(record: Any) -> dict[str, Any]:
    """Return what was set on `record` and is not saved yet."""
    state = sa.inspect(record)
    names = [*state.mapper.column_attrs.keys(), *(link.key for link in to_one(state.mapper))]
    return {name: state.dict[name] for name in names if state.attrs[name].history.has_changes()}


def _is_mapped(cls: type) -> bool:
    return sa.inspect(cls, raiseerr=False) is not None
