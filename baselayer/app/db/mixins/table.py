"""TableBaseMixin: the verbs of a record, one body each for `Session` and `AsyncSession`."""

from collections.abc import Collection, Coroutine
from typing import Any, ClassVar, Literal, Self, TypeVar, Unpack, cast, overload

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy import orm

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.base import UserAccessControl
from baselayer.app.controls.constant import restricted
from baselayer.app.db.dual import Awaited, Blocking, call, dual, dual_of_class
from baselayer.app.db.keys import as_identity
from baselayer.app.db.mixins.fetching import (
    Fetch,
    Listing,
    Narrowing,
    Reading,
    fetched,
    selected,
    times_of,
)
from baselayer.app.db.mixins.gated import GatedMixin
from baselayer.app.db.mixins.loading import Load, LoadPolymorphic
from baselayer.app.db.mixins.saving import added, deleted, saved, updated
from baselayer.app.db.mixins.sums import GroupSumRow, distinct_values, grouped_sums
from baselayer.app.db.mixins.view import count_of, has_times, page_of, within_times
from baselayer.app.db.modes import Mode
from baselayer.app.db.pages import own_count
from baselayer.app.db.scoped import is_session
from baselayer.app.db.verify import among
from baselayer.app.errors import NotFoundError
from baselayer.app.schemas.paging import ListResponse, TableViewRequest, TimeFilterRequest

T = TypeVar("T", bound="TableBaseMixin")
M = TypeVar("M", bound=BaseModel)


class TableBaseMixin(GatedMixin):
    """Verbs: add, save, update, delete, get, get_one, get_exist_one, count, get_with_count, …

    Each takes a session first, and those that write commit unless told `commit=False`. With an
    `AsyncSession` it is to be awaited. What they return is loaded, also where a commit expires
    records. They do what the session allows: open a verified one for a caller.
    """

    optimistic_retries: ClassVar[int] = 0
    """How often `save` and `update` meet others' changes by laying their own over them."""

    # As a control each is closed until declared; as a verb see `saving.updated` and `.deleted`.
    update: ClassVar[UserAccessControl] = cast("Any", Mode(restricted, updated))
    delete: ClassVar[UserAccessControl] = cast("Any", Mode(restricted, deleted))

    @dual
    def save(
        self,
        session: orm.Session,
        load: Load = None,
        refresh: bool = True,
        commit: bool = True,
        load_polymorphic: LoadPolymorphic = None,
        optimistic_retry_count: int | None = None,
    ) -> Self:
        """Insert or update this record and return it, with what the database filled in.

        RecordChangedError when somebody else changed it meanwhile and it counts its versions.
        """
        record: Self = saved(
            self,
            session,
            load=load,
            refresh=refresh,
            commit=commit,
            load_polymorphic=load_polymorphic,
            optimistic_retry_count=optimistic_retry_count,
        )
        return record

    @dual_of_class
    def add(
        cls: Any,  # noqa: N805 (bound to the class)
        session: orm.Session,
        records: Any,
        refresh: bool = True,
        commit: bool = True,
    ) -> Any:
        """Insert `records`, one or a list, and return them."""
        return added(session, records, refresh=refresh, commit=commit)

    @overload
    @classmethod
    def get(
        cls,
        session: Blocking,
        condition: Any = None,
        *,
        fetch_mode: Literal["first"] = "first",
        **how: Unpack[Fetch],
    ) -> Self | None: ...
    @overload
    @classmethod
    def get(
        cls,
        session: Blocking,
        condition: Any = None,
        *,
        fetch_mode: Literal["one"],
        **how: Unpack[Fetch],
    ) -> Self: ...
    @overload
    @classmethod
    def get(
        cls,
        session: Blocking,
        condition: Any = None,
        *,
        fetch_mode: Literal["all"],
        **how: Unpack[Fetch],
    ) -> list[Self]: ...
    @overload
    @classmethod
    def get(
        cls,
        session: Awaited,
        condition: Any = None,
        *,
        fetch_mode: Literal["first"] = "first",
        **how: Unpack[Fetch],
    ) -> Coroutine[Any, Any, Self | None]: ...
    @overload
    @classmethod
    def get(
        cls,
        session: Awaited,
        condition: Any = None,
        *,
        fetch_mode: Literal["one"],
        **how: Unpack[Fetch],
    ) -> Coroutine[Any, Any, Self]: ...
    @overload
    @classmethod
    def get(
        cls,
        session: Awaited,
        condition: Any = None,
        *,
        fetch_mode: Literal["all"],
        **how: Unpack[Fetch],
    ) -> Coroutine[Any, Any, list[Self]]: ...
    @overload
    @classmethod
    def get(cls, ids: Any, accessor: Accessor, mode: str = "read", **how: Any) -> Any: ...
    @classmethod
    def get(cls, *args: Any, **kwargs: Any) -> Any:
        """Return records by condition, `(session, condition=None, *, fetch_mode="first"|"one"|
        "all", …)` as `fetching.Fetch` says, or by id as upstream does, `(ids, accessor,
        mode="read")`.
        """
        if args and is_session(args[0]):
            return call(fetched, cls, *args, **kwargs)
        return cls.get_if_accessible_by(*args, **kwargs)

    @dual_of_class
    def get_one(
        cls: Any,  # noqa: N805 (bound to the class)
        session: orm.Session,
        ident: Any,
        **how: Unpack[Reading],
    ) -> Any:
        """Return the record with this id; sqlalchemy.exc.NoResultFound when none is to be seen."""
        found = _by_id(cls, session, ident, how)
        if found is None:
            raise sa.exc.NoResultFound(_absent(cls, ident))
        return found

    @dual_of_class
    def get_exist_one(
        cls: Any,  # noqa: N805 (bound to the class)
        session: orm.Session,
        ident: Any,
        load: Load = None,
        **how: Unpack[Reading],
    ) -> Any:
        """Return the record with this id; NotFoundError when there is none to be seen."""
        found = _by_id(cls, session, ident, {**how, "load": load})
        if found is None:
            raise NotFoundError(_absent(cls, ident))
        return found

    @dual_of_class
    def count(
        cls: Any,  # noqa: N805 (bound to the class)
        session: orm.Session,
        condition: Any = None,
        *,
        time_filter: TimeFilterRequest | None = None,
        distinct_column: Any = None,
        **how: Unpack[Narrowing],
    ) -> int:
        """Return how many records satisfy `condition`, or how many values a column has in them."""
        if time_filter is None and distinct_column is None and not how:
            return own_count(session, cls, () if condition is None else (condition,))
        statement = within_times(cls, selected(cls, condition, how), times_of(how))
        if time_filter is not None:
            statement = within_times(cls, statement, time_filter)
        counted = sa.func.count()
        if distinct_column is not None:
            counted = sa.func.count(distinct_column.distinct())
        return session.scalar(statement.with_only_columns(counted, maintain_column_froms=True)) or 0

    @dual_of_class
    def get_with_count(
        cls: Any,  # noqa: N805 (bound to the class)
        session: orm.Session,
        condition: Any = None,
        *,
        table_view: TableViewRequest | None = None,
        **how: Unpack[Listing],
    ) -> ListResponse[Any]:
        """Return a page of records and how many there are in all, under the same WHERE."""
        view = table_view or TableViewRequest()
        statement = within_times(cls, selected(cls, condition, how), times_of(how))
        if condition is None and not how and not has_times(view):
            total = own_count(session, cls)
        else:
            total = count_of(session, cls, statement, view)
        return page_of(session, cls, statement, view, total=total)

    @dual_of_class
    def distinct_column(
        cls: Any,  # noqa: N805 (bound to the class)
        session: orm.Session,
        column: Any,
        condition: Any = None,
        limit: int | None = None,
    ) -> list[Any]:
        """Return the different values of `column`, in their order."""
        return distinct_values(session, column, condition, limit)

    @dual_of_class
    def group_sum(
        cls: Any,  # noqa: N805 (bound to the class)
        session: orm.Session,
        sum_columns: Collection[Any],
        *,
        group_by: Any,
        condition: Any = None,
        order_by: Any = None,
    ) -> list[GroupSumRow]:
        """Return how many records each group has, and the exact totals of `sum_columns` in it."""
        return grouped_sums(
            session, sum_columns, group_by=group_by, condition=condition, order_by=order_by
        )


def _by_id(cls: Any, session: orm.Session, ident: Any, how: Any) -> Any:
    """Return the record as the database has it for this session, never from memory alone."""
    identity = as_identity(cls, ident)
    return None if identity is None else fetched(cls, session, among(cls, {identity}), **how)


def _absent(cls: type, ident: Any) -> str:
    return f"There is no {cls.__name__} {ident}, or you may not see it."
