"""Who may call: the decorators that a handler's method declares its permission with.

This room knows neither Tornado nor the database: it reads what `prepare` found out about the
caller, raises our errors, and leaves a mark on the method, without which no route starts.
"""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from baselayer.app.errors import (
    AccessError,
    BaselayerError,
    ExpiredAccountError,
    PermissionMissingError,
    UnauthenticatedError,
)

Method = Callable[..., Any]
# What the API description says of a method that asks for no credentials.
ANYBODY = "anybody, without credentials"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

__all__ = ["AccessError", "auth_or_token", "open_to_all", "permissions"]


def open_to_all(method: Method) -> Method:
    """Let anybody call this method, also without saying who; nothing of it is audited."""
    return _guarded(method, lambda handler: None, needs=ANYBODY, audited=False)


def auth_or_token(method: Method) -> Method:
    """Let anybody call this method who says who is calling."""
    return _guarded(method, _require_caller, needs="anybody who is known")


def permissions(acl_list: Sequence[str]) -> Callable[[Method], Method]:
    """Let those call this method who have every permission of `acl_list`, or System admin."""

    def require(handler: Any) -> None:
        _require_caller(handler)
        caller = handler.current_user
        missing = [acl for acl in acl_list if acl not in caller.permissions]
        # A narrowed token has what it was left with, also when it acts for an admin.
        if missing and (not caller.is_admin or caller.narrowing is not None):
            raise PermissionMissingError(
                f"This needs the permission {missing[0]!r}, which {caller.username} does not have "
                "here. An administrator grants it; a token also has to be given it.",
                permission=missing[0],
            )

    return lambda method: _guarded(method, require, needs=", ".join(acl_list))


def needs_of(method: Any) -> str | None:
    """Return who may call `method`, in words; None when it does not say."""
    found: str | None = getattr(method, "__needs__", None)
    return found


def _require_caller(handler: Any) -> None:
    if handler.identity_error is not None:
        raise handler.identity_error
    if handler.current_user is None:
        raise UnauthenticatedError('Say who is calling: send "Authorization: token bl_…".')
    expired_at = handler.current_user.expired_at
    if expired_at is not None and handler.request.method not in SAFE_METHODS:
        raise ExpiredAccountError(
            f"The account of {handler.current_user.username} expired at "
            f"{expired_at:%Y-%m-%d %H:%M} UTC, so it may look but not act."
        )


def _guarded(
    method: Method, require: Callable[[Any], None], needs: str, *, audited: bool = True
) -> Method:
    """Return `method` with `require` before it; what is refused is told to the audit.

    A plain `def` is run in a thread, so that it cannot block the event loop.
    """

    @functools.wraps(method)
    async def call(handler: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            handler.refuse_undeclared(getattr(method, "__operation__", None))
            require(handler)
            return await _run(method, handler, *args, **kwargs)
        except BaselayerError as refusal:
            if audited:
                await handler.note_refusal(refusal)
            raise

    call.__needs__ = needs  # type: ignore[attr-defined] # a mark on the function
    return call


def _run(method: Method, *args: Any, **kwargs: Any) -> Awaitable[Any]:
    if inspect.iscoroutinefunction(method):
        coroutine: Awaitable[Any] = method(*args, **kwargs)
        return coroutine
    return asyncio.to_thread(method, *args, **kwargs)
