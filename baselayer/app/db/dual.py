"""dual: one body that serves `Session` and, awaited, `AsyncSession`."""

from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, scoped_session

P = ParamSpec("P")
R = TypeVar("R")
O = TypeVar("O")  # noqa: E741 (the owner: a class or a record)

Blocking = Session | scoped_session[Any]
Awaited = AsyncSession | async_scoped_session[Any]


class BoundDual(Generic[P, R]):
    """A dual verb bound to its class or record.

    Given an `AsyncSession` it returns a coroutine (not any awaitable), so that type checkers
    report a forgotten `await`.
    """

    def __init__(self, body: Callable[..., R], owner: Any) -> None:
        self._body = body
        self._owner = owner

    @overload
    def __call__(self, session: Blocking, /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __call__(
        self, session: Awaited, /, *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, R]: ...
    def __call__(self, session: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        return call(self._body, self._owner, session, *args, **kwargs)


class dual(Generic[O, P, R]):  # noqa: N801 (a decorator)
    """Make a method whose body takes a `Session` work with an `AsyncSession` too."""

    def __init__(self, body: Callable[Concatenate[O, Session, P], R]) -> None:
        self.body = body
        self.__doc__ = body.__doc__

    def __get__(self, instance: Any, owner: type) -> BoundDual[P, R]:
        return BoundDual(self.body, instance)


class dual_of_class(dual[O, P, R]):  # noqa: N801 (a decorator)
    """As `dual`, bound to the class."""

    def __get__(self, instance: Any, owner: type) -> BoundDual[P, R]:
        return BoundDual(self.body, owner)


def call(body: Callable[..., R], owner: Any, session: Any, *args: Any, **kwargs: Any) -> Any:
    """Run `body(owner, session, …)` now, or return the coroutine that runs it."""
    if isinstance(session, (scoped_session, async_scoped_session)):
        session = session()
    if isinstance(session, AsyncSession):
        return session.run_sync(lambda inner: body(owner, inner, *args, **kwargs))
    return body(owner, session, *args, **kwargs)


class dual_function(Generic[P, R]):  # noqa: N801 (a decorator)
    """Make a function whose body takes a `Session` first work with an `AsyncSession` too."""

    def __init__(self, body: Callable[Concatenate[Session, P], R]) -> None:
        self._body = body
        self.__doc__ = body.__doc__
        self.__name__ = body.__name__

    @overload
    def __call__(self, session: Session, /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __call__(
        self, session: AsyncSession, /, *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, R]: ...
    def __call__(self, session: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        if isinstance(session, AsyncSession):
            return session.run_sync(lambda inner: self._body(inner, *args, **kwargs))
        return self._body(session, *args, **kwargs)
