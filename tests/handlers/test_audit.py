"""The audit as a list: who may read it, by which filters, page by page."""

from typing import Any

import pytest

from tests.server import Caller, Served, data, refusal


@pytest.fixture(scope="module")
def lines(house: Served) -> list[dict[str, Any]]:
    """Return seven lines of one act, newest first."""
    for number in range(7):
        data(house.admin.post("/api/groups", {"name": f"audited {number}"}), 201)
    found = data(house.admin.get("/api/audit?action=group.create&limit=7"))
    items: list[dict[str, Any]] = found["items"]
    return items


def test_pages_go_on_where_the_last_one_ended(house: Served, lines: list[dict[str, Any]]) -> None:
    seen, path = [], "/api/audit?action=group.create&limit=3"
    for _ in range(2):
        page = data(house.admin.get(path))
        seen += page["items"]
        path = f"/api/audit?action=group.create&limit=3&after_id={page['next']}"
    assert seen == lines[:6]
    assert [line["id"] for line in lines] == sorted((line["id"] for line in lines), reverse=True)


@pytest.mark.parametrize("name", ["user_id", "object_id", "action", "outcome"])
def test_filter_keeps_only_what_it_names(
    house: Served, lines: list[dict[str, Any]], name: str
) -> None:
    wanted = lines[0][name]
    found = data(house.admin.get("/api/audit", params={name: wanted}))["items"]
    assert lines[0] in found
    assert {line[name] for line in found} == {wanted}
    other = -1 if name == "user_id" else "nothing of the kind"
    assert data(house.admin.get("/api/audit", params={name: other}))["items"] == []


def test_line_that_is_not_there_is_no_place_to_go_on_from(house: Served) -> None:
    absent = "/api/audit?after_id=01890000-0000-7000-8000-000000000000"
    assert "first page" in refusal(house.admin.get(absent), 422, "request_invalid")


def test_reading_it_takes_its_permission(house: Served, lines: list[dict[str, Any]]) -> None:
    assert lines
    refusal(house.nobody.get("/api/audit"), 401, "unauthenticated")
    for caller in (house.owner, house.member, house.stranger):
        refusal(caller.get("/api/audit"), 403, "permission_missing")
    assert data(_token(house, "Read audit log").get("/api/audit?limit=1"))["next"]
    refusal(_token(house, "Run queries").get("/api/audit"), 403, "permission_missing")


def _token(house: Served, permission: str) -> Caller:
    """Return a token of the administrator with one permission."""
    body = {"name": f"audit {permission}", "permissions": [permission]}
    value = data(house.admin.post("/api/tokens", body), 201)["value"]
    return Caller(permission, house.base, value)
