"""RightsWatch: notices, in each process and within seconds, that somebody's rights have changed.

The database's triggers add a row to `rights_changes`, and notify, in the transaction of every
change that could take something from somebody. A notification is the fast way and may get lost; a
look at the table every moment is the sure one. What was read before is good for as long as such a
look has lately said that nothing changed, and no longer: when none succeeds, nothing is believed.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from baselayer.app.identity.accounts import Account, UserProfile
from baselayer.app.identity.acls import ACL
from baselayer.app.identity.changes import RightsChange
from baselayer.app.identity.roles import Role, RoleACL
from baselayer.app.identity.sessions import LoginSession
from baselayer.app.identity.tokens import Token, TokenACL
from baselayer.app.identity.users import User, UserACL, UserRole
from baselayer.log import make_log

log = make_log("auth")

CHANNEL = "baselayer_rights"
LOOK_SECONDS = 1.5
PATIENCE_SECONDS = 2.0  # for the answer to a look
TRUSTED_SECONDS = 4.0  # after a look began; a right that was taken must be gone within 5
RETRY_SECONDS = 1.0
MANY_CHANGES = 500
KEPT = sa.text("interval '1 minute'")

BEARERS = (
    *(User, UserRole, UserACL, Role, RoleACL, ACL, UserProfile, Account),
    *(Token, TokenACL, LoginSession),
)

_state = sa.select(sa.func.count(), sa.func.max(RightsChange.id), sa.func.sum(RightsChange.id))
_old = (
    sa.select(RightsChange.id)
    .where(RightsChange.created_at < sa.func.now() - KEPT)
    .with_for_update(skip_locked=True)
)
_gone = sa.delete(RightsChange).where(RightsChange.id.in_(_old)).returning(RightsChange.id).cte()
# A row is left in the place of those that go, so that nobody sees what he has seen before.
_tidy = sa.insert(RightsChange).from_select(
    ["created_at", "modified"],
    sa.select(sa.func.now(), sa.func.now()).where(sa.exists(sa.select(_gone.c.id))),
)


class RightsWatch:
    """Counts in `generation` the changes of rights that this process has heard of."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.generation = 0
        self._clock = clock
        self._looked_at = float("-inf")
        self._seen: tuple[Any, ...] | None = None
        self._task: asyncio.Task[None] | None = None

    def is_trusted(self) -> bool:
        """Tell whether what was read in this generation is still good."""
        return self._clock() - self._looked_at < TRUSTED_SECONDS

    def forget(self) -> None:
        """Believe nothing that was read before: this process itself has changed something."""
        self.generation += 1

    def start(self, engine: AsyncEngine) -> None:
        """Begin to watch, on a connection of `engine` that nobody else uses."""
        self._task = asyncio.create_task(self._watch(engine))

    async def stop(self) -> None:
        """Watch no longer; from now on nothing is believed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._looked_at = float("-inf")

    async def _watch(self, engine: AsyncEngine) -> None:
        while True:
            try:
                await self._follow(engine)
            except (SQLAlchemyError, psycopg.Error, TimeoutError, OSError) as error:
                log.warning(f"the watch of rights was cut off ({type(error).__name__}); again soon")
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self, engine: AsyncEngine) -> None:
        async with engine.connect() as opened:
            connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(sa.text(f"LISTEN {CHANNEL}"))
            raw: Any = (await connection.get_raw_connection()).driver_connection
            while True:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._look(connection)
                async for _ in raw.notifies(timeout=LOOK_SECONDS, stop_after=1):
                    self.forget()

    async def _look(self, connection: AsyncConnection) -> None:
        began = self._clock()
        state = tuple((await connection.execute(_state)).one())
        if state != self._seen:
            self.forget()
            self._seen = state
        self._looked_at = began
        if state[0] > MANY_CHANGES:
            await connection.execute(_tidy)


def has_changed_rights(session: orm.Session) -> bool:
    """Tell, once, whether `session` has written records that rights follow from."""
    return bool(session.info.pop("rights_changed", False))


def _note(mapper: orm.Mapper[Any], connection: sa.Connection, record: Any) -> None:
    session = orm.object_session(record)
    if session is not None:
        session.info["rights_changed"] = True


for _bearer in BEARERS:
    for _change in ("after_insert", "after_update", "after_delete"):
        event.listen(_bearer, _change, _note)
