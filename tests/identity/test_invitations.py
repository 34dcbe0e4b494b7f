"""Invitations under their controls alone: a session refuses what a handler might forget."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from baselayer.app.db.types import utcnow
from baselayer.app.errors import AccessError
from baselayer.app.identity.invitations import invitation_hash_of, new_invitation_token
from baselayer.app.identity.principals import Principal
from baselayer.app.models import Invitation, InvitationGroup
from tests.identity.conftest import People


def inviting(people: People, by: str, role: str, *groups: int) -> Any:
    def write(session: Any) -> None:
        session.add(new_invitation(people, by, role))
        session.flush()
        ident = session.scalars(sa.select(Invitation.id)).one()
        for group in groups:
            session.add(InvitationGroup(invitation_id=ident, group_id=group))
        session.commit()

    return write


def new_invitation(people: People, by: str, role: str) -> Invitation:
    return Invitation(
        account_id=people.account_id,
        invited_by_id=people.ids[by],
        role_id=role,
        name="Guest",
        token_hash=invitation_hash_of(new_invitation_token()),
        expires_at=utcnow() + timedelta(days=1),
    )


def count(people: People) -> int:
    with people.place.plain() as session:
        return session.scalar(sa.select(sa.func.count(Invitation.id))) or 0


@pytest.mark.parametrize(
    ("by", "in_name_of", "role", "into_crew"),
    [
        ("manager", "manager", "Super admin", False),  # more than he has
        ("manager", "manager", "Viewer", True),  # no admin of the group
        ("manager", "owner", "Viewer", False),  # in somebody else's name
        ("member", "member", "Viewer", False),  # manages no users, and names no group
        ("member", "member", "Viewer", True),  # is in the group, no admin
        ("stranger", "stranger", "Viewer", True),
    ],
)
def test_what_one_does_not_have_one_does_not_hand_out(
    people: People, world: str, by: str, in_name_of: str, role: str, into_crew: bool
) -> None:
    groups = [people.crew_id] if into_crew else []
    with pytest.raises(AccessError):
        people.place.run(world, people.principal(by), inviting(people, in_name_of, role, *groups))
    assert count(people) == 0


@pytest.mark.parametrize(
    ("by", "role", "into_crew"),
    [
        ("manager", "Manager", False),
        ("owner", "Analyst", True),
        ("admin", "Super admin", True),
    ],
)
def test_what_one_has_one_may_hand_out(
    people: People, world: str, by: str, role: str, into_crew: bool
) -> None:
    groups = [people.crew_id] if into_crew else []
    people.place.run(world, people.principal(by), inviting(people, by, role, *groups))
    assert count(people) == 1


def test_token_hands_out_what_it_was_given(people: People, world: str) -> None:
    narrow = people.principal("admin", "Manage users", token_id=1)
    with pytest.raises(AccessError):
        people.place.run(world, narrow, inviting(people, "admin", "Analyst"))
    people.place.run(world, narrow, inviting(people, "admin", "Viewer"))


def test_invitation_is_not_changed_by_anybody_but_administrators(
    people: People, world: str
) -> None:
    ident = people.add(new_invitation(people, "manager", "Viewer"))

    def raise_role(session: Any) -> None:
        session.get_one(Invitation, ident).role_id = "Super admin"
        session.commit()

    with pytest.raises(AccessError):
        people.place.run(world, people.principal("manager"), raise_role)


def test_who_sees_an_invitation(people: People) -> None:
    ident = people.add(new_invitation(people, "member", "Viewer"))
    with people.place.plain() as session:

        def sees(principal: Principal, mode: str) -> bool:
            wanted = Invitation.select(principal, mode).where(Invitation.id == ident)
            return session.scalar(wanted) is not None

        for mode in ("read", "delete"):
            seen = {name for name in people.ids if sees(people.principal(name), mode)}
            assert seen == {"member", "owner", "manager", "admin"}
        assert not sees(people.principal("manager", "Run queries", token_id=1), "read")
        assert "token_hash" not in session.get_one(Invitation, ident).to_dict()
