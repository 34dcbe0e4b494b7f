"""Admission requests under their controls alone, in both worlds."""

from typing import Any

import pytest
import sqlalchemy as sa

from baselayer.app.errors import AccessError
from baselayer.app.identity.admission import ACCEPTED, decide
from baselayer.app.models import Group, GroupAdmissionRequest, GroupUser
from tests.identity.conftest import People


def asking(people: People, user: str, **values: Any) -> Any:
    def write(session: Any) -> None:
        row = {"group_id": people.crew_id, "user_id": people.ids[user]} | values
        session.add(GroupAdmissionRequest(**row))
        session.commit()

    return write


def test_one_asks_for_oneself_and_is_not_let_in_by_that(people: People, world: str) -> None:
    stranger = people.principal("stranger")
    for attempt in (
        asking(people, "manager"),
        asking(people, "stranger", status=ACCEPTED),
    ):
        with pytest.raises(AccessError):
            people.place.run(world, stranger, attempt)
    people.place.run(world, stranger, asking(people, "stranger"))
    with pytest.raises(sa.exc.IntegrityError):
        people.place.run(world, stranger, asking(people, "stranger"))


@pytest.mark.parametrize("hidden", [{"private": True}, {}])
def test_who_cannot_see_the_group_or_is_in_it_cannot_ask(
    people: People, world: str, hidden: dict[str, bool]
) -> None:
    with people.place.plain() as session:
        for name, value in hidden.items():
            setattr(session.get_one(Group, people.crew_id), name, value)
        session.commit()
    who = "stranger" if hidden else "member"
    with pytest.raises(AccessError):
        people.place.run(world, people.principal(who), asking(people, who))


def test_who_may_what_with_a_request(people: People) -> None:
    ident = people.add(
        GroupAdmissionRequest(group_id=people.crew_id, user_id=people.ids["stranger"])
    )
    found: dict[str, set[str]] = {}
    with people.place.plain() as session:
        for name in people.ids:
            for mode in ("read", "update", "delete"):
                wanted = GroupAdmissionRequest.select(people.principal(name), mode)
                if session.scalar(wanted.where(GroupAdmissionRequest.id == ident)) is not None:
                    found.setdefault(name, set()).add(mode)
    assert found == {
        "stranger": {"read", "delete"},
        "owner": {"read", "update"},
        "admin": {"read", "update", "delete"},
    }


@pytest.mark.parametrize("name", ["stranger", "member"])
def test_who_is_no_admin_does_not_decide(people: People, world: str, name: str) -> None:
    ident = people.add(
        GroupAdmissionRequest(group_id=people.crew_id, user_id=people.ids["stranger"])
    )

    def write(session: Any) -> None:
        request = session.get(GroupAdmissionRequest, ident)
        if request is None:
            raise AccessError("It is not seen.")
        decide(session, request, status=ACCEPTED, by_id=people.ids[name])
        session.commit()

    with pytest.raises(AccessError):
        people.place.run(world, people.principal(name), write)
    with people.place.plain() as session:
        assert session.get_one(GroupAdmissionRequest, ident).status == "pending"
        links = sa.select(GroupUser).where(GroupUser.group_id == people.crew_id)
        assert len(session.scalars(links).all()) == 2


def test_admin_lets_in_in_one_transaction(people: People, world: str) -> None:
    ident = people.add(
        GroupAdmissionRequest(group_id=people.crew_id, user_id=people.ids["stranger"])
    )

    def write(session: Any) -> None:
        request = session.get_one(GroupAdmissionRequest, ident)
        decide(session, request, status=ACCEPTED, by_id=people.ids["owner"])
        session.commit()

    people.place.run(world, people.principal("owner"), write)
    with people.place.plain() as session:
        link = GroupUser.group_id == people.crew_id, GroupUser.user_id == people.ids["stranger"]
        assert session.scalars(sa.select(GroupUser.admin).where(*link)).one() is False
