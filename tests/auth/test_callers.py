"""Who is calling: known without a query until something changes, and never for too long."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from baselayer.app.auth.callers import Callers, Kept
from baselayer.app.auth.changes import TRUSTED_SECONDS, RightsWatch
from baselayer.app.auth.throttle import Throttle
from baselayer.app.config.login import LoginSettings
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.engine import Database
from baselayer.app.db.types import utcnow
from baselayer.app.errors import (
    BaselayerError,
    ExpiredTokenError,
    InvalidTokenError,
    SessionEndedError,
    TokenAddressError,
    TokenLimitedError,
)
from baselayer.app.identity.sessions import new_session_value, session_hash_of
from baselayer.app.identity.tokens import new_value
from baselayer.app.models import Account, LoginSession, User, UserRole
from baselayer.migrations.upgrade import upgrade
from tests.factories.metadata import fresh_database, metadata_cluster
from tests.revocation import KILL, MUTE
from tests.server import new_token

__all__ = ["metadata_cluster"]

HERE = "192.0.2.1"
UNTOUCHED = 1_000_000.0


@dataclass
class Place:
    """A database with one user, who has a token and a session."""

    url: str
    header: str = ""
    cookie: str = ""
    user_id: int = 0
    asked: list[str] = field(default_factory=list)

    def change(self, statement: str, *values: Any) -> None:
        """Change something behind everybody's back, as another process would."""
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement.encode(), values or None)

    @asynccontextmanager
    async def callers(self, limit: int = 5, **settings: int) -> AsyncIterator[Callers]:
        """Have callers whose watch runs; statements of theirs are noted in `asked`."""
        database = Database(self.url, role="baselayer_app")
        engine = database.async_engine
        throttle = Throttle(limit, timedelta(minutes=15))
        found = Callers(engine, LoginSettings(**settings), throttle)
        sa.event.listen(
            engine.sync_engine,
            "before_cursor_execute",
            lambda c, cur, statement, *rest: self.asked.append(statement),
        )
        found.watch.start(database.apart())
        await until(found.watch.is_trusted)
        self.asked.clear()
        try:
            yield found
        finally:
            await found.watch.stop()
            await database.dispose()


async def until(condition: Any, seconds: float = 20) -> None:
    """Wait until `condition` holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def model(metadata_cluster: Cluster) -> Iterator[Place]:
    """A seeded database, its user an analyst, that others are copied from."""
    with fresh_database(metadata_cluster) as url:
        upgrade(url, app_role="baselayer_app")
        made = Place(url)
        database = Database(url, poolclass=sa.NullPool)
        with database.plain() as session:
            account = session.scalar(sa.select(Account.id))
            user = User(username="ann")
            session.add(user)
            session.flush()
            session.add(UserRole(user_id=user.id, role_id="Analyst"))
            made.header = f"token {new_token(session, user, ('Run queries',))}"
            made.cookie, made.user_id = new_session_value(), user.id
            row = {"user_id": user.id, "account_id": account}
            session.add(LoginSession(value_hash=session_hash_of(made.cookie), **row))
            session.commit()
        yield made


@pytest.fixture
def place(metadata_cluster: Cluster, model: Place) -> Iterator[Place]:
    """A copy of that database."""
    source = sa.make_url(model.url)
    name = f"{source.database}_copy"
    with metadata_cluster.connect() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source.database}")
    url = source.set(database=name).render_as_string(hide_password=False)
    yield replace(model, url=url, asked=[])
    with metadata_cluster.connect() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def told(callers: Callers, place: Place, how: str) -> Any:
    """Return the permissions of the caller, or the class of the refusal."""
    try:
        if how == "token":
            return set((await callers.by_token(place.header, HERE)).permissions)
        return set((await callers.by_cookie(place.cookie)).principal.permissions)
    except BaselayerError as error:
        return type(error)


NONE = InvalidTokenError, SessionEndedError
GRANTED = {
    "token": {"Run queries"},
    "cookie": {"Manage connections", "Run queries", "Share results"},
}


@pytest.mark.parametrize("how", ["token", "cookie"])
def test_second_call_costs_no_query(place: Place, how: str) -> None:
    async def run() -> None:
        async with place.callers() as callers:
            assert await told(callers, place, how) == GRANTED[how]
            assert place.asked
            place.asked.clear()
            for _ in range(100):
                assert await told(callers, place, how) == GRANTED[how]
            assert place.asked == []

    asyncio.run(run())


CHANGES: dict[str, tuple[str, Any, Any]] = {
    "role taken": ("delete from user_roles", set(), set()),
    "role lost a permission": (
        "delete from role_acls where acl_id = 'Run queries'",
        set(),
        {"Manage connections", "Share results"},
    ),
    "role deleted": ("delete from roles where id = 'Analyst'", set(), set()),
    "permission given": (
        "insert into user_acls (user_id, acl_id, created_at, modified)"
        " select id, 'Manage users', now(), now() from users",
        {"Run queries"},
        GRANTED["cookie"] | {"Manage users"},
    ),
    "deactivated": (
        "update users set deactivated_at = now()",
        InvalidTokenError,
        SessionEndedError,
    ),
    "expired": ("update users set expiration_date = now()", set(), set()),
    "account closed": (
        "update accounts set is_active = false",
        InvalidTokenError,
        SessionEndedError,
    ),
    "token deleted": ("delete from tokens", InvalidTokenError, GRANTED["cookie"]),
    "token expired": ("update tokens set expires_at = now()", ExpiredTokenError, GRANTED["cookie"]),
    "token weakened": ("delete from token_acls", set(), GRANTED["cookie"]),
    "token moved": (
        "update tokens set allowed_addresses = '{198.51.100.0/24}'",
        TokenAddressError,
        GRANTED["cookie"],
    ),
    "session ended": ("delete from login_sessions", {"Run queries"}, SessionEndedError),
}


@pytest.mark.parametrize("is_mute", [False, True], ids=["notified", "not notified"])
@pytest.mark.parametrize("change", CHANGES)
def test_change_in_another_process_is_noticed(place: Place, change: str, is_mute: bool) -> None:
    statement, of_token, of_session = CHANGES[change]
    expected = {"token": of_token, "cookie": of_session}
    if is_mute:
        place.change(MUTE)

    async def run() -> None:
        async with place.callers() as callers:
            for how, granted in GRANTED.items():
                assert await told(callers, place, how) == granted
            generation = callers.watch.generation
            await asyncio.to_thread(place.change, statement)
            await until(lambda: callers.watch.generation > generation)
            for how, after in expected.items():
                assert await told(callers, place, how) == after

    asyncio.run(run())


@pytest.mark.parametrize(
    "statement",
    [
        "update tokens set last_used_at = now(), modified = now()",
        "update login_sessions set last_seen_at = now(), modified = now()",
        "update users set bio = 'x', modified = now()",
        "delete from login_sessions where id < 0",
        "delete from tokens where id < 0",
    ],
)
def test_what_takes_no_right_changes_nothing(place: Place, statement: str) -> None:
    with psycopg.connect(place.url.replace("+psycopg", ""), autocommit=True) as connection:
        state = "select count(*), max(id) from rights_changes"
        before = connection.execute(state).fetchone()
        connection.execute(statement.encode())
        assert connection.execute(state).fetchone() == before
        connection.execute("delete from user_roles")
        assert connection.execute(state).fetchone() != before


def test_transaction_that_commits_late_is_not_overlooked(place: Place) -> None:
    """Its row has a smaller number than those that were seen before it."""

    async def run() -> None:
        async with place.callers() as callers:
            assert await told(callers, place, "token") == {"Run queries"}
            late = await psycopg.AsyncConnection.connect(place.url.replace("+psycopg", ""))
            await late.execute("delete from token_acls")
            generation = callers.watch.generation
            await asyncio.to_thread(place.change, "update users set expiration_date = null")
            await until(lambda: callers.watch.generation > generation)
            await until(callers.watch.is_trusted)
            assert await told(callers, place, "token") == {"Run queries"}
            generation = callers.watch.generation
            await late.commit()
            await late.close()
            await until(lambda: callers.watch.generation > generation)
            assert await told(callers, place, "token") == set()

    asyncio.run(run())


def test_rolled_back_change_is_none(place: Place) -> None:
    with psycopg.connect(place.url.replace("+psycopg", "")) as connection:
        connection.execute("delete from user_roles")
        connection.rollback()
        assert connection.execute("select count(*) from rights_changes where id > 0").fetchone()


def test_tidying_is_itself_noticed_and_hides_nothing(place: Place) -> None:
    place.change(
        "insert into rights_changes (created_at, modified)"
        " select now() - interval '1 hour', now() from generate_series(1, 1000)"
    )

    async def run() -> None:
        async with place.callers() as callers:
            generation = callers.watch.generation
            with psycopg.connect(place.url.replace("+psycopg", ""), autocommit=True) as connection:
                count = "select count(*) from rights_changes"
                await until(lambda: (connection.execute(count).fetchone() or [0])[0] < 500)
            await until(lambda: callers.watch.generation > generation)

    asyncio.run(run())


def test_nothing_is_believed_when_the_watch_is_cut_off(place: Place) -> None:
    async def run() -> None:
        async with place.callers() as callers:
            assert await told(callers, place, "token") == {"Run queries"}
            await callers.watch.stop()
            assert not callers.watch.is_trusted()
            place.change("delete from token_acls")
            assert await told(callers, place, "token") == set()

    asyncio.run(run())


def test_watch_whose_connection_is_killed_comes_back(place: Place) -> None:
    async def run() -> None:
        async with place.callers() as callers:
            await told(callers, place, "token")
            await asyncio.to_thread(place.change, KILL)
            await asyncio.to_thread(place.change, "delete from token_acls")

            async def is_gone() -> bool:
                return bool(await told(callers, place, "token") == set())

            async with asyncio.timeout(5):
                while not await is_gone():
                    await asyncio.sleep(0.05)
            await until(callers.watch.is_trusted)

    asyncio.run(run())


def test_trust_ends_by_the_clock() -> None:
    now = [UNTOUCHED]
    watch = RightsWatch(clock=lambda: now[0])
    assert not watch.is_trusted()
    watch._looked_at = now[0]
    kept: Kept[str] = Kept(watch)
    kept.put("a", "b", watch.generation)
    assert kept.get("a") == "b"
    now[0] += TRUSTED_SECONDS
    assert kept.get("a") is None and kept.has_had("a")


def test_what_was_asked_before_a_change_is_not_kept_after_it() -> None:
    watch = RightsWatch(clock=lambda: 0.0)
    watch._looked_at = 0.0
    kept: Kept[str] = Kept(watch, size=2)
    generation = watch.generation
    watch.forget()
    kept.put("a", "old", generation)
    assert kept.get("a") is None
    for key in "bcd":
        kept.put(key, key, watch.generation)
    assert [kept.get(key) for key in "abcd"] == [None, None, "c", "d"]


@pytest.mark.parametrize(
    ("statement", "how", "after"),
    [
        ("update tokens set expires_at = now() + %s", "token", ExpiredTokenError),
        ("update users set expiration_date = now() + %s", "token", set()),
        ("update users set expiration_date = now() + %s", "cookie", set()),
        (
            "update login_sessions set created_at = now() - interval '7 days' + %s",
            "cookie",
            SessionEndedError,
        ),
    ],
)
def test_time_that_passes_needs_no_change(
    place: Place, statement: str, how: str, after: Any
) -> None:
    place.change(statement, timedelta(seconds=4))

    async def run() -> None:
        async with place.callers() as callers:
            until_then = utcnow() + timedelta(seconds=4)
            assert await told(callers, place, how) == GRANTED[how]
            generation = callers.watch.generation
            while utcnow() < until_then:
                await asyncio.sleep(0.05)
            assert callers.watch.generation == generation
            assert await told(callers, place, how) == after

    asyncio.run(run())


def test_guesses_cost_no_query_and_close_the_address(place: Place) -> None:
    async def run() -> None:
        async with place.callers(limit=3) as callers:
            good = place.header
            assert (await callers.by_token(good, HERE)).permissions
            place.asked.clear()
            for _ in range(4):
                with pytest.raises(InvalidTokenError):
                    await callers.by_token("token bl_mistyped", HERE)
            for value in ("bl_mistyped", new_value()):
                with pytest.raises(TokenLimitedError, match="wait"):
                    await callers.by_token(f"token {value}", HERE)
            assert place.asked == []
            # Who was known still is, also after a change; and other addresses are open.
            callers.watch.forget()
            assert (await callers.by_token(good, HERE)).permissions
            with pytest.raises(InvalidTokenError):
                await callers.by_token(f"token {new_value()}", "192.0.2.2")

    asyncio.run(run())
