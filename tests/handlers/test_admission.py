"""Admission requests: who may ask, see, decide and take back."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.handlers.conftest import new_person
from tests.server import Caller, Served, data, refusal


@pytest.fixture
def group(house: Served) -> int:
    """An open group of the owner, its admin, and the analyst."""
    name = f"asked {new_person(house).name}"
    ident = data(house.owner.post("/api/groups", {"name": name}), 201)["id"]
    data(house.owner.put(f"/api/groups/{ident}/members", {"username": "analyst"}))
    return int(ident)


@pytest.fixture
def asker(house: Served) -> Caller:
    """Somebody who is in no group."""
    return new_person(house, "Viewer")


def ask(caller: Caller, group: int, message: str | None = None) -> int:
    answer = caller.post(f"/api/groups/{group}/admission-requests", {"message": message})
    return int(data(answer, 201)["id"])


def members(house: Served, group: int) -> set[str]:
    return {it["username"] for it in data(house.owner.get(f"/api/groups/{group}/members"))}


def test_who_asks_is_let_in_by_an_admin(house: Served, group: int, asker: Caller) -> None:
    request = ask(asker, group, "Please.")
    path = f"/api/admission-requests/{request}"
    shown = data(house.owner.get(path))
    assert (shown["username"], shown["message"], shown["status"]) == (
        asker.name,
        "Please.",
        "pending",
    )
    assert data(house.owner.patch(path, {"status": "accepted"}))["status"] == "accepted"
    assert asker.name in members(house, group)
    assert data(asker.get(path))["decided_at"] is not None
    assert house.audit(action="admission.accepted", object_id=str(request))


def test_who_is_declined_is_not_let_in_and_may_ask_again(
    house: Served, group: int, asker: Caller
) -> None:
    request = ask(asker, group)
    data(house.owner.patch(f"/api/admission-requests/{request}", {"status": "declined"}))
    assert asker.name not in members(house, group)
    assert ask(asker, group) != request


def test_request_is_seen_by_who_asks_and_by_admins_only(
    house: Served, group: int, asker: Caller
) -> None:
    request = ask(asker, group)
    path = f"/api/admission-requests/{request}"
    for caller, is_seen in [
        (asker, True),
        (house.owner, True),
        (house.admin, True),
        (house.analyst, False),  # a member, no admin
        (house.stranger, False),
    ]:
        found = data(caller.get("/api/admission-requests?status=pending&limit=100"))["items"]
        assert (request in {item["id"] for item in found}) is is_seen
        if is_seen:
            data(caller.get(path))
        else:
            refusal(caller.get(path), 404, "not_found")


def test_only_an_admin_decides(house: Served, group: int, asker: Caller) -> None:
    request = ask(asker, group)
    path, body = f"/api/admission-requests/{request}", {"status": "accepted"}
    refusal(asker.patch(path, body), 403, "access_denied")
    for caller in (house.analyst, house.stranger):
        refusal(caller.patch(path, body), 404, "not_found")
    refusal(house.nobody.patch(path, body), 401, "unauthenticated")
    refusal(house.owner.patch(path, {"status": "pending"}), 422, "request_invalid")
    refusal(house.owner.patch(path, body | {"user_id": 1}), 422, "request_invalid")
    assert asker.name not in members(house, group)
    data(house.admin.patch(path, body))
    assert asker.name in members(house, group)


def test_request_is_decided_once(house: Served, group: int, asker: Caller) -> None:
    path = f"/api/admission-requests/{ask(asker, group)}"
    with ThreadPoolExecutor() as pool:
        both = ("accepted", "declined")
        answers = [pool.submit(house.owner.patch, path, {"status": status}) for status in both]
        assert sorted(done.result().status_code for done in answers) == [200, 409]
    is_in = asker.name in members(house, group)
    assert (data(asker.get(path))["status"] == "accepted") is is_in


def test_request_is_taken_back_by_who_asked_while_it_is_pending(
    house: Served, group: int, asker: Caller
) -> None:
    path = f"/api/admission-requests/{ask(asker, group)}"
    refusal(house.stranger.delete(path), 404, "not_found")
    refusal(house.owner.delete(path), 403, "access_denied")
    data(asker.delete(path))
    refusal(house.owner.patch(path, {"status": "accepted"}), 404, "not_found")
    again = f"/api/admission-requests/{ask(asker, group)}"
    data(house.owner.patch(again, {"status": "declined"}))
    refusal(asker.delete(again), 409, "conflict")


def test_nobody_asks_twice_at_once_nor_for_what_he_has(
    house: Served, group: int, asker: Caller
) -> None:
    path = f"/api/groups/{group}/admission-requests"
    ask(asker, group)
    refusal(asker.post(path, {}), 409, "conflict")
    refusal(house.analyst.post(path, {}), 409, "conflict")
    refusal(asker.post(path, {"user_id": 1}), 422, "request_invalid")


def test_private_group_cannot_be_asked(house: Served, group: int, asker: Caller) -> None:
    data(house.owner.patch(f"/api/groups/{group}", {"private": True}))
    refusal(asker.post(f"/api/groups/{group}/admission-requests", {}), 404, "not_found")


def test_group_of_one_user_cannot_be_asked(house: Served, group: int) -> None:
    ((own,),) = house.rows("select id from groups where user_id = %s", house.owner.user_id)
    answer = house.analyst.post(f"/api/groups/{own}/admission-requests", {})
    assert "one user alone" in refusal(answer, 409, "conflict")


def test_expired_user_cannot_ask(house: Served, group: int) -> None:
    answer = house.expired.post(f"/api/groups/{group}/admission-requests", {})
    refusal(answer, 403, "account_expired")
