"""Groups and memberships: who sees, makes, changes, joins and leaves, in both worlds."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.errors import AccessError
from baselayer.app.models import Account, Group, GroupUser, User, UserProfile
from tests.identity.conftest import People

WHO = ("owner", "member", "stranger", "manager", "admin")
MODES = ("read", "member", "update", "delete", "leave", "ask")


def allowed(people: People, model: Any, ident: int, *modes: str) -> dict[str, set[str]]:
    """Return who has which of `modes` on a record."""
    with people.place.plain() as session:
        return {
            name: {
                mode
                for mode in modes
                if session.scalar(
                    model.select(people.principal(name), mode, columns=[model.id]).where(
                        model.id == ident
                    )
                )
            }
            for name in WHO
        }


def test_each_mode_of_an_open_group(people: People) -> None:
    assert allowed(people, Group, people.crew_id, *MODES) == {
        "owner": {"read", "member", "update", "delete", "leave"},
        "member": {"read", "member", "leave"},
        "stranger": {"read", "ask"},
        "manager": {"read", "ask"},
        "admin": set(MODES),
    }


def test_each_mode_of_a_private_group(people: People) -> None:
    _write(people, lambda session: setattr(session.get_one(Group, people.crew_id), "private", True))
    assert allowed(people, Group, people.crew_id, *MODES) == {
        "owner": {"read", "member", "update", "delete", "leave"},
        "member": {"read", "member", "leave"},
        "stranger": set(),
        "manager": set(),
        "admin": set(MODES),
    }


def test_each_mode_of_the_group_of_one_user(people: People) -> None:
    with people.place.plain() as session:
        own = session.scalars(sa.select(Group.id).where(Group.user_id == people.ids["owner"])).one()
    assert allowed(people, Group, own, *MODES) == {
        "owner": {"read", "member"},
        "member": {"read"},  # they share a group
        "stranger": set(),
        "manager": {"read"},  # who manages users
        "admin": set(MODES),
    }


def test_token_sees_as_its_user_does(people: People) -> None:
    token = people.principal("member", "Run queries", token_id=1)
    with people.place.plain() as session:
        for mode in MODES:
            mine = session.scalars(Group.select(people.principal("member"), mode)).all()
            assert session.scalars(Group.select(token, mode)).all() == mine


def test_open_group_of_another_account_does_not_exist(people: People) -> None:
    other = people.add(Account(company_name="other"))
    group = people.add(Group(account_id=other, name="theirs"))
    seen = allowed(people, Group, group, *MODES)
    assert seen == {name: set(MODES) if name == "admin" else set() for name in WHO}


def test_each_mode_of_memberships(people: People) -> None:
    links = {}
    with people.place.plain() as session:
        for link in session.scalars(
            sa.select(GroupUser).where(GroupUser.group_id == people.crew_id)
        ):
            links[link.user_id] = link.id
    own = links[people.ids["owner"]]
    assert allowed(people, GroupUser, own, "read", "update", "delete") == {
        "owner": {"read", "update", "delete"},
        "member": {"read"},
        "stranger": set(),
        "manager": set(),
        "admin": {"read", "update", "delete"},
    }
    members = allowed(people, GroupUser, links[people.ids["member"]], "read", "update", "delete")
    assert members["member"] == {"read", "delete"}


@pytest.mark.parametrize("name", ["member", "stranger", "manager"])
def test_nobody_lets_himself_in_or_up(people: People, world: str, name: str) -> None:
    def enter(session: Any) -> None:
        session.add(GroupUser(group_id=people.crew_id, user_id=people.ids["manager"], admin=True))
        session.commit()

    def rise(session: Any) -> None:
        for link in session.scalars(
            sa.select(GroupUser).where(GroupUser.user_id == people.ids[name])
        ):
            link.admin = True
            link.group_id = people.crew_id
        session.commit()

    with pytest.raises(AccessError):
        people.place.run(world, people.principal(name), enter)
    if name == "member":
        with pytest.raises(AccessError):
            people.place.run(world, people.principal(name), rise)
    assert _members(people) == {"owner": True, "member": False}


def test_admin_of_the_group_lets_in(people: People, world: str) -> None:
    def write(session: Any) -> None:
        session.add(GroupUser(group_id=people.crew_id, user_id=people.ids["stranger"]))
        session.commit()

    people.place.run(world, people.principal("owner"), write)
    assert _members(people) == {"owner": True, "member": False, "stranger": False}


@pytest.mark.parametrize("name", ["owner", "admin"])
def test_user_of_another_account_is_not_let_in(people: People, world: str, name: str) -> None:
    outsider = people.add(User(username="outsider"))
    account = people.add(Account(company_name="other"))
    people.add(UserProfile(user_id=outsider, account_id=account))

    def write(session: Any) -> None:
        session.add(GroupUser(group_id=people.crew_id, user_id=outsider))
        session.commit()

    with pytest.raises(AccessError):
        people.place.run(world, people.principal(name), write)


@pytest.mark.parametrize("name", ["owner", "admin"])
def test_group_of_one_user_takes_no_other_and_is_not_left(
    people: People, world: str, name: str
) -> None:
    with people.place.plain() as session:
        wanted = sa.select(GroupUser).join(Group).where(Group.user_id == people.ids["owner"])
        link = session.scalars(wanted).one()

    def enter(session: Any) -> None:
        session.add(GroupUser(group_id=link.group_id, user_id=people.ids["member"]))
        session.commit()

    def leave(session: Any) -> None:
        session.delete(session.get_one(GroupUser, link.id))
        session.commit()

    with pytest.raises(AccessError):
        people.place.run(world, people.principal(name), enter)
    if name == "owner":
        with pytest.raises(AccessError):
            people.place.run(world, people.principal(name), leave)


def test_group_is_made_in_ones_own_account_by_who_may(people: People, world: str) -> None:
    other = people.add(Account(company_name="other"))

    def make(account_id: int, **values: Any) -> Callable[[Any], None]:
        def write(session: Any) -> None:
            group = Group(account_id=account_id, name="new", **values)
            session.add(group)
            session.flush()
            user_id = session.accessor.user_id
            session.add(GroupUser(group_id=group.id, user_id=user_id, admin=True))
            session.commit()

        return write

    mine, owned = people.account_id, {"single_user_group": True, "user_id": people.ids["stranger"]}
    _write(
        people, lambda session: session.execute(sa.delete(Group).where(Group.user_id.is_not(None)))
    )
    for name, write in [
        ("member", make(mine)),
        ("manager", make(other)),
        ("manager", make(mine, **owned)),
    ]:
        with pytest.raises(AccessError):
            people.place.run(world, people.principal(name), write)
    people.place.run(world, people.principal("manager"), make(mine))


def test_group_of_one_user_goes_with_him(people: People) -> None:
    _write(people, lambda s: s.execute(sa.delete(User).where(User.id == people.ids["stranger"])))
    with people.place.plain() as session:
        assert session.scalar(sa.select(Group.id).where(Group.name == "stranger")) is None
        assert session.scalar(sa.select(Group.id).where(Group.name == "owner")) is not None


def test_user_has_one_group_of_his_own(people: People) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        people.add(
            Group(
                account_id=people.account_id,
                name="second",
                single_user_group=True,
                user_id=people.ids["owner"],
            )
        )


def _write(people: People, change: Callable[[orm.Session], object]) -> None:
    with people.place.plain() as session:
        change(session)
        session.commit()


def _members(people: People) -> dict[str, bool]:
    wanted = sa.select(User.username, GroupUser.admin).join(GroupUser, GroupUser.user_id == User.id)
    with people.place.plain() as session:
        found = session.execute(wanted.where(GroupUser.group_id == people.crew_id))
        return {row.username: row.admin for row in found}
