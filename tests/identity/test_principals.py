"""Permissions: a user's, through roles and his own; a token's, what it shares with its user's."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.identity.principals import permissions_of_token, permissions_of_user
from baselayer.app.models import Account, Role, RoleACL, Token, TokenACL, User, UserACL, UserRole
from baselayer.migrations.upgrade import upgrade
from tests.factories.metadata import fresh_database, metadata_cluster

__all__ = ["metadata_cluster"]


@pytest.fixture(scope="module")
def session(metadata_cluster: Cluster) -> Iterator[orm.Session]:
    """A seeded database with two users, one of whom may everything."""
    with fresh_database(metadata_cluster) as url:
        upgrade(url, app_role="baselayer_app")
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with orm.Session(engine, expire_on_commit=False) as found:
            admin, analyst = User(username="admin"), User(username="analyst")
            found.add_all([admin, analyst])
            found.flush()
            found.add(UserRole(user_id=admin.id, role_id="Super admin"))
            found.add(UserRole(user_id=analyst.id, role_id="Analyst"))
            found.add(UserACL(user_id=analyst.id, acl_id="Read audit log"))
            found.commit()
            yield found


def test_user_has_the_permissions_of_his_roles_and_his_own(session: orm.Session) -> None:
    expected = {"Manage connections", "Run queries", "Share results", "Read audit log"}
    assert _of(session, permissions_of_user(_id(session, "analyst"))) == expected
    assert set(session.get_one(User, _id(session, "analyst")).permissions) == expected


def test_token_has_what_it_shares_with_its_own_user_only(session: orm.Session) -> None:
    analyst = _id(session, "analyst")
    account = session.scalar(sa.select(Account.id))
    token = Token(name="t", created_by_id=analyst, account_id=account, value_hash="x")
    session.add(token)
    session.flush()
    session.add_all(
        TokenACL(token_id=token.id, acl_id=acl) for acl in ("Run queries", "System admin")
    )
    session.flush()
    assert _of(session, permissions_of_token(token.id, analyst)) == {"Run queries"}
    within = sa.select(
        Token.id, sa.func.array(permissions_of_token(Token.id, User.id).scalar_subquery())
    ).join(User, User.id == Token.created_by_id)
    assert session.execute(within).all() == [(token.id, ["Run queries"])]
    assert token.permissions == ["Run queries"]
    assert not token.is_admin


def test_permission_of_two_roles_is_had_once(session: orm.Session) -> None:
    analyst = _id(session, "analyst")
    session.add(Role(id="Second"))
    session.flush()
    session.add(RoleACL(role_id="Second", acl_id="Run queries"))
    session.add(UserRole(user_id=analyst, role_id="Second"))
    session.flush()
    names = list(session.scalars(permissions_of_user(analyst)))
    assert len(names) == len(set(names))


def _id(session: orm.Session, name: str) -> int:
    return int(session.scalars(sa.select(User.id).where(User.username == name)).one())


def _of(session: orm.Session, statement: sa.Select[str]) -> set[str]:
    return set(session.scalars(statement))
