"""Tokens: never more than their maker, and gone when they are deleted."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from baselayer.app.db.types import utcnow
from baselayer.app.identity.tokens import hash_of, is_well_formed
from tests.server import Caller, Served, data, eventually, refusal

_numbers = itertools.count()


def test_value_is_shown_once_and_only_its_hash_is_kept(house: Served) -> None:
    made = _make(house.analyst)
    assert is_well_formed(made["value"])
    stored = house.rows("select value_hash from tokens where id = %s", made["id"])
    assert stored == [(hash_of(made["value"]),)]
    listed = house.analyst.get("/api/tokens")
    assert made["value"] not in listed.text
    assert made["name"] in listed.text
    assert hash_of(made["value"]) not in listed.text


def test_token_has_only_the_permissions_that_it_was_given(house: Served) -> None:
    token = _caller(house, _make(house.analyst, permissions=["Run queries"]))
    assert data(token.get("/api/profile"))["permissions"] == ["Run queries"]
    answer = token.post("/api/connections", house.connection_body())
    assert "Manage connections" in refusal(answer, 403, "permission_missing")


@pytest.mark.parametrize("permission", ["System admin", "Write queries", "Nothing of the kind"])
def test_token_cannot_be_given_what_its_maker_lacks(house: Served, permission: str) -> None:
    before = house.rows("select count(*) from tokens")
    body = {"name": "greedy", "permissions": [permission]}
    assert permission in refusal(house.analyst.post("/api/tokens", body), 403, "access_denied")
    assert house.rows("select count(*) from tokens") == before


def test_token_of_a_token_has_at_most_that_tokens_permissions(house: Served) -> None:
    weak = _caller(house, _make(house.analyst, permissions=["Run queries"]))
    body = {"name": "stronger", "permissions": ["Manage connections"]}
    refusal(weak.post("/api/tokens", body), 403, "access_denied")
    weakest = _caller(house, _make(weak))
    assert data(weakest.get("/api/profile"))["permissions"] == []


def test_token_of_a_token_does_not_outlive_it(house: Served) -> None:
    soon = utcnow() + timedelta(hours=1)
    short = _caller(house, _make(house.analyst, expires_at=soon.isoformat()))
    assert _make(short)["expires_at"] <= soon.isoformat().replace("+00:00", "Z")
    later = (soon + timedelta(hours=1)).isoformat()
    answer = short.post("/api/tokens", {"name": "longer", "expires_at": later})
    assert "expires_at" in refusal(answer, 422, "request_invalid")


@pytest.mark.parametrize("days", [-1, 366])
def test_lifetime_is_bounded(house: Served, days: int) -> None:
    moment = (utcnow() + timedelta(days=days)).isoformat()
    answer = house.analyst.post("/api/tokens", {"name": "long", "expires_at": moment})
    refusal(answer, 422, "request_invalid")


def test_permission_named_twice_is_one(house: Served) -> None:
    made = _make(house.analyst, permissions=["Run queries", "Run queries"])
    assert made["permissions"] == ["Run queries"]


def test_deleted_token_stops_at_once(house: Served) -> None:
    made = _make(house.analyst)
    token = _caller(house, made)
    data(token.get("/api/profile"))
    data(house.analyst.delete(f"/api/tokens/{made['id']}"))
    refusal(token.get("/api/profile"), 401, "token_invalid")


def test_token_of_another_is_neither_seen_nor_deleted(house: Served) -> None:
    made = _make(house.owner)
    refusal(house.analyst.delete(f"/api/tokens/{made['id']}"), 404, "not_found")
    assert made["name"] not in house.analyst.get("/api/tokens").text
    data(_caller(house, made).get("/api/profile"))


@pytest.mark.parametrize("field", ["created_by_id", "account_id", "value_hash", "id", "value"])
def test_token_cannot_be_made_for_another(house: Served, field: str) -> None:
    body = {"name": "foreign", field: house.owner.user_id}
    assert field in refusal(house.analyst.post("/api/tokens", body), 422, "request_invalid")


def test_use_is_noted(house: Served) -> None:
    made = _make(house.analyst)
    assert made["last_used_at"] is None
    data(_caller(house, made).get("/api/profile"))
    (found,) = [t for t in data(house.analyst.get("/api/tokens")) if t["id"] == made["id"]]
    assert found["last_used_at"] is not None


def test_losing_a_role_takes_effect_at_once(house: Served) -> None:
    token = _caller(house, _make(house.stranger, permissions=["Run queries"]))
    assert data(token.get("/api/profile"))["permissions"] == ["Run queries"]
    ident = house.stranger.user_id
    house.rows("delete from user_roles where user_id = %s", ident)
    try:
        eventually(lambda: _require(data(token.get("/api/profile"))["permissions"] == []))
        body = {"connection_id": house.connection_id, "sql": "select 1"}
        refusal(token.post("/api/runs", body), 403, "permission_missing")
    finally:
        house.rows(
            "insert into user_roles (user_id, role_id, created_at, modified)"
            " values (%s, 'Analyst', now(), now())",
            ident,
        )
    eventually(lambda: _require(data(token.get("/api/profile"))["permissions"] == ["Run queries"]))


def test_token_of_an_account_that_was_closed_is_refused(house: Served) -> None:
    house.rows("update accounts set is_active = false")
    try:
        eventually(lambda: refusal(house.analyst.get("/api/profile"), 401, "token_invalid"))
    finally:
        house.rows("update accounts set is_active = true")


def test_expired_account_may_look_but_not_act(house: Served) -> None:
    profile = data(house.expired.get("/api/profile"))
    assert (profile["permissions"], profile["expired_at"] is None) == ([], False)
    answer = house.expired.post("/api/tokens", {"name": "x"})
    assert "may look but not act" in refusal(answer, 403, "account_expired")


def _require(condition: bool) -> None:
    assert condition


def _make(caller: Caller, **fields: Any) -> dict[str, Any]:
    body = {"name": f"made {next(_numbers)}"} | fields
    made: dict[str, Any] = data(caller.post("/api/tokens", body), 201)
    return made


def _caller(house: Served, made: dict[str, Any]) -> Caller:
    return Caller(made["name"], house.base, made["value"])
