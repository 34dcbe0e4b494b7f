"""Users over HTTP: whom one sees, what of him, and who may change what."""

from datetime import timedelta
from typing import Any

import pytest

from baselayer.app.db.types import utcnow
from tests.factories.staff import Staff
from tests.server import Caller, Served, data, refusal


@pytest.fixture
def staff(house: Served) -> Staff:
    return Staff(house)


def path(user: Caller, rest: str = "") -> str:
    return f"/api/users/{user.user_id}{rest}"


def names(caller: Caller, **query: Any) -> set[str]:
    answer = data(caller.get("/api/users", params={"limit": 100} | query))
    return {user["username"] for user in answer["items"]}


def test_everybody_changes_what_he_says_of_himself(house: Served, staff: Staff) -> None:
    viewer = staff.person("Viewer")
    said = {
        "first_name": "Vera",
        "bio": "Looks on.",
        "affiliations": ["University X"],
        "contact_email": "vera@example.org",
        "contact_phone": "+49 30 1234",
        "preferences": {"theme": "dark"},
    }
    changed = data(viewer.patch("/api/profile", said))
    assert said.items() <= changed.items()
    assert data(viewer.get(path(viewer)))["contact_email"] == "vera@example.org"
    assert changed["gravatar_url"].startswith("https://secure.gravatar.com/avatar/")
    assert data(viewer.patch("/api/profile", {"bio": None}))["bio"] is None


@pytest.mark.parametrize(
    "field",
    [
        *("username", "is_bot", "expiration_date", "deactivated_at", "oauth_uid", "id"),
        *("roles", "acls", "permissions", "account_id", "created_at"),
    ],
)
def test_nobody_changes_his_own_rights_by_any_field(staff: Staff, field: str) -> None:
    viewer = staff.person("Viewer")
    answer = viewer.patch("/api/profile", {field: "System admin"})
    assert field in refusal(answer, 422, "request_invalid")
    refusal(viewer.patch(path(viewer), {"bio": "x"}), 403, "permission_missing")


@pytest.mark.parametrize(
    "said", [{"contact_email": "nobody"}, {"contact_phone": "call me"}, {"affiliations": None}]
)
def test_nonsense_is_refused(staff: Staff, said: dict[str, Any]) -> None:
    refusal(staff.person("Viewer").patch("/api/profile", said), 422, "request_invalid")


def test_manager_sees_all_of_those_of_his_account_and_none_else(staff: Staff) -> None:
    away = staff.account()
    manager, analyst = staff.person("Manager"), staff.person("Analyst")
    foreign, foreigner = staff.person("Manager", away), staff.person("Analyst", away)
    assert {manager.name, analyst.name} <= names(manager, desc=True)
    assert names(foreign) == {foreign.name, foreigner.name}
    detail = data(manager.get(path(analyst)))
    assert (detail["roles"], detail["acls"]) == (["Analyst"], [])
    assert "Run queries" in detail["permissions"]
    for caller, other in ((manager, foreigner), (foreign, analyst), (foreigner, analyst)):
        told = refusal(caller.get(path(other)), 404, "not_found")
        assert told == refusal(caller.get("/api/users/999999"), 404, "not_found")


def test_member_of_ones_group_is_seen_without_what_is_confided(house: Served) -> None:
    shown = data(house.viewer.get(path(house.analyst)))
    assert shown["username"] == "analyst"
    for name in ("contact_email", "roles", "acls", "permissions", "expiration_date"):
        assert shown[name] is None
    refusal(house.viewer.get(path(house.stranger)), 404, "not_found")


def test_list_is_searched_and_narrowed(staff: Staff) -> None:
    away = staff.account()
    manager, viewer = staff.person("Manager", away), staff.person("Viewer", away)
    data(viewer.patch("/api/profile", {"last_name": "Under_score"}))
    assert names(manager, search="R_SCO") == {viewer.name}
    assert names(manager, search="R%SCO") == set()
    assert names(manager, role="Viewer") == {viewer.name}
    data(manager.post(path(viewer, "/deactivate")))
    assert names(manager, active=False) == {viewer.name}
    assert names(manager, active=True) == {manager.name}


def test_what_is_confided_cannot_be_searched_for(house: Served) -> None:
    assert "analyst" in names(house.viewer)
    assert names(house.viewer, role="Analyst") == set()
    assert "deactivated" in names(house.viewer)
    assert names(house.viewer, active=False) == set()


def test_manager_makes_a_user_of_his_account(house: Served, staff: Staff) -> None:
    away = staff.account()
    manager = staff.person("Manager", away)
    body = {"username": f"new-{manager.name}", "roles": ["Analyst"], "first_name": "Nina"}
    made = data(manager.post("/api/users", body), 201)
    assert (made["username"], made["roles"], made["first_name"]) == (
        body["username"],
        ["Analyst"],
        "Nina",
    )
    places = house.rows("select account_id from user_profiles where user_id = %s", made["id"])
    assert places == [(away,)]
    assert "taken" in refusal(manager.post("/api/users", body), 409, "conflict")
    line = house.audit(action="user.create", object_id=str(made["id"]))[0]
    assert line["user_id"] == manager.user_id


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"roles": ["Super admin"]}, 403, "access_denied"),
        ({"roles": ["Boss"]}, 404, "not_found"),
        ({"username": "Not A Slug"}, 422, "request_invalid"),
        ({"account_id": 1}, 422, "request_invalid"),
    ],
)
def test_user_beyond_the_manager_is_not_made(
    house: Served, staff: Staff, body: dict[str, Any], status: int, code: str
) -> None:
    manager = staff.person("Manager")
    before = house.rows("select count(*) from users")
    asked = {"username": f"greedy-{manager.name}"} | body
    refusal(manager.post("/api/users", asked), status, code)
    assert house.rows("select count(*) from users") == before


@pytest.mark.parametrize("who", ["Analyst", "Viewer"])
def test_others_manage_nobody(staff: Staff, who: str) -> None:
    caller, other = staff.person(who), staff.person("Viewer")
    for answer in (
        caller.post("/api/users", {"username": "x"}),
        caller.patch(path(other), {"bio": "x"}),
        caller.post(path(other, "/deactivate")),
        caller.post(path(other, "/activate")),
        caller.delete(path(other)),
        caller.post(path(other, "/transfer"), {"to": caller.name}),
    ):
        refusal(answer, 403, "permission_missing")


def test_token_manages_only_with_the_permission(staff: Staff) -> None:
    manager, viewer = staff.person("Manager"), staff.person("Viewer")
    weak = staff.with_token(manager, only={"Run queries"})
    refusal(weak.post(path(viewer, "/deactivate")), 403, "permission_missing")
    strong = staff.with_token(manager, only={"Manage users"})
    data(strong.post(path(viewer, "/deactivate")))
    # An analyst has what this token lacks, though its user has it.
    analyst = staff.person("Analyst")
    refusal(strong.post(path(analyst, "/deactivate")), 403, "access_denied")


def test_manager_changes_those_below_him(staff: Staff) -> None:
    manager, analyst = staff.person("Manager"), staff.person("Analyst")
    moment = (utcnow() + timedelta(days=9)).replace(microsecond=0)
    body = {"contact_phone": "030 1", "is_bot": True, "expiration_date": moment.isoformat()}
    changed = data(manager.patch(path(analyst), body))
    assert (changed["contact_phone"], changed["is_bot"]) == ("030 1", True)
    assert changed["expiration_date"].startswith(f"{moment:%Y-%m-%d}")
    past = (utcnow() - timedelta(minutes=1)).isoformat()
    data(manager.patch(path(analyst), {"expiration_date": past}))
    refusal(analyst.patch("/api/profile", {"bio": "x"}), 403, "account_expired")
    data(manager.patch(path(analyst), {"expiration_date": None}))
    data(analyst.patch("/api/profile", {"bio": "x"}))


def test_nobody_changes_those_above_him(staff: Staff) -> None:
    manager, admin = staff.person("Manager"), staff.person("Super admin")
    for answer in (
        manager.patch(path(admin), {"contact_email": "mine@example.org"}),
        manager.patch(path(admin), {"expiration_date": utcnow().isoformat()}),
        manager.post(path(admin, "/deactivate")),
    ):
        assert "System admin" in refusal(answer, 403, "access_denied")
    data(admin.post(path(manager, "/deactivate")))


def test_nobody_says_whether_he_himself_may_act(staff: Staff) -> None:
    for role in ("Manager", "Super admin"):
        person = staff.person(role)
        refusal(person.post(path(person, "/deactivate")), 403, "access_denied")
        refusal(person.patch(path(person), {"expiration_date": None}), 403, "access_denied")
        data(person.patch(path(person), {"bio": "But I may say who I am."}))


def test_deactivated_user_can_do_nothing_until_he_is_activated(staff: Staff) -> None:
    manager, analyst = staff.person("Manager"), staff.person("Analyst")
    assert data(manager.post(path(analyst, "/deactivate")))["deactivated_at"] is not None
    refusal(analyst.get("/api/profile"), 401, "token_invalid")
    assert data(manager.post(path(analyst, "/activate")))["deactivated_at"] is None
    data(analyst.get("/api/profile"))


def test_user_who_owns_nothing_is_deleted(house: Served, staff: Staff) -> None:
    analyst = staff.person("Analyst")
    manager = staff.person("Manager")
    refusal(manager.delete(path(analyst)), 403, "permission_missing")
    data(house.admin.delete(path(analyst)))
    refusal(house.admin.get(path(analyst)), 404, "not_found")
    refusal(analyst.get("/api/profile"), 401, "token_invalid")
    assert house.rows("select 1 from groups where name = %s", analyst.name) == []


def test_user_who_owns_something_hands_it_over_first(house: Served, staff: Staff) -> None:
    leaver, heir = staff.person("Analyst"), staff.person("Analyst")
    foreigner = staff.person("Analyst", staff.account())
    connection = house.new_connection(leaver)
    refused = house.admin.delete(path(leaver))
    assert "1 connections" in refusal(refused, 409, "user_still_owns")
    assert refused.json()["data"]["owned"] == {"connections": 1}
    strange = house.admin.post(path(leaver, "/transfer"), {"to": foreigner.name})
    assert "not in every account" in refusal(strange, 422, "request_invalid")
    refusal(house.admin.post(path(leaver, "/transfer"), {"to": "nobody"}), 404, "not_found")
    moved = data(house.admin.post(path(leaver, "/transfer"), {"to": heir.name}))["moved"]
    assert moved == {"connections": 1}
    data(heir.get(f"/api/connections/{connection}"))
    refusal(leaver.get(f"/api/connections/{connection}"), 404, "not_found")
    data(house.admin.delete(path(leaver)))


def test_manager_hands_nothing_over(house: Served, staff: Staff) -> None:
    manager, analyst = staff.person("Manager"), staff.person("Analyst")
    answer = manager.post(path(analyst, "/transfer"), {"to": manager.name})
    refusal(answer, 403, "permission_missing")


def test_who_leads_a_group_alone_is_not_deleted(house: Served, staff: Staff) -> None:
    leader, member = staff.person("Manager"), staff.person("Viewer")
    group = data(leader.post("/api/groups", {"name": f"of {leader.name}"}), 201)["id"]
    data(leader.put(f"/api/groups/{group}/members", {"username": member.name}))
    assert "1 groups" in refusal(house.admin.delete(path(leader)), 409, "user_still_owns")
    body = {"username": member.name, "admin": True}
    data(leader.put(f"/api/groups/{group}/members", body))
    data(house.admin.delete(path(leader)))
