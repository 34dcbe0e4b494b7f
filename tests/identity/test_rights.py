"""Rights: the last System admin stays, whoever is quicker; and what a session lets through."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.types import utcnow
from baselayer.app.errors import AccessError, LastAdminError
from baselayer.app.identity.leaving import delete_user
from baselayer.app.identity.rights import give_acl, give_role, take_acl, take_role
from baselayer.app.identity.standing import activate, deactivate, expire_at
from baselayer.app.models import User, UserACL, UserRole
from tests.factories.accounts import Town, town
from tests.factories.metadata import metadata_cluster, world

__all__ = ["metadata_cluster", "world"]

MAKE_ADMIN = (
    "insert into user_acls (user_id, acl_id, created_at, modified)"
    " values (:i, 'System admin', now(), now())"
)


@pytest.fixture(scope="module")
def made(metadata_cluster: Cluster) -> Iterator[Town]:
    with town(metadata_cluster) as found:
        yield found


@pytest.fixture
def here(made: Town) -> Iterator[Town]:
    """Two accounts, with one System admin: root."""
    yield made
    made.rows("update users set deactivated_at = null, expiration_date = null")
    made.rows("delete from user_acls")
    made.rows("delete from user_roles where user_id = :i and role_id <> 'Analyst'", i=made.analyst)


def user_of(session: orm.Session, name: str) -> User:
    return session.scalars(sa.select(User).where(User.username == name)).one()


def _deactivate(session: orm.Session, name: str) -> None:
    deactivate(session, user_of(session, name))


def _expire(session: orm.Session, name: str) -> None:
    expire_at(session, user_of(session, name), utcnow() + timedelta(days=30))


def _delete(session: orm.Session, name: str) -> None:
    delete_user(session, user_of(session, name))


@pytest.mark.parametrize("end", [_deactivate, _expire, _delete])
def test_last_admin_stays(here: Town, world: str, end: Callable[[orm.Session, str], None]) -> None:
    def body(session: orm.Session) -> None:
        with pytest.raises(LastAdminError, match="Nothing was changed"):
            end(session, "root")
        session.rollback()

    here.run(world, body)
    root = here.principal("root")
    another = replace(root, user_id=here.manager)  # who has all that root has, and is not he
    here.run(world, body, another)
    state = "select deactivated_at, expiration_date from users where username = 'root'"
    assert [tuple(row) for row in here.rows(state)] == [(None, None)]


def test_last_admin_keeps_the_role_and_another_may_lose_it(here: Town, world: str) -> None:
    root, manager = here.principal("root"), here.principal("manager")

    def body(session: orm.Session) -> None:
        analyst = user_of(session, "analyst")
        give_acl(session, root, analyst, "System admin")
        session.commit()
        take_acl(session, root, analyst, "System admin")
        session.commit()
        # Somebody who could, if it were not the last one.
        strong = replace(manager, permissions=root.permissions)
        with pytest.raises(LastAdminError):
            take_role(session, strong, user_of(session, "root"), "Super admin")
        session.rollback()
        with pytest.raises(AccessError, match="System admin"):
            take_role(session, manager, user_of(session, "root"), "Super admin")

    here.run(world, body)


def test_admin_who_expires_or_is_deactivated_does_not_count(here: Town) -> None:
    here.rows(MAKE_ADMIN, i=here.analyst)
    for state in ("deactivated_at = now()", "expiration_date = now() + interval '1 day'"):
        here.rows(f"update users set {state} where username = 'analyst'")
        with here.database.plain() as session, pytest.raises(LastAdminError):
            _deactivate(session, "root")
        here.rows("update users set deactivated_at = null, expiration_date = null")
    with here.database.plain() as session:
        _deactivate(session, "root")
        session.commit()
        activate(user_of(session, "root"))
        session.commit()


def leave_at_once(town: Town, *names: str) -> list[str]:
    """Deactivate several users at the same time; return who was refused."""
    start, refused = threading.Barrier(len(names)), list[str]()

    def leave(name: str) -> None:
        with town.database.plain() as session:
            user = user_of(session, name)
            start.wait(30)
            try:
                deactivate(session, user)
                session.commit()
            except LastAdminError:
                refused.append(name)

    threads = [threading.Thread(target=leave, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return refused


def test_of_two_that_leave_at_once_one_stays(here: Town) -> None:
    for round_ in range(5):
        here.rows("delete from user_acls")
        here.rows(MAKE_ADMIN, i=here.analyst)
        here.rows("update users set deactivated_at = null")
        refused = leave_at_once(here, "root", "analyst")
        assert len(refused) == 1, round_
        gone = here.rows("select count(*) from users where deactivated_at is not null")
        assert gone[0][0] == 1


@pytest.mark.parametrize(
    ("giver", "taker", "role", "allowed"),
    [
        ("manager", "viewer", "Analyst", True),
        ("manager", "viewer", "Manager", True),
        ("manager", "viewer", "Super admin", False),
        ("manager", "manager", "Analyst", False),
        ("manager", "foreigner", "Viewer", False),
        ("manager", "root", "Viewer", False),
        ("analyst", "viewer", "Analyst", False),
        ("viewer", "viewer", "Analyst", False),
        ("root", "viewer", "Super admin", True),
        ("root", "foreigner", "Manager", True),
        ("root", "root", "Manager", False),
        ("other-manager", "analyst", "Viewer", False),
    ],
)
def test_session_itself_lets_only_that_through(
    here: Town, world: str, giver: str, taker: str, role: str, allowed: bool
) -> None:
    """A handler that forgot to ask is still stopped, in making a link and in deleting one."""
    accessor, taker_id = here.principal(giver), here.people[taker]

    def link(session: orm.Session) -> None:
        session.add(UserRole(user_id=taker_id, role_id=role))
        session.commit()

    def unlink(session: orm.Session) -> None:
        found = session.scalars(sa.select(UserRole).filter_by(user_id=taker_id, role_id=role))
        for one in found.all():
            session.delete(one)
        session.commit()

    try:
        if allowed:
            here.run(world, link, accessor)
            here.run(world, unlink, accessor)
            return
        with pytest.raises(AccessError):
            here.run(world, link, accessor)
        here.run(world, link)  # by nobody in particular
        with contextlib.suppress(AccessError):  # some do not even see the link
            here.run(world, unlink, accessor)
        left = "select 1 from user_roles where user_id = :i and role_id = :r"
        assert len(here.rows(left, i=taker_id, r=role)) == 1
    finally:
        here.rows("delete from user_roles where user_id = :i and role_id = :r", i=taker_id, r=role)


def test_token_gives_only_what_it_has_itself(here: Town, world: str) -> None:
    token = here.principal("manager", only=frozenset({"Manage users", "Read audit log"}))

    def give(acl: str) -> Callable[[orm.Session], None]:
        def body(session: orm.Session) -> None:
            session.add(UserACL(user_id=here.viewer, acl_id=acl))
            session.commit()

        return body

    here.run(world, give("Read audit log"), token)
    with pytest.raises(AccessError):
        here.run(world, give("Run queries"), token)


@pytest.mark.parametrize("field", ["expiration_date", "deactivated_at", "username", "oauth_uid"])
def test_nobody_writes_what_others_say_of_him(here: Town, world: str, field: str) -> None:
    value = utcnow() if field.endswith(("date", "at")) else "another"

    def body(session: orm.Session) -> None:
        setattr(user_of(session, "viewer"), field, value)
        session.commit()

    with pytest.raises(AccessError, match=field):
        here.run(world, body, here.principal("viewer"))


@pytest.mark.parametrize(
    ("who", "whom", "allowed"),
    [
        ("viewer", "viewer", True),
        ("manager", "viewer", True),
        ("manager", "root", False),
        ("manager", "foreigner", False),
        ("analyst", "viewer", False),
        ("root", "foreigner", True),
    ],
)
def test_who_changes_whom(here: Town, world: str, who: str, whom: str, allowed: bool) -> None:
    def body(session: orm.Session) -> None:
        wanted = sa.update(User).where(User.id == here.people[whom]).values(bio=f"by {who}")
        assert (session.execute(wanted).rowcount == 1) == allowed  # type: ignore[attr-defined] # of an UPDATE
        session.commit()

    here.run(world, body, here.principal(who))


def test_giving_twice_is_once(here: Town, world: str) -> None:
    def body(session: orm.Session) -> None:
        root, viewer = here.principal("root"), user_of(session, "viewer")
        assert give_role(session, root, viewer, "Analyst")
        assert not give_role(session, root, viewer, "Analyst")
        session.rollback()

    here.run(world, body, here.principal("root"))
