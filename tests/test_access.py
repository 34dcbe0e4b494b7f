"""Who may call: the decorators, on a handler that is none of Tornado's."""

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from baselayer.app.access import auth_or_token, needs_of, open_to_all, permissions
from baselayer.app.errors import (
    BaselayerError,
    ExpiredAccountError,
    ExpiredTokenError,
    NotFoundError,
    PermissionMissingError,
    UnauthenticatedError,
)
from baselayer.app.identity.principals import Principal

ALICE = Principal(1, "alice", 1, None, frozenset({"Run queries"}))
ADMIN = Principal(2, "admin", 1, None, frozenset({"System admin"}))
GONE = Principal(3, "gone", 1, None, frozenset(), datetime(2024, 1, 1, tzinfo=UTC))


@dataclass
class Handler:
    """What the decorators need of a handler."""

    current_user: Principal | None = None
    method: str = "POST"
    identity_error: BaselayerError | None = None
    noted: list[str] = field(default_factory=list)

    @property
    def request(self) -> Any:
        return SimpleNamespace(method=self.method)

    def refuse_undeclared(self, declared: object) -> None:
        """Take everything."""

    async def note_refusal(self, error: BaselayerError) -> None:
        self.noted.append(error.code)

    @open_to_all
    async def open(self) -> str:
        return "open"

    @auth_or_token
    async def known(self) -> str:
        return "known"

    @permissions(["Run queries"])
    async def run(self) -> str:
        return "run"

    @permissions(["Run queries", "Write queries"])
    async def write(self) -> str:
        return "write"

    @auth_or_token
    def blocking(self) -> str:
        return threading.current_thread().name

    @auth_or_token
    async def absent(self) -> str:
        raise NotFoundError("There is none.")


def call(handler: Handler, name: str) -> Any:
    """Call a method to its end."""
    return asyncio.run(getattr(handler, name)())


@pytest.mark.parametrize(
    ("user", "allowed"),
    [
        (None, {"open"}),
        (ALICE, {"open", "known", "run"}),
        (ADMIN, {"open", "known", "run", "write"}),
    ],
)
def test_each_may_call_what_he_has_the_permissions_for(
    user: Principal | None, allowed: set[str]
) -> None:
    for name in ("open", "known", "run", "write"):
        handler = Handler(user)
        if name in allowed:
            assert call(handler, name) == name
            assert handler.noted == []
        else:
            kind = PermissionMissingError if user else UnauthenticatedError
            with pytest.raises(kind):
                call(handler, name)
            assert handler.noted == [kind.code]


def test_expired_account_may_look_but_not_act() -> None:
    assert call(Handler(GONE, "GET"), "known") == "known"
    with pytest.raises(ExpiredAccountError, match="2024-01-01"):
        call(Handler(GONE, "POST"), "known")
    with pytest.raises(PermissionMissingError):
        call(Handler(GONE, "GET"), "run")


def test_why_the_caller_is_not_known_is_told() -> None:
    with pytest.raises(ExpiredTokenError):
        call(Handler(identity_error=ExpiredTokenError("Over.")), "known")
    assert call(Handler(identity_error=ExpiredTokenError("Over.")), "open") == "open"


def test_refusal_from_within_is_noted_too() -> None:
    handler = Handler(ALICE)
    with pytest.raises(NotFoundError):
        call(handler, "absent")
    assert handler.noted == ["not_found"]


def test_plain_function_runs_in_a_thread() -> None:
    assert call(Handler(ALICE), "blocking") != threading.main_thread().name


def test_who_may_call_is_marked() -> None:
    assert needs_of(Handler.write) == "Run queries, Write queries"
    assert needs_of(Handler.known) == "anybody who is known"
    assert needs_of(len) is None
