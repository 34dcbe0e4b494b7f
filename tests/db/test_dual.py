"""One body for blocking code and for coroutines."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession

from baselayer.app.db.dual import dual, dual_of_class


class Thing:
    """A record with a verb of each kind."""

    name = "thing"

    @dual
    def own(self, session: orm.Session, number: int, *, more: int = 0) -> tuple[str, type, int]:
        """Do something."""
        return self.name, type(session), number + more

    @dual_of_class
    def of_class(cls: Any, session: orm.Session) -> str:  # noqa: N805 (bound to the class)
        """Do something of the class."""
        if session.info.get("nested"):
            return "nested"
        session.info["nested"] = True
        return str(cls.of_class(session)) + " " + str(cls.__name__)


def test_sync_session_runs_the_body_now() -> None:
    assert Thing().own(orm.Session(), 1, more=2) == ("thing", orm.Session, 3)
    assert Thing.of_class(orm.Session()) == "nested Thing"


def test_async_session_returns_a_coroutine() -> None:
    async def work() -> Any:
        session = AsyncSession()
        return await Thing().own(session, 1), await Thing.of_class(session)

    assert asyncio.run(work()) == (("thing", orm.Session, 1), "nested Thing")


def test_documentation_is_the_bodys() -> None:
    assert vars(Thing)["own"].__doc__ == "Do something."


def test_errors_are_the_bodys() -> None:
    with pytest.raises(TypeError):
        Thing().own(orm.Session())  # type: ignore[call-overload] # the point
