"""GatedMixin: ask a model for what an accessor may touch; upstream's names and behaviour."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import Accessor, require_accessor
from baselayer.app.controls.checking import modes_of
from baselayer.app.controls.constant import restricted
from baselayer.app.controls.effective import predicate_of
from baselayer.app.controls.explaining import Explanation
from baselayer.app.db.dual import call
from baselayer.app.db.explaining import explanation_of
from baselayer.app.db.keys import as_identity
from baselayer.app.db.pages import accessible_count, accessible_page
from baselayer.app.db.permissions import permissions_of
from baselayer.app.db.scoped import DBSession, is_session, split_session
from baselayer.app.db.verify import among, key_attributes
from baselayer.app.errors import NotFoundError
from baselayer.app.schemas.paging import ListResponse, TableViewRequest


class GatedMixin:
    """The gate of one model: modes are class attributes, closed unless declared.

    Where upstream took no session, the methods take one as an optional first argument; given an
    `AsyncSession` they return a coroutine. Without one they use `DBSession`.
    """

    create: ClassVar[Any] = restricted
    read: ClassVar[Any] = restricted

    @classmethod
    def select(
        cls,
        user_or_token: Accessor,
        mode: str = "read",
        options: Sequence[Any] = (),
        columns: Sequence[Any] | None = None,
    ) -> sa.Select[Any]:
        """Return the SELECT of the records (or `columns`) that the accessor may touch in `mode`."""
        accessor = require_accessor(user_or_token)
        statement = sa.select(*columns).select_from(cls) if columns else _all_of(cls)  # type: ignore[arg-type] # a class has a hash
        statement = statement.where(predicate_of(cls, mode, accessor))
        return statement.options(*options) if options else statement

    @classmethod
    def get_if_accessible_by(cls, *args: Any, **kwargs: Any) -> Any:
        """Return the record, or the list of records in order, of `ids`: `([session,] ids, accessor,
        mode="read", raise_if_none=False)`.

        None, for the whole list too, when any is absent or not accessible: both look the same, so
        the answer tells nothing. With `raise_if_none`, NotFoundError instead.
        """
        session, rest = split_session(args)
        return call(_get_accessible, cls, session, *rest, **kwargs)

    @classmethod
    def get_all(cls, *args: Any, **kwargs: Any) -> Any:
        """Return every record accessible: `([session,] accessor, mode="read", options=())`."""
        session, rest = split_session(args)
        return call(_get_all, cls, session, *rest, **kwargs)

    @classmethod
    def page(cls, *args: Any, **kwargs: Any) -> Any:
        """Return a page of what is accessible: `([session,] accessor, view=None, *, mode="read",
        where=(), options=())`, with `where` further conditions.

        In order of the key it costs the same however many rows there are.
        """
        session, rest = split_session(args)
        return call(_page, cls, session, *rest, **kwargs)

    @classmethod
    def count_accessible(cls, *args: Any, **kwargs: Any) -> Any:
        """Return how many records are accessible: `([session,] accessor, *, mode="read",
        where=())`."""
        session, rest = split_session(args)
        return call(_count, cls, session, *rest, **kwargs)

    @classmethod
    def permissions_on(cls, *args: Any, **kwargs: Any) -> Any:
        """Return `{id: {mode: bool}}`, in one query: `([session,] records, accessor, modes=None)`.

        `records` may be ids. `modes` are all that the class declares unless given. What is absent
        or not to be seen is False throughout; a composite id is a tuple.
        """
        session, rest = split_session(args)
        return call(_permissions_on, cls, session, *rest, **kwargs)

    def explain(self, *args: Any, **kwargs: Any) -> Any:
        """Return why this record is accessible or not: `([session,] accessor, mode="read")`.

        An `Explanation`, from one SELECT that no session filters: show it to who may know.
        """
        if args and is_session(args[0]):
            return call(_explain, self, *args, **kwargs)
        return _explain(self, orm.object_session(self) or DBSession(), *args, **kwargs)

    @classmethod
    def create_or_get(cls, *args: Any) -> Any:
        """Return the record with this id, or a new one that is not yet added: `([session,] id)`."""
        session, (ident,) = split_session(args)
        return call(_create_or_get, cls, session, ident)

    def is_accessible_by(self, *args: Any, **kwargs: Any) -> Any:
        """Tell whether this record is accessible: `([session,] accessor, mode="read")`.

        Asks in the record's own transaction unless told otherwise, so flushed changes are seen.
        """
        if args and is_session(args[0]):
            return call(_is_accessible, self, *args, **kwargs)
        session = orm.object_session(self) or DBSession()
        return _is_accessible(self, session, *args, **kwargs)

    def is_readable_by(self, *args: Any) -> Any:
        """Tell whether this record is readable: `([session,] accessor)`."""
        return self.is_accessible_by(*args)

    # Upstream's other names for the same questions.
    query_records_accessible_by = select

    @classmethod
    def get_records_accessible_by(cls, *args: Any, **kwargs: Any) -> Any:
        """Return `get_all(…)`."""
        return cls.get_all(*args, **kwargs)

    @classmethod
    def get_if_readable_by(cls, *args: Any, **kwargs: Any) -> Any:
        """Return `get_if_accessible_by(…)` for reading."""
        return cls.get_if_accessible_by(*args, **kwargs)


def _page(
    cls: type[GatedMixin],
    session: orm.Session,
    accessor: Accessor,
    view: TableViewRequest | None = None,
    **more: Any,
) -> ListResponse[Any]:
    view = view or TableViewRequest()
    return accessible_page(session, cls, view, require_accessor(accessor), **more)


def _count(cls: type[GatedMixin], session: orm.Session, accessor: Accessor, **more: Any) -> int:
    return accessible_count(session, cls, require_accessor(accessor), **more)


def _permissions_on(
    cls: type[GatedMixin],
    session: orm.Session,
    records: Collection[Any],
    accessor: Accessor,
    modes: Sequence[str] | None = None,
) -> dict[Any, dict[str, bool]]:
    asked = list(modes_of(cls)) if modes is None else modes
    return permissions_of(session, cls, records, asked, require_accessor(accessor))


def _explain(
    record: GatedMixin, session: orm.Session, accessor: Accessor, mode: str = "read"
) -> Explanation:
    return explanation_of(session, record, mode, require_accessor(accessor))


@lru_cache(maxsize=1024)
def _all_of(cls: Any) -> sa.Select[Any]:
    return sa.select(cls)


def _get_accessible(
    cls: type[GatedMixin],
    session: orm.Session,
    ids: Any,
    accessor: Accessor,
    mode: str = "read",
    raise_if_none: bool = False,
    options: Sequence[Any] = (),
) -> Any:
    several = _are_several(cls, ids)
    wanted = [as_identity(cls, ident) for ident in (ids if several else [ids])]
    known = {identity for identity in wanted if identity is not None}
    statement = cls.select(accessor, mode, options).where(among(cls, known))
    found = {tuple(sa.inspect(record).identity): record for record in _unique(session, statement)}
    if all(identity in found for identity in wanted):
        records = [found[identity] for identity in wanted if identity is not None]
        return records if several else records[0]
    if raise_if_none:
        raise NotFoundError(f"There is no {cls.__name__} {ids}, or you may not see it.")
    return None


def _are_several(cls: type, ids: Any) -> bool:
    """Tell whether `ids` are many: a tuple may also be one composite key."""
    if isinstance(ids, tuple) and len(sa.inspect(cls).mapper.primary_key) > 1:
        return bool(ids) and isinstance(ids[0], tuple)
    return isinstance(ids, (list, tuple, set, frozenset))


def _unique(session: orm.Session, statement: Any) -> list[Any]:
    return list(session.scalars(statement).unique())


def _get_all(
    cls: type[GatedMixin],
    session: orm.Session,
    accessor: Accessor,
    mode: str = "read",
    options: Sequence[Any] = (),
) -> list[Any]:
    return _unique(session, cls.select(accessor, mode, options))


def _create_or_get(cls: type[GatedMixin], session: orm.Session, ident: Any) -> Any:
    identity = as_identity(cls, ident)
    found = None if identity is None else session.get(cls, identity)
    if found is not None:
        return found
    values = ident if isinstance(ident, tuple) else (ident,)
    names = (attribute.key for attribute in key_attributes(cls))
    return cls(**dict(zip(names, values, strict=True)))


def _is_accessible(
    record: GatedMixin, session: orm.Session, accessor: Accessor, mode: str = "read"
) -> bool:
    cls = type(record)
    identity = tuple(sa.inspect(cls).mapper.primary_key_from_instance(record))
    if None in identity:
        return False  # it is not stored
    statement = record.select(accessor, mode, columns=key_attributes(cls))
    return session.execute(statement.where(among(cls, {identity}))).first() is not None
