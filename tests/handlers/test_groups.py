"""Groups: their admins say who is in them, and nobody lets himself in."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.handlers.conftest import new_person
from tests.server import Caller, Served, data, refusal

_numbers = itertools.count()


@pytest.fixture
def group(house: Served) -> str:
    """A group of the owner, its admin, and the analyst."""
    name = f"group {next(_numbers)}"
    ident = data(house.owner.post("/api/groups", {"name": name}), 201)["id"]
    data(house.owner.put(f"/api/groups/{ident}/members", {"username": "analyst"}))
    return str(ident)


def test_who_makes_a_group_is_its_admin(house: Served, group: str) -> None:
    assert _members(house, group) == {"owner": True, "analyst": False}


def test_member_cannot_make_himself_admin(house: Served, group: str) -> None:
    body = {"username": "analyst", "admin": True}
    answer = house.analyst.put(f"/api/groups/{group}/members", body)
    refusal(answer, 403, "access_denied")
    assert not _members(house, group)["analyst"]


def test_nobody_lets_himself_in(house: Served, group: str) -> None:
    for name in ("stranger", "member", "editor"):
        for admin in (False, True):
            body = {"username": name, "admin": admin}
            answer = house.people[name].put(f"/api/groups/{group}/members", body)
            refusal(answer, 403, "access_denied")
    data(house.owner.patch(f"/api/groups/{group}", {"private": True}))
    answer = house.stranger.put(f"/api/groups/{group}/members", {"username": "stranger"})
    refusal(answer, 404, "not_found")
    assert _members(house, group) == {"owner": True, "analyst": False}


def test_member_cannot_bring_others_or_put_them_out(house: Served, group: str) -> None:
    path = f"/api/groups/{group}/members"
    refusal(house.analyst.put(path, {"username": "stranger"}), 403, "access_denied")
    refusal(house.analyst.delete(f"{path}/{house.owner.user_id}"), 403, "access_denied")
    assert _members(house, group) == {"owner": True, "analyst": False}


def test_admin_of_a_group_makes_another_who_then_may_do_the_same(house: Served, group: str) -> None:
    path = f"/api/groups/{group}/members"
    data(house.owner.put(path, {"username": "analyst", "admin": True}))
    data(house.analyst.put(path, {"username": "stranger"}))
    assert _members(house, group) == {"owner": True, "analyst": True, "stranger": False}
    data(house.owner.delete(f"{path}/{house.owner.user_id}"))
    refusal(house.owner.get(path), 403, "access_denied")
    assert data(house.stranger.get(f"/api/groups/{group}"))["id"] == int(group)


def test_last_admin_stays(house: Served, group: str) -> None:
    path = f"/api/groups/{group}/members"
    leaving = house.owner.delete(f"{path}/{house.owner.user_id}")
    assert "needs an admin" in refusal(leaving, 409, "conflict")
    refusal(house.owner.put(path, {"username": "owner", "admin": False}), 409, "conflict")
    assert _members(house, group) == {"owner": True, "analyst": False}


def test_member_may_leave(house: Served, group: str) -> None:
    data(house.analyst.delete(f"/api/groups/{group}/members/{house.analyst.user_id}"))
    refusal(house.analyst.get(f"/api/groups/{group}/members"), 403, "access_denied")


def test_existence_of_users_is_not_told_to_whom_the_group_is_not(house: Served, group: str) -> None:
    bodies = [{"username": "owner"}, {"username": "nobody-such"}]
    answers = [house.stranger.put(f"/api/groups/{group}/members", body) for body in bodies]
    assert answers[0].content == answers[1].content


def test_user_who_does_not_exist_cannot_be_added(house: Served, group: str) -> None:
    answer = house.owner.put(f"/api/groups/{group}/members", {"username": "nobody-such"})
    refusal(answer, 404, "not_found")


@pytest.mark.parametrize("field", ["id", "account_id", "single_user_group", "user_id"])
def test_keys_cannot_be_patched(house: Served, group: str, field: str) -> None:
    answer = house.owner.patch(f"/api/groups/{group}", {field: 1, "name": "stolen"})
    assert field in refusal(answer, 422, "request_invalid")
    assert data(house.owner.get(f"/api/groups/{group}"))["name"] != "stolen"


def test_last_admin_stays_though_he_is_alone(house: Served, group: str) -> None:
    path = f"/api/groups/{group}/members"
    data(house.owner.delete(f"{path}/{house.analyst.user_id}"))
    refusal(house.owner.delete(f"{path}/{house.owner.user_id}"), 409, "conflict")
    refusal(house.owner.put(path, {"username": "owner", "admin": False}), 409, "conflict")
    refusal(house.admin.delete(f"{path}/{house.owner.user_id}"), 409, "conflict")
    assert _members(house, group) == {"owner": True}


def test_admin_who_is_deactivated_is_none(house: Served, group: str) -> None:
    path = f"/api/groups/{group}/members"
    data(house.owner.put(path, {"username": "deactivated", "admin": True}))
    refusal(house.owner.delete(f"{path}/{house.owner.user_id}"), 409, "conflict")


def test_of_two_admins_who_leave_at_once_one_stays(house: Served, group: str) -> None:
    path = f"/api/groups/{group}/members"
    for _ in range(5):
        data(house.owner.put(path, {"username": "analyst", "admin": True}))
        with ThreadPoolExecutor() as pool:
            leaving = [
                pool.submit(caller.delete, f"{path}/{caller.user_id}")
                for caller in (house.owner, house.analyst)
            ]
            statuses = sorted(done.result().status_code for done in leaving)
        assert statuses == [200, 409]
        (left,) = _members(house, group)
        if left != "owner":
            data(house.analyst.put(path, {"username": "owner", "admin": True}))
        else:
            data(house.owner.put(path, {"username": "analyst"}))


def test_group_of_one_user_alone_stays_as_it_is(house: Served) -> None:
    group = _own_group(house, "owner")
    assert data(house.owner.get(f"/api/groups/{group}"))["user_id"] == house.owner.user_id
    path = f"/api/groups/{group}"
    refusal(house.owner.delete(path), 403, "access_denied")
    refusal(house.owner.patch(path, {"name": "else"}), 403, "access_denied")
    refusal(house.owner.put(f"{path}/members", {"username": "stranger"}), 403, "access_denied")
    leaving = house.owner.delete(f"{path}/members/{house.owner.user_id}")
    assert "one user alone" in refusal(leaving, 409, "conflict")
    for answer in (
        house.admin.delete(path),
        house.admin.patch(path, {"name": "else"}),
        house.admin.put(f"{path}/members", {"username": "stranger"}),
    ):
        assert "one user alone" in refusal(answer, 409, "conflict")


def test_group_of_one_user_is_seen_by_those_who_see_him(house: Served, group: str) -> None:
    own = _own_group(house, "analyst")
    found = data(house.owner.get("/api/groups?scope=people&limit=100"))["items"]
    assert [it["user_id"] for it in found if it["id"] == own] == [house.analyst.user_id]
    refusal(new_person(house).get(f"/api/groups/{own}"), 404, "not_found")
    refusal(house.owner.get(f"/api/groups/{own}/members"), 403, "access_denied")


def test_record_is_shared_with_one_person(house: Served, group: str) -> None:
    own, connection = _own_group(house, "analyst"), house.new_connection()
    share = {"group_id": own, "can_run": True}
    data(house.owner.put(f"/api/connections/{connection}/shares", {"groups": [share]}))
    assert house.analyst.run(connection, "select 1")["state"] == "succeeded"
    refusal(house.member.get(f"/api/connections/{connection}"), 404, "not_found")


def test_open_group_is_listed_to_all_and_private_one_to_its_members(
    house: Served, group: str
) -> None:
    def found(caller: Caller, scope: str) -> bool:
        items = data(caller.get(f"/api/groups?scope={scope}&limit=100"))["items"]
        return int(group) in {item["id"] for item in items}

    assert found(house.analyst, "mine") and not found(house.analyst, "open")
    assert found(house.stranger, "open") and not found(house.stranger, "mine")
    assert data(house.stranger.get(f"/api/groups/{group}"))["can"] == ["ask"]
    assert data(house.analyst.get(f"/api/groups/{group}"))["can"] == ["member", "leave"]
    data(house.owner.patch(f"/api/groups/{group}", {"private": True}))
    assert found(house.analyst, "mine") and found(house.admin, "mine")
    assert not found(house.stranger, "open")
    refusal(house.stranger.get(f"/api/groups/{group}"), 404, "not_found")
    refusal(house.stranger.get(f"/api/groups/{group}/members"), 404, "not_found")


def test_who_is_in_an_open_group_and_what_it_has_is_for_its_members(
    house: Served, group: str
) -> None:
    refusal(house.stranger.get(f"/api/groups/{group}/members"), 403, "access_denied")
    refusal(house.stranger.patch(f"/api/groups/{group}", {"name": "x"}), 403, "access_denied")
    refusal(house.stranger.delete(f"/api/groups/{group}"), 403, "access_denied")


def test_group_is_made_with_the_permission_only(house: Served) -> None:
    name = f"group {next(_numbers)}"
    refusal(house.analyst.post("/api/groups", {"name": name}), 403, "permission_missing")
    refusal(house.nobody.post("/api/groups", {"name": name}), 401, "unauthenticated")
    made = data(house.owner.post("/api/groups", {"name": name, "private": True}), 201)
    assert made["private"] and set(made["can"]) == {"member", "update", "delete", "leave"}
    refusal(house.owner.post("/api/groups", {"name": name}), 409, "conflict")
    refusal(house.owner.post("/api/groups", {"name": "stranger"}), 409, "conflict")


def test_manager_who_is_no_member_does_not_get_into_a_group(house: Served, group: str) -> None:
    manager = new_person(house, "Manager")
    body = {"username": manager.name, "admin": True}
    refusal(manager.put(f"/api/groups/{group}/members", body), 403, "access_denied")
    data(house.owner.patch(f"/api/groups/{group}", {"private": True}))
    refusal(manager.get(f"/api/groups/{group}"), 404, "not_found")


def test_administrator_appoints_an_admin_of_any_group(house: Served, group: str) -> None:
    path = f"/api/groups/{group}/members"
    data(house.admin.put(path, {"username": "stranger", "admin": True}))
    assert _members(house, group)["stranger"]


def test_changes_and_refusals_are_in_the_audit(house: Served, group: str) -> None:
    refusal(house.stranger.patch(f"/api/groups/{group}", {"name": "x"}), 403, "access_denied")
    data(house.owner.patch(f"/api/groups/{group}", {"nickname": "gr"}))
    (line,) = house.audit(action="group.update", object_id=group)
    assert line["user_id"] == house.owner.user_id
    action = f"PATCH /api/groups/{group}"
    (line,) = house.audit(action=action, outcome="refused", user_id=house.stranger.user_id)
    assert line["code"] == "access_denied"


def test_deleting_a_group_takes_back_what_was_shared_with_it(house: Served, group: str) -> None:
    connection = house.new_connection()
    share = {"group_id": int(group), "can_run": True}
    data(house.owner.put(f"/api/connections/{connection}/shares", {"groups": [share]}))
    assert house.analyst.run(connection, "select 1")["state"] == "succeeded"
    data(house.owner.delete(f"/api/groups/{group}"))
    refusal(house.analyst.get(f"/api/connections/{connection}"), 404, "not_found")


def test_demotion_takes_effect_on_the_next_request(house: Served, group: str) -> None:
    path = f"/api/groups/{group}/members"
    data(house.owner.put(path, {"username": "analyst", "admin": True}))
    data(house.analyst.patch(f"/api/groups/{group}", {"description": "mine"}))
    data(house.owner.put(path, {"username": "analyst", "admin": False}))
    answer = house.analyst.patch(f"/api/groups/{group}", {"description": "still mine"})
    refusal(answer, 403, "access_denied")


def _members(house: Served, group: str) -> dict[str, bool]:
    found = data(house.admin.get(f"/api/groups/{group}/members"))
    return {member["username"]: member["admin"] for member in found}


def _own_group(house: Served, name: str) -> int:
    user_id = house.people[name].user_id
    ((found,),) = house.rows("select id from groups where user_id = %s", user_id)
    return int(found)
