"""Accounts over HTTP: made by System admins, seen by those in them, and closed to each other."""

import itertools
from typing import Any

import pytest

from tests.factories.staff import Staff
from tests.server import Served, data, refusal

_numbers = itertools.count(1000)


@pytest.fixture
def staff(house: Served) -> Staff:
    return Staff(house)


def made(house: Served, **body: Any) -> dict[str, Any]:
    asked = {"company_name": "Made Ltd"} | body
    found: dict[str, Any] = data(house.admin.post("/api/accounts", asked), 201)
    return found


def test_admin_makes_and_renames_an_account(house: Served) -> None:
    number = f"2718-2818-{next(_numbers)}"
    account = made(house, number=number)
    assert (account["number"], account["is_default"]) == (number, False)
    assert account["record_locator"].startswith("account-r")
    path = f"/api/accounts/{account['id']}"
    assert data(house.admin.patch(path, {"company_name": "New"}))["company_name"] == "New"
    assert data(house.admin.get(path))["company_name"] == "New"
    assert len(made(house)["number"]) == len(number)
    refusal(
        house.admin.post("/api/accounts", {"company_name": "x", "number": number}), 409, "conflict"
    )


@pytest.mark.parametrize(
    "body", [{"number": "1"}, {"company_name": ""}, {"company_name": None}, {"is_default": True}]
)
def test_nonsense_is_refused(house: Served, body: dict[str, Any]) -> None:
    answer = house.admin.post("/api/accounts", {"company_name": "x"} | body)
    refusal(answer, 422, "request_invalid")


def test_number_stays(house: Served) -> None:
    path = f"/api/accounts/{made(house)['id']}"
    refusal(house.admin.patch(path, {"number": "1111-2222-3333"}), 422, "request_invalid")


def test_account_is_seen_by_those_in_it(house: Served, staff: Staff) -> None:
    away = staff.account()
    foreigner = staff.person("Manager", away)
    (own,) = data(foreigner.get("/api/accounts"))["items"]
    assert own["id"] == away
    data(foreigner.get(f"/api/accounts/{away}"))
    refusal(house.analyst.get(f"/api/accounts/{away}"), 404, "not_found")
    shown = [account["id"] for account in data(house.admin.get("/api/accounts?limit=100"))["items"]]
    assert away in shown


def test_others_make_and_change_none(house: Served, staff: Staff) -> None:
    away = staff.account()
    manager = staff.person("Manager", away)
    for answer in (
        manager.post("/api/accounts", {"company_name": "Mine"}),
        manager.patch(f"/api/accounts/{away}", {"company_name": "Mine"}),
        manager.put(f"/api/accounts/{away}/profiles", {"username": "analyst"}),
        manager.delete(f"/api/accounts/{away}/profiles/{manager.user_id}"),
    ):
        refusal(answer, 403, "permission_missing")


def test_admin_does_not_lock_himself_out(house: Served) -> None:
    (own,) = [
        a for a in data(house.admin.get("/api/accounts?limit=100"))["items"] if a["is_default"]
    ]
    answer = house.admin.patch(f"/api/accounts/{own['id']}", {"is_active": False})
    assert "lock yourself out" in refusal(answer, 409, "conflict")


def test_closed_account_lets_nobody_act(house: Served, staff: Staff) -> None:
    away = staff.account()
    foreigner = staff.person("Analyst", away)
    data(house.admin.patch(f"/api/accounts/{away}", {"is_active": False}))
    refusal(foreigner.get("/api/profile"), 401, "token_invalid")
    data(house.admin.patch(f"/api/accounts/{away}", {"is_active": True}))
    data(foreigner.get("/api/profile"))


def test_user_is_put_in_an_account_and_taken_out(house: Served, staff: Staff) -> None:
    away = staff.account()
    manager, analyst = staff.person("Manager", away), staff.person("Analyst")
    refusal(manager.get(f"/api/users/{analyst.user_id}"), 404, "not_found")
    places = f"/api/accounts/{away}/profiles"
    for _ in range(2):
        data(house.admin.put(places, {"username": analyst.name}))
    assert {p["username"] for p in data(manager.get(places))} == {manager.name, analyst.name}
    assert {p["username"] for p in data(analyst.get(places))} == {analyst.name}
    data(manager.get(f"/api/users/{analyst.user_id}"))
    there = staff.with_token(analyst, away)
    data(there.get("/api/profile"))
    group = data(manager.post("/api/groups", {"name": "of away"}), 201)["id"]
    data(manager.put(f"/api/groups/{group}/members", {"username": analyst.name}))
    data(house.admin.delete(f"{places}/{analyst.user_id}"))
    refusal(manager.get(f"/api/users/{analyst.user_id}"), 404, "not_found")
    refusal(there.get("/api/profile"), 401, "token_invalid")
    refusal(analyst.get(f"/api/groups/{group}"), 404, "not_found")
    data(analyst.get("/api/profile"))
    refusal(house.admin.delete(f"{places}/{analyst.user_id}"), 404, "not_found")


def test_last_place_is_kept(house: Served, staff: Staff) -> None:
    away = staff.account()
    analyst = staff.person("Analyst", away)
    answer = house.admin.delete(f"/api/accounts/{away}/profiles/{analyst.user_id}")
    assert "deactivate him" in refusal(answer, 409, "conflict")


def test_who_owns_something_there_stays(house: Served, staff: Staff) -> None:
    away = staff.account()
    analyst = staff.person("Analyst", away)
    (home,) = house.rows("select id from accounts where is_default")[0]
    data(house.admin.put(f"/api/accounts/{home}/profiles", {"username": analyst.name}))
    house.new_connection(analyst)
    answer = house.admin.delete(f"/api/accounts/{away}/profiles/{analyst.user_id}")
    assert "1 connections" in refusal(answer, 409, "user_still_owns")
    data(house.admin.delete(f"/api/accounts/{home}/profiles/{analyst.user_id}"))


def test_nothing_crosses_an_account(house: Served, staff: Staff) -> None:
    """Users of one account see no people, groups or connections of another."""
    one, other = staff.account("One"), staff.account("Other")
    here, there = staff.person("Manager", one), staff.person("Manager", other)
    name = f"same name {next(_numbers)}"
    mine = data(here.post("/api/groups", {"name": name}), 201)["id"]
    data(there.post("/api/groups", {"name": name}), 201)  # names are an account's own
    refusal(here.post("/api/groups", {"name": name}), 409, "conflict")
    connection = house.new_connection(here, name=name)
    house.new_connection(there, name=name)
    for path in (
        f"/api/groups/{mine}",
        f"/api/connections/{connection}",
        f"/api/users/{here.user_id}",
    ):
        refusal(there.get(path), 404, "not_found")
    for noun in ("groups", "connections"):
        found = data(there.get(f"/api/{noun}"))["items"]
        assert len([item for item in found if item["name"] == name]) == 1
    answer = there.put(f"/api/groups/{mine}/members", {"username": there.name})
    refusal(answer, 404, "not_found")
    answer = here.put(f"/api/groups/{mine}/members", {"username": there.name})
    refusal(answer, 404, "not_found")
