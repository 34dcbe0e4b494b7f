"""Look-ups: remembered, forgotten when they should be, and never across a gate."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event, orm

from baselayer.app import models
from baselayer.app.config.lookups import LookupSettings
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.errors import NotFoundError
from baselayer.app.identity.facts import AccountFacts, UserFacts
from baselayer.app.identity.forgetting import forget_lookups, remember_by, remembered_of
from baselayer.app.identity.lookups import (
    account_number_from_url,
    get_cached_account,
    get_cached_account_for_user,
    get_cached_admin_user_for_account,
    get_cached_admin_user_profile,
    get_cached_default_account,
    get_cached_profile,
    get_cached_user_for_user_id,
    get_cached_user_for_username,
    get_user_profiles_for_account,
    get_users_for_account,
    valid_resource_owners_for_user,
)
from baselayer.app.models import UserProfile, UserRole
from tests.factories.accounts import NUMBER, Town, town
from tests.factories.metadata import metadata_cluster, world

__all__ = ["metadata_cluster", "world"]

LONG = LookupSettings(lifetime_seconds=3600)


@pytest.fixture(scope="module")
def made(metadata_cluster: Cluster) -> Iterator[Town]:
    with town(metadata_cluster) as found:
        yield found


@pytest.fixture
def here(made: Town) -> Iterator[Town]:
    """Two accounts, and a process that remembers for an hour."""
    remember_by(LONG)
    yield made
    remember_by(LookupSettings())


@contextmanager
def statements(town: Town) -> Iterator[list[str]]:
    """Note what is asked of the database, in both worlds."""
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    engines = (town.database.engine, town.database.async_engine.sync_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def renamed(town: Town, name: str) -> None:
    town.rows("update accounts set company_name = :name where not is_default", name=name)


def name_of(town: Town, world: str = "sync", **options: Any) -> str | None:
    found = town.run(world, lambda session: get_cached_account(session, NUMBER, **options))
    return found.company_name if found else None


@pytest.mark.parametrize(
    "url",
    [
        "https://hr.3141-5926-5359.alpha.api.example.com/",
        "http://3141-5926-5359.example.com:8000/a?b=1",
        "https://user@3141-5926-5359.example.com",
        "https://x.3141-5926-5359",
    ],
)
def test_account_number_is_a_label_of_the_host(url: str) -> None:
    assert account_number_from_url(url) == NUMBER


@pytest.mark.parametrize(
    "url",
    [
        *(None, "", "3141-5926-5359", "ftp://3141-5926-5359.example.com/", 5),
        *("https://example.com/3141-5926-5359", "https://example.com/?n=3141-5926-5359"),
        *("https://93141-5926-5359.example.com/", "https://3141-5926-53590.example.com/"),
        "https://evil.com#.3141-5926-5359.example.com/",
    ],
)
def test_number_elsewhere_is_none(url: Any) -> None:
    assert account_number_from_url(url) is None


def test_each_look_up_finds_its_own(here: Town, world: str) -> None:
    def look(session: orm.Session) -> None:
        home = get_cached_default_account(session)
        assert (home.id, home.is_default) == (here.home, True)
        away = get_cached_account(session, NUMBER)
        assert away is not None and away.id == here.away
        assert get_cached_account_for_user(session, here.foreigner) == away
        assert get_cached_account_for_user(session, here.analyst) == home
        user = get_cached_user_for_user_id(session, here.analyst)
        assert user is not None and user.username == "analyst"
        assert get_cached_user_for_username(session, "analyst") == user
        # The same number as user, account and pair: each question has answers of its own.
        same: object = get_cached_user_for_user_id(session, here.home)
        assert same != home
        profile = get_cached_profile(session, user, home)
        assert profile is not None and (profile.user_id, profile.account_id) == (user.id, home.id)
        assert get_cached_admin_user_for_account(session, home).username == "root"
        assert get_cached_admin_user_for_account(session, away).username == "other-manager"
        place = get_cached_admin_user_profile(session)
        assert place is not None and place.user_id == here.root

    for _ in range(2):
        here.run(world, look)


def test_what_is_absent_is_none_and_never_remembered(here: Town, world: str) -> None:
    def look(session: orm.Session) -> None:
        assert get_cached_account(session, "0000-0000-0000") is None
        assert get_cached_account(session, "nonsense") is None
        assert get_cached_account_for_user(session, None) is None
        assert get_cached_account_for_user(session, 10_000) is None
        assert get_cached_user_for_user_id(session, 10_000) is None
        assert get_cached_user_for_username(session, "late") is None
        assert get_cached_profile(session, here.analyst, here.away) is None

    here.run(world, look)
    here.rows(
        "insert into users (username, affiliations, preferences, is_bot, created_at, modified)"
        " values ('late', '{}', '{}', false, now(), now())"
    )
    try:
        found = here.run(world, lambda session: get_cached_user_for_username(session, "late"))
        assert found is not None
    finally:
        here.rows("delete from users where username = 'late'")


@pytest.mark.parametrize("strange", [True, 1.0, "1", None, object()])
def test_what_only_equals_an_id_is_refused(here: Town, strange: Any) -> None:
    with here.database.plain() as session:
        get_cached_user_for_user_id(session, 1)
        with pytest.raises(ValueError, match="looked up"):
            get_cached_user_for_user_id(session, strange)


def test_second_look_asks_nothing(here: Town, world: str) -> None:
    name_of(here, world)
    with statements(here) as asked:
        assert name_of(here, world) == "Away Ltd"
        other = "async" if world == "sync" else "sync"
        assert name_of(here, other) == "Away Ltd"  # both worlds share what is known
    assert asked == []


def test_invalidate_asks_again(here: Town, world: str) -> None:
    name_of(here, world)
    renamed(here, "Changed behind our back")
    try:
        assert name_of(here, world) == "Away Ltd"
        assert name_of(here, world, invalidate=True) == "Changed behind our back"
        assert name_of(here, world) == "Changed behind our back"
    finally:
        renamed(here, "Away Ltd")


def test_function_that_forgets_everything(here: Town, world: str) -> None:
    name_of(here, world)
    renamed(here, "Elsewhere")
    try:
        forget_lookups()
        assert name_of(here, world) == "Elsewhere"
    finally:
        renamed(here, "Away Ltd")


def test_what_another_process_changed_is_seen_in_time(here: Town) -> None:
    remember_by(LookupSettings(lifetime_seconds=0))
    assert name_of(here) == "Away Ltd"
    renamed(here, "Elsewhere")
    try:
        assert name_of(here) == "Elsewhere"
    finally:
        renamed(here, "Away Ltd")


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("root", {"home", "away", "analyst", "foreigner"}),
        ("manager", {"home", "analyst"}),
        ("analyst", {"home", "analyst"}),
        ("foreigner", {"away", "foreigner"}),
        ("other-manager", {"away", "foreigner"}),
    ],
)
def test_verified_session_is_told_only_what_its_accessor_may_see(
    here: Town, world: str, who: str, seen: set[str]
) -> None:
    def everything(session: orm.Session) -> set[str]:
        found = {
            "home": _default(session),
            "away": get_cached_account(session, NUMBER),
            "analyst": get_cached_user_for_user_id(session, here.analyst),
            "foreigner": get_cached_user_for_username(session, "foreigner"),
        }
        return {name for name, facts in found.items() if facts is not None}

    assert here.run(world, everything) == {"home", "away", "analyst", "foreigner"}
    for accessor in (
        here.principal(who),
        here.principal(who, only=here.principal(who).permissions),
    ):
        assert here.run(world, everything, accessor) == seen
    # Nor is what he was told remembered for others.
    assert here.run(world, everything) == {"home", "away", "analyst", "foreigner"}


def _default(session: orm.Session) -> AccountFacts | None:
    try:
        return get_cached_default_account(session)
    except NotFoundError:
        return None


def test_looking_for_an_administrator_makes_none(here: Town, world: str) -> None:
    here.rows(
        "insert into accounts (number, company_name, is_default, is_active, created_at,"
        " modified) values ('1111-1111-1111', 'Empty', false, true, now(), now())"
    )
    before = here.rows("select count(*) from user_roles")
    try:
        (ident,) = here.rows("select id from accounts where number = '1111-1111-1111'")[0]
        with pytest.raises(NotFoundError, match="has no administrator"):
            here.run(world, lambda session: get_cached_admin_user_for_account(session, ident))
        assert here.rows("select count(*) from user_roles") == before
    finally:
        here.rows("delete from accounts where number = '1111-1111-1111'")


def test_demoted_administrator_is_forgotten_at_once(here: Town, world: str) -> None:
    def admin() -> str:
        return here.run(
            world, lambda session: get_cached_admin_user_for_account(session, here.home).username
        )

    assert admin() == "root"
    with here.database.plain() as session:
        link = session.scalars(sa.select(UserRole).filter_by(user_id=here.root)).one()
        session.delete(link)
        session.commit()
        try:
            assert admin() == "manager"
        finally:
            session.add(UserRole(user_id=here.root, role_id="Super admin"))
            session.commit()
    assert admin() == "root"


def test_user_in_several_accounts_has_the_default_one(here: Town, world: str) -> None:
    with here.database.plain() as session:
        session.add(UserProfile(user_id=here.foreigner, account_id=here.home))
        session.commit()
        try:
            found = here.run(
                world, lambda session: get_cached_account_for_user(session, here.foreigner)
            )
            assert found is not None and found.id == here.home
        finally:
            session.execute(
                sa.delete(UserProfile).filter_by(user_id=here.foreigner, account_id=here.home)
            )
            session.commit()


def test_who_is_in_an_account(here: Town, world: str) -> None:
    def look(session: orm.Session) -> None:
        names = [user.username for user in get_users_for_account(session, here.away)]
        assert names == ["foreigner", "other-manager"]
        profiles = get_user_profiles_for_account(session, here.away)
        assert {profile.user_id for profile in profiles} == {
            here.foreigner,
            here.people["other-manager"],
        }
        assert valid_resource_owners_for_user(session, profiles[0]) == profiles

    here.run(world, look)


def test_awaited_with_an_async_session(here: Town) -> None:
    async def look() -> UserFacts | None:
        async with here.asynchronous() as session:
            return await get_cached_user_for_username(session, "viewer")

    found = here.run_async(look)
    assert found is not None and found.is_active()


def test_what_is_remembered_is_no_record(here: Town) -> None:
    with here.database.plain() as session:
        found = get_cached_user_for_username(session, "viewer")
    assert found is not None
    with pytest.raises(AttributeError):
        found.username = "root"  # type: ignore[misc] # it is frozen
    assert not isinstance(found, models.Base)


def test_two_databases_are_two_memories(here: Town, metadata_cluster: Cluster) -> None:
    with town(metadata_cluster) as other:
        renamed(other, "Another Ltd")
        assert (name_of(here), name_of(other)) == ("Away Ltd", "Another Ltd")
        engines = (here.database.engine, other.database.engine)
        assert remembered_of(engines[0]) is not remembered_of(engines[1])
