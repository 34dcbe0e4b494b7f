"""Saving: what `save`, `update`, `add` and `delete` do, in the session that they are given."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy import orm

from baselayer.app.db.mixins.fetching import fetched
from baselayer.app.db.mixins.loading import Load, LoadPolymorphic, load_options
from baselayer.app.db.mixins.optimistic import rebase
from baselayer.app.db.verify import among
from baselayer.app.errors import NotFoundError, RecordChangedError, RecordInUseError

FOREIGN_KEY_VIOLATION = "23503"  # PostgreSQL's manual, appendix A


def saved(
    record: Any,
    session: orm.Session,
    *,
    load: Load = None,
    refresh: bool = True,
    commit: bool = True,
    load_polymorphic: LoadPolymorphic = None,
    optimistic_retry_count: int | None = None,
) -> Any:
    """Insert or update `record` and return it, loaded."""
    retries = (
        record.optimistic_retries if optimistic_retry_count is None else optimistic_retry_count
    )
    if retries:
        rebase(record, session)
    session.add(record)
    finish(session, commit)
    if load is not None:
        return _reloaded(record, session, load_options(type(record), load, load_polymorphic))
    if refresh:
        _load_columns(record, session)
    return record


def updated(
    record: Any,
    session: orm.Session,
    other: BaseModel,
    extra_data: dict[str, Any] | None = None,
    *,
    exclude_unset: bool = True,
    exclude: set[str] | None = None,
    load: Load = None,
    refresh: bool = True,
    commit: bool = True,
    load_polymorphic: LoadPolymorphic = None,
    optimistic_retry_count: int | None = None,
    **extra: Any,
) -> Any:
    """Merge what `other` sets, an explicit None too, then `extra_data` into the record; save it."""
    values = other.model_dump(exclude_unset=exclude_unset, exclude=exclude)
    values |= (extra_data or {}) | extra
    _require_settable(type(record), values)
    for name, value in values.items():
        setattr(record, name, value)
    return saved(
        record,
        session,
        load=load,
        refresh=refresh,
        commit=commit,
        load_polymorphic=load_polymorphic,
        optimistic_retry_count=optimistic_retry_count,
    )


def added(session: orm.Session, records: Any, *, refresh: bool = True, commit: bool = True) -> Any:
    """Insert `records`, one or several, and return them in the shape that they came in."""
    several = records if isinstance(records, Sequence) else [records]
    session.add_all(several)
    finish(session, commit)
    for record in several if refresh else ():
        _load_columns(record, session)
    return records


def deleted(
    owner: Any, session: orm.Session, *records: Any, condition: Any = None, commit: bool = True
) -> int:
    """Delete the record, or from the class those given, or those of `condition`; tell how many."""
    if not isinstance(owner, type):
        records = (owner,)
    elif bool(records) == (condition is not None):
        raise ValueError("say which records to delete, or a condition: one of them")
    elif condition is not None:
        return _deleted_by(owner, session, condition, commit)
    if len(records) == 1 and isinstance(records[0], Collection):
        records = tuple(records[0])
    for record in records:
        session.delete(record)
    finish(session, commit)
    return len(records)


def finish(session: orm.Session, commit: bool) -> None:
    """Commit, or flush; what clashes with others' changes is told as an error of ours."""
    try:
        session.commit() if commit else session.flush()
    except orm.exc.StaleDataError as error:
        raise RecordChangedError(
            "A record was changed or deleted by somebody else after it was read: read it again."
        ) from error
    except sa.exc.IntegrityError as error:
        _tell_if_in_use(error)
        raise


def _deleted_by(cls: type, session: orm.Session, condition: Any, commit: bool) -> int:
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    tables = {heir.local_table for heir in mapper.base_mapper.self_and_descendants}
    if len(tables) > 1:  # a statement would leave the rows of a record's other tables behind
        found = fetched(cls, session, condition, fetch_mode="all")
        return deleted(cls, session, found, commit=commit)
    try:
        done: Any = session.execute(sa.delete(cls).where(condition))
    except sa.exc.IntegrityError as error:
        _tell_if_in_use(error)
        raise
    finish(session, commit)
    return int(done.rowcount)


def _tell_if_in_use(error: sa.exc.IntegrityError) -> None:
    """Raise RecordInUseError when a DELETE failed because of rows that refer to what it deletes."""
    cause: Any = error.orig
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    if state != FOREIGN_KEY_VIOLATION or not (error.statement or "").startswith("DELETE"):
        return
    table = getattr(getattr(cause, "diag", None), "table_name", None) or "another table"
    raise RecordInUseError(f"It cannot be deleted: {table} still refers to it.") from error


def _require_settable(cls: type, names: Collection[str]) -> None:
    mapper: orm.Mapper[Any] = sa.inspect(cls)
    known = set(mapper.all_orm_descriptors.keys())
    for name in names:
        if name not in known and not isinstance(getattr(cls, name, None), property):
            raise ValueError(f"{cls.__name__} has no attribute {name!r} to update")


def _load_columns(record: Any, session: orm.Session) -> None:
    """Load what a commit or the database's defaults left unloaded."""
    state = sa.inspect(record)
    if state.persistent and not state.dict.keys() >= set(state.mapper.column_attrs.keys()):
        session.refresh(record)


def _reloaded(record: Any, session: orm.Session, options: Sequence[Any]) -> Any:
    """Return the record, read anew with what `options` load."""
    cls, identity = type(record), sa.inspect(record).identity
    statement = sa.select(cls).where(among(cls, {identity})).options(*options)
    found = session.scalars(statement, execution_options={"populate_existing": True})
    again = found.unique().one_or_none()
    if again is None:
        raise NotFoundError(f"The saved {cls.__name__} is gone, or you may not see it.")
    return again
