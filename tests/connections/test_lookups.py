"""Look-ups of connections: what each user may read, remembered, and forgotten by a commit."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event, orm

from baselayer.app.config.lookups import LookupSettings
from baselayer.app.connections.lookups import (
    get_cached_connection_by_name_and_kind,
    get_cached_connections_for_user,
)
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.db.types import utcnow
from baselayer.app.errors import InvalidRequestError
from baselayer.app.identity.forgetting import remember_by
from baselayer.app.models import (
    Account,
    Group,
    GroupConnection,
    GroupUser,
    SqlConnection,
    User,
    UserACL,
)
from baselayer.migrations.upgrade import upgrade
from tests.factories.metadata import fresh_database, metadata_cluster

__all__ = ["metadata_cluster"]

PEOPLE = ("owner", "member", "stranger", "admin", "gone")


@pytest.fixture(scope="module")
def engine(metadata_cluster: Cluster) -> Iterator[sa.Engine]:
    with fresh_database(metadata_cluster) as url:
        upgrade(url, app_role="baselayer_app")
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with orm.Session(engine) as session:
            _people(session)
            session.commit()
        yield engine


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[orm.Session]:
    remember_by(LookupSettings(lifetime_seconds=3600))
    with orm.Session(engine) as found:
        yield found
    remember_by(LookupSettings())


def _people(session: orm.Session) -> None:
    people = {name: User(username=name) for name in PEOPLE}
    account = session.scalars(sa.select(Account)).one()
    group = Group(name="team", account_id=account.id)
    session.add_all([*people.values(), group])
    session.flush()
    people["gone"].deactivated_at = utcnow()
    session.add(UserACL(user_id=people["admin"].id, acl_id="System admin"))
    for name in ("member", "gone"):
        session.add(GroupUser(group_id=group.id, user_id=people[name].id))
    shop = _connection(session, people["owner"], "shop")
    session.add(GroupConnection(connection_id=shop.id, group_id=group.id))
    _connection(session, people["member"], "own")
    _connection(session, people["gone"], "lost")


def _connection(session: orm.Session, owner: User, name: str) -> SqlConnection:
    made = SqlConnection(
        name=name,
        owner_id=owner.id,
        account_id=session.scalar(sa.select(Account.id)),
        engine="postgresql",
        host="db.example",
        port=5432,
        database="d",
        sealed_password="v1.sealed",
    )
    session.add(made)
    session.flush()
    return made


def user(session: orm.Session, name: str) -> User:
    return session.scalars(sa.select(User).where(User.username == name)).one()


def names(session: orm.Session, who: str, **options: Any) -> list[str]:
    found = get_cached_connections_for_user(session, user(session, who), **options)
    assert "sealed" not in repr(found)
    return [one.name for one in found]


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("owner", ["shop"]),
        ("member", ["own", "shop"]),
        ("stranger", []),
        ("admin", ["shop", "own", "lost"]),
        ("gone", []),
    ],
)
def test_each_is_told_what_he_may_read(session: orm.Session, who: str, seen: list[str]) -> None:
    for _ in range(2):
        assert names(session, who) == seen
    assert get_cached_connections_for_user(session, None) == ()
    assert get_cached_connections_for_user(session, 2**31 - 1) == ()


def test_answer_is_remembered_for_its_user_alone(session: orm.Session, engine: sa.Engine) -> None:
    assert names(session, "member") == ["own", "shop"]
    person = user(session, "member").id
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *them: asked.append(them[2]))
    assert len(get_cached_connections_for_user(session, person)) == 2
    assert asked == []
    get_cached_connections_for_user(session, person, invalidate=True)
    assert asked
    assert names(session, "stranger") == []


def test_commit_of_a_share_or_a_name_forgets(session: orm.Session) -> None:
    assert names(session, "member") == ["own", "shop"]
    shop = session.scalars(sa.select(SqlConnection).where(SqlConnection.name == "shop")).one()
    link = session.scalars(sa.select(GroupConnection)).one()
    group = link.group_id
    session.delete(link)
    assert names(session, "member") == ["own"], "its own transaction sees what it did"
    session.rollback()
    assert names(session, "member") == ["own", "shop"], "and nobody what was rolled back"
    session.delete(session.get_one(GroupConnection, link.id))
    session.commit()
    assert names(session, "member") == ["own"]
    session.add(GroupConnection(connection_id=shop.id, group_id=group))
    session.commit()
    assert names(session, "member") == ["own", "shop"]
    shop.name = "renamed"
    session.commit()
    assert names(session, "member") == ["own", "renamed"]
    shop.name = "shop"
    session.commit()
    person = user(session, "member").id
    session.execute(sa.delete(GroupUser).where(GroupUser.user_id == person))
    session.commit()
    assert names(session, "member") == ["own"]
    session.add(GroupUser(group_id=group, user_id=person))
    session.commit()


def test_gated_session_tells_what_its_accessor_may_see(
    session: orm.Session, engine: sa.Engine
) -> None:
    assert names(session, "owner") == ["shop"]
    owner, stranger = user(session, "owner"), user(session, "stranger")
    assert stranger.permissions == []
    with VerifiedSession(stranger, engine) as gated:
        assert get_cached_connections_for_user(gated, owner.id) == ()


def test_one_is_found_by_name_and_kind(session: orm.Session) -> None:
    member = user(session, "member")
    for kind in ("sql", "SqlConnection"):
        found = get_cached_connection_by_name_and_kind(session, member, kind, "shop")
        assert found is not None
        assert (found.name, found.kind) == ("shop", "sql")
    assert get_cached_connection_by_name_and_kind(session, member, "sql", "none") is None
    stranger = user(session, "stranger")
    assert get_cached_connection_by_name_and_kind(session, stranger, "sql", "shop") is None
    with pytest.raises(InvalidRequestError, match="kind"):
        get_cached_connection_by_name_and_kind(session, member, "ftp", "shop")
