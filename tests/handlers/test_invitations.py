"""Invitations: nobody hands out more than he has, and a link works once."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests

from baselayer.app.db.types import utcnow
from baselayer.app.identity.tokens import RUN_TOKEN_PREFIX
from baselayer.app.models import User
from tests.handlers.conftest import new_person
from tests.server import Caller, Served, data, new_token, refusal

PASSWORD = "a long enough pass phrase"
_numbers = itertools.count()


@pytest.fixture
def manager(house: Served) -> Caller:
    """Somebody who manages users and groups, with all that he may."""
    return new_person(house, "Manager")


@pytest.fixture
def group(house: Served) -> int:
    """A group of the owner's."""
    return int(data(house.owner.post("/api/groups", {"name": new_name()}), 201)["id"])


def new_name() -> str:
    return f"guest-{next(_numbers)}"


def invite(caller: Caller, **body: Any) -> str:
    """Return the token of a new invitation."""
    made = data(caller.post("/api/invitations", {"email": "guest@example.org"} | body), 201)
    assert "token" not in made and "token_hash" not in made
    return str(made["link"].partition("#")[2])


def accept(house: Served, token: str, username: str | None = None) -> requests.Response:
    body = {"token": token, "username": username or new_name(), "password": PASSWORD}
    return house.nobody.post("/api/invitations/accept", body)


def logged_in(house: Served, caller: Caller) -> Caller:
    """Return `caller` as a browser that has accepted an invitation as him and logged in."""
    browser = Caller(caller.name, house.base)
    body = {"username": caller.name, "password": PASSWORD}
    xsrf = data(browser.post("/login", body))["xsrf_token"]
    browser.http.headers["X-XSRFToken"] = xsrf
    return browser


def newcomer(house: Served, inviter: Caller) -> Caller:
    """Return a new user who came by an invitation, in his browser."""
    name = new_name()
    user_id = data(accept(house, invite(inviter), name))["user_id"]
    return logged_in(house, Caller(name, house.base, user_id=user_id))


def test_invited_person_becomes_a_user_with_role_and_groups(house: Served, group: int) -> None:
    groups = [{"group_id": group, "admin": True}]
    token = invite(house.owner, role="Viewer", groups=groups)
    offer = data(house.nobody.post("/api/invitations/offer", {"token": token}))
    assert (offer["invited_by"], offer["role"], len(offer["groups"])) == ("owner", "Viewer", 1)
    name = new_name()
    profile = data(accept(house, token, name))
    assert (profile["username"], profile["permissions"]) == (name, [])
    members = data(house.owner.get(f"/api/groups/{group}/members"))
    assert {"user_id": profile["user_id"], "username": name, "admin": True} in members
    mail = house.rows("select contact_email from users where username = %s", name)
    assert mail == [("guest@example.org",)]
    own = house.rows("select name from groups where user_id = %s", profile["user_id"])
    assert own == [(name,)]
    (line,) = house.audit(action="invitation.accept", user_id=profile["user_id"])
    assert line["outcome"] == "allowed"


def test_link_works_once(house: Served, manager: Caller) -> None:
    token = invite(manager)
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(accept, house, token) for _ in range(4)]
        statuses = sorted(done.result().status_code for done in answers)
    assert statuses == [200, 403, 403, 403]
    refusal(accept(house, token), 403, "invitation_refused")
    refusal(
        house.nobody.post("/api/invitations/offer", {"token": token}), 403, "invitation_refused"
    )
    refused = house.audit(action="invitation.accept", outcome="refused")
    assert refused and token not in str(refused)


def test_link_that_is_too_old_taken_back_or_mistyped_does_not_work(
    house: Served, manager: Caller
) -> None:
    token = invite(manager)
    past = utcnow() - timedelta(seconds=1)
    house.rows("update invitations set expires_at = %s where accepted_at is null", past)
    refusal(accept(house, token), 403, "invitation_refused")
    refusal(accept(house, "mistyped"), 403, "invitation_refused")
    made = data(manager.post("/api/invitations", {"name": "Guest"}), 201)
    data(manager.delete(f"/api/invitations/{made['id']}"))
    refusal(accept(house, made["link"].partition("#")[2]), 403, "invitation_refused")


def test_link_is_stored_as_a_hash(house: Served, manager: Caller) -> None:
    token = invite(manager)
    stored = house.rows("select invitations::text from invitations")
    assert stored and all(token not in row for (row,) in stored)
    assert token not in house.log_path.read_text()


def test_role_beyond_ones_own_rights_is_not_handed_out(house: Served, manager: Caller) -> None:
    body = {"email": "guest@example.org", "role": "Super admin"}
    message = refusal(manager.post("/api/invitations", body), 403, "access_denied")
    assert "System admin" in message
    body["role"] = "Nobody's"
    refusal(manager.post("/api/invitations", body), 404, "not_found")
    data(house.admin.post("/api/invitations", body | {"role": "Super admin"}), 201)


def test_token_hands_out_no_more_than_the_token_has(house: Served) -> None:
    narrow = new_person(house, "Manager", permissions=("Manage users", "Run queries"))
    body = {"email": "guest@example.org", "role": "Analyst"}
    refusal(narrow.post("/api/invitations", body), 403, "access_denied")
    data(narrow.post("/api/invitations", body | {"role": "Viewer"}), 201)
    # System admin is a bypass of records, and the owner's token was not given it.
    without = new_person(house, "Super admin", permissions=("Manage users",))
    refusal(without.post("/api/invitations", body), 403, "access_denied")


def test_script_invites_nobody(house: Served, manager: Caller) -> None:
    with house.database().plain() as session:
        user = session.get_one(User, manager.user_id)
        value = new_token(session, user, ("Manage users",), name=f"{RUN_TOKEN_PREFIX}7")
        session.commit()
    script = Caller("script", house.base, value)
    answer = script.post("/api/invitations", {"email": "guest@example.org"})
    assert "script" in refusal(answer, 403, "access_denied")


def test_who_manages_no_users_invites_into_his_own_groups_only(house: Served, group: int) -> None:
    person = new_person(house, "Analyst")
    data(house.owner.put(f"/api/groups/{group}/members", {"username": person.name}))
    body: dict[str, Any] = {"email": "guest@example.org", "role": "Viewer"}
    refusal(person.post("/api/invitations", body), 403, "access_denied")
    body["groups"] = [{"group_id": group}]
    refusal(person.post("/api/invitations", body), 403, "access_denied")  # a member, no admin
    refusal(house.stranger.post("/api/invitations", body), 403, "access_denied")
    data(house.owner.put(f"/api/groups/{group}/members", {"username": person.name, "admin": True}))
    refusal(person.post("/api/invitations", body | {"role": "Manager"}), 403, "access_denied")
    data(person.post("/api/invitations", body | {"role": "Analyst"}), 201)


def test_manager_of_users_invites_into_no_group_of_others(
    house: Served, manager: Caller, group: int
) -> None:
    body = {"email": "guest@example.org", "groups": [{"group_id": group}]}
    refusal(manager.post("/api/invitations", body), 403, "access_denied")
    ((own,),) = house.rows("select id from groups where user_id = %s", manager.user_id)
    body["groups"] = [{"group_id": own}]
    refusal(manager.post("/api/invitations", body), 403, "access_denied")


@pytest.mark.parametrize(
    "loss",
    [
        "delete from user_roles where user_id = %s",
        "update users set deactivated_at = now() where id = %s",
        "update users set expiration_date = now() - interval '1 day' where id = %s",
    ],
)
def test_what_the_inviter_has_lost_his_invitation_has_lost(
    house: Served, manager: Caller, loss: str
) -> None:
    token = invite(manager, role="Analyst")
    house.rows(loss, manager.user_id)
    assert "may not invite so any more" in refusal(accept(house, token), 403, "invitation_refused")


def test_inviter_who_is_admin_no_more_lets_nobody_into_the_group(
    house: Served, manager: Caller, group: int
) -> None:
    path = f"/api/groups/{group}/members"
    data(house.owner.put(path, {"username": manager.name, "admin": True}))
    token = invite(manager, groups=[{"group_id": group}])
    data(house.owner.put(path, {"username": manager.name, "admin": False}))
    refusal(accept(house, token), 403, "invitation_refused")


def test_invitation_is_seen_and_taken_back_by_its_maker_and_managers(
    house: Served, manager: Caller, group: int
) -> None:
    owner_without = new_person(house, "Analyst")
    body = {"username": owner_without.name, "admin": True}
    data(house.owner.put(f"/api/groups/{group}/members", body))
    invite(owner_without, groups=[{"group_id": group}])
    (made,) = data(owner_without.get("/api/invitations"))["items"]
    assert made["group_ids"] == [group]
    path = f"/api/invitations/{made['id']}"
    assert data(house.stranger.get("/api/invitations"))["items"] == []
    refusal(house.stranger.delete(path), 404, "not_found")
    refusal(house.nobody.delete(path), 401, "unauthenticated")
    assert made["id"] in {it["id"] for it in data(manager.get("/api/invitations"))["items"]}
    data(manager.delete(path))
    assert data(owner_without.get("/api/invitations"))["items"] == []


def test_who_is_there_already_comes_into_the_groups_and_keeps_his_roles(
    house: Served, manager: Caller, group: int
) -> None:
    browser = newcomer(house, manager)
    token = invite(house.owner, role="Viewer", groups=[{"group_id": group}])
    data(browser.post("/api/invitations/join", {"token": token}))
    assert str(group) in {str(it["id"]) for it in data(browser.get("/api/groups"))["items"]}
    roles = house.rows("select role_id from user_roles where user_id = %s", browser.user_id)
    assert len(roles) <= 1
    refusal(browser.post("/api/invitations/join", {"token": token}), 403, "invitation_refused")


def test_joining_takes_no_admins_rights_away(house: Served, manager: Caller, group: int) -> None:
    browser = newcomer(house, manager)
    path = f"/api/groups/{group}/members"
    data(house.owner.put(path, {"username": browser.name, "admin": True}))
    token = invite(house.owner, groups=[{"group_id": group}])
    data(browser.post("/api/invitations/join", {"token": token}))
    assert {it["username"]: it["admin"] for it in data(house.owner.get(path))}[browser.name]


def test_token_or_nobody_cannot_join(house: Served, manager: Caller) -> None:
    body = {"token": invite(manager)}
    refusal(manager.post("/api/invitations/join", body), 403, "access_denied")
    refusal(house.nobody.post("/api/invitations/join", body), 401, "unauthenticated")


def test_user_of_another_account_cannot_join(house: Served, manager: Caller) -> None:
    browser = newcomer(house, manager)
    made = data(manager.post("/api/invitations", {"name": "Guest"}), 201)
    ((account,),) = house.rows(
        "insert into accounts (number, company_name, is_default, is_active, created_at, modified)"
        " values ('9999-0000-0001', 'other', false, true, now(), now()) returning id"
    )
    elsewhere = "update invitations set account_id = %s where id = %s"
    house.rows(elsewhere, account, made["id"])
    body = {"token": made["link"].partition("#")[2]}
    answer = browser.post("/api/invitations/join", body)
    assert "another account" in refusal(answer, 409, "conflict")


def test_taken_name_or_weak_password_leaves_the_link_good(house: Served, manager: Caller) -> None:
    token = invite(manager)
    refusal(accept(house, token, "owner"), 409, "conflict")
    body = {"token": token, "username": new_name(), "password": "short"}
    refusal(house.nobody.post("/api/invitations/accept", body), 422, "request_invalid")
    data(accept(house, token))


def test_foreign_page_cannot_accept(house: Served, manager: Caller) -> None:
    body = {"token": invite(manager), "username": new_name(), "password": PASSWORD}
    headers = {"Origin": "https://elsewhere.example"}
    answer = house.nobody.post("/api/invitations/accept", body, headers=headers)
    refusal(answer, 403, "origin_foreign")


def test_group_with_a_stream_is_entered_by_who_has_it_only(house: Served, group: int) -> None:
    stream = data(house.admin.post("/api/streams", {"name": new_name()}), 201)["id"]
    data(house.admin.put(f"/api/streams/{stream}/users", {"username": "owner"}))
    data(house.owner.put(f"/api/groups/{group}/streams", {"stream_id": stream}))
    token = invite(house.owner, groups=[{"group_id": group}])
    assert "no access to" in refusal(accept(house, token), 409, "conflict")


@pytest.mark.parametrize("body", [{}, {"email": "no address"}, {"name": "x", "account_id": 2}])
def test_what_is_not_understood_is_refused(manager: Caller, body: dict[str, Any]) -> None:
    refusal(manager.post("/api/invitations", body), 422, "request_invalid")
