"""Tokens that are narrowed to some records, or to some networks, over HTTP."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.server import Caller, Served, data, refusal

_numbers = itertools.count()
ABSENT = "00000000-0000-7000-8000-000000000000"


@dataclass
class Ground:
    """A connection that a token is narrowed to, a query, and others of the same people."""

    connection: str
    query: str
    other: str
    other_query: str


@pytest.fixture(scope="module")
def ground(house: Served) -> Iterator[Ground]:
    """Both connections are shared with the analysts, and both queries."""
    other = house.new_connection()
    house.share(other, analysts="run", readers="")
    yield Ground(
        house.connection_id, _query(house, house.connection_id), other, _query(house, other)
    )


def _query(house: Served, connection: str) -> str:
    body = {"name": f"narrow {next(_numbers)}", "connection_id": connection, "text": "select 42"}
    ident = str(data(house.owner.post("/api/queries", body), 201)["id"])
    shares = [{"group_id": house.groups["analysts"], "can_update": True}]
    data(house.owner.put(f"/api/queries/{ident}/shares", {"groups": shares}))
    return ident


def _narrowed(caller: Caller, **fields: Any) -> Caller:
    """Return `caller` with a new token that has all of his permissions."""
    permissions = data(caller.get("/api/profile"))["permissions"]
    body = {"name": f"narrow {next(_numbers)}", "permissions": permissions} | fields
    made = data(caller.post("/api/tokens", body), 201)
    for name, value in fields.items():
        assert made[name] == value
    return Caller(f"{caller.name}, narrowed", caller.base, made["value"], caller.user_id)


@pytest.mark.parametrize("who", ["owner", "analyst", "admin"])
def test_only_the_named_connection_exists(house: Served, ground: Ground, who: str) -> None:
    token = _narrowed(house.people[who], connection_ids=[ground.connection])
    listed = data(token.get("/api/connections"))["items"]
    assert [found["id"] for found in listed] == [ground.connection]
    assert data(token.get(f"/api/connections/{ground.connection}"))["id"] == ground.connection
    assert token.run(ground.connection, "select 1")["state"] == "succeeded"
    for path in ("/api/queries", "/api/groups"):
        assert data(token.get(path))["items"] == []
    assert [user["id"] for user in data(token.get("/api/users"))["items"]] == [token.user_id]
    assert data(token.get("/api/tokens")) == []
    assert data(token.get("/api/cron/jobs")) == []


@pytest.mark.parametrize("who", ["owner", "analyst", "admin"])
def test_what_is_not_named_looks_as_if_it_were_not_there(
    house: Served, ground: Ground, who: str
) -> None:
    token = _narrowed(house.people[who], connection_ids=[ground.connection])
    run = house.people[who].run(ground.other, "select 1")["id"]
    for path, ident in (
        ("/api/connections/{}", ground.other),
        ("/api/connections/{}/shares", ground.other),
        ("/api/queries/{}", ground.other_query),
        ("/api/runs/{}", run),
        ("/api/runs/{}/rows", run),
        ("/api/runs/{}/download?format=csv", run),
    ):
        answers = [token.get(path.format(it)) for it in (ident, ABSENT)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    for ident in (ground.other, ABSENT):
        refusal(token.post("/api/runs", {"connection_id": ident, "sql": "x"}), 404, "not_found")
        refusal(token.patch(f"/api/connections/{ident}", {"name": "x"}), 404, "not_found")
        refusal(token.delete(f"/api/connections/{ident}"), 404, "not_found")


def test_stranger_gains_nothing_by_a_narrowed_token(house: Served, ground: Ground) -> None:
    for names in ({"connection_ids": [ground.connection]}, {"query_ids": [ground.query]}):
        body: dict[str, Any] = {"name": "nosy", "permissions": []} | names
        told = refusal(house.stranger.post("/api/tokens", body), 404, "not_found")
        absent = body | {key: [ABSENT] for key in names}
        assert refusal(house.stranger.post("/api/tokens", absent), 404, "not_found") == told


@pytest.mark.parametrize("who", ["owner", "analyst", "admin"])
def test_named_query_runs_and_cannot_be_rewritten(house: Served, ground: Ground, who: str) -> None:
    token = _narrowed(house.people[who], query_ids=[ground.query])
    assert data(token.get("/api/connections"))["items"] == []
    refusal(token.get(f"/api/connections/{ground.connection}"), 404, "not_found")
    body = {"connection_id": ground.connection, "sql": "select 1"}
    refusal(token.post("/api/runs", body), 404, "not_found")
    path = f"/api/queries/{ground.query}"
    run = data(token.post(f"{path}/runs?wait=30", {}), 201)
    assert run["state"] == "succeeded"
    assert data(token.get(f"/api/runs/{run['id']}/rows"))["rows"] == [["42"]] or data(
        token.get(f"/api/runs/{run['id']}/rows")
    )["rows"] == [[42]]
    assert run["id"] in [found["id"] for found in data(token.get("/api/runs"))["items"]]
    for change in ({"text": "select 2"}, {"connection_id": ground.other}, {"name": "x"}):
        assert token.patch(path, change).status_code in (403, 404)
    refusal(token.put(f"{path}/shares", {"groups": []}), 403, "access_denied")
    refusal(token.post(f"/api/queries/{ground.other_query}/runs", {}), 404, "not_found")
    assert data(house.owner.get(path))["text"] == "select 42"


def test_query_and_its_connection_together_may_be_changed(house: Served, ground: Ground) -> None:
    names = {"connection_ids": [ground.connection], "query_ids": [ground.query]}
    token = _narrowed(house.analyst, **names)
    path = f"/api/queries/{ground.query}"
    assert data(token.patch(path, {"text": "select 42"}))["text"] == "select 42"
    refusal(token.patch(path, {"connection_id": ground.other}), 404, "not_found")


@pytest.mark.parametrize("who", ["owner", "admin"])
def test_narrowed_token_makes_nothing_and_manages_nobody(
    house: Served, ground: Ground, who: str
) -> None:
    token = _narrowed(house.people[who], connection_ids=[ground.connection])
    bodies: list[tuple[str, dict[str, Any], str]] = [
        ("/api/connections", house.connection_body(), "access_denied"),
        ("/api/groups", {"name": "mine"}, "permission_missing"),
        ("/api/tokens", {"name": "wider"}, "access_denied"),
        (
            "/api/queries",
            {"name": "n", "connection_id": ground.connection, "text": "select 1"},
            "access_denied",
        ),
    ]
    for path, body, code in bodies:
        refusal(token.post(path, body), 403, code)
    refusal(token.get("/api/audit"), 403, "permission_missing")
    group = house.groups["analysts"]
    refusal(token.get(f"/api/groups/{group}"), 404, "not_found")
    member = {"username": "stranger"}
    refusal(token.put(f"/api/groups/{group}/members", member), 404, "not_found")
    assert token.get(f"/api/users/{house.analyst.user_id}").status_code == 404


def test_token_stays_narrow_when_what_it_names_is_deleted(house: Served) -> None:
    gone = house.new_connection()
    token = _narrowed(house.owner, connection_ids=[gone])
    data(house.owner.delete(f"/api/connections/{gone}"))
    assert data(token.get("/api/connections"))["items"] == []


def test_token_works_from_its_networks_only(house: Served) -> None:
    near = _narrowed(house.analyst, allowed_addresses=["127.0.0.0/8", "2001:db8::/32"])
    assert data(near.get("/api/profile"))["username"] == "analyst"
    far = _narrowed(house.analyst, allowed_addresses=["192.0.2.0/24"])
    told = refusal(far.get("/api/profile"), 403, "token_address_refused")
    assert "192.0.2" not in told
    line = house.audit(code="token_address_refused")[0]
    assert line["address"] == "127.0.0.1"


def test_token_of_a_token_is_bound_to_its_networks(house: Served) -> None:
    parent = _narrowed(house.analyst, allowed_addresses=["127.0.0.0/8"])
    body: dict[str, Any] = {"name": f"child {next(_numbers)}"}
    assert data(parent.post("/api/tokens", body), 201)["allowed_addresses"] == ["127.0.0.0/8"]
    for wider in ("126.0.0.0/7", "0.0.0.0/0", "::/0", "192.0.2.1"):
        body = {"name": "wider", "allowed_addresses": [wider]}
        refusal(parent.post("/api/tokens", body), 403, "access_denied")
    narrower = _narrowed(parent, allowed_addresses=["127.0.0.1/32"])
    assert data(narrower.get("/api/profile"))["username"] == "analyst"


@pytest.mark.parametrize(
    "wrong", [["10.0.0.1/8"], ["localhost"], [""], [], ["10.0.0.0/33"], "10.0.0.0/8"]
)
def test_what_is_no_network_is_refused(house: Served, wrong: Any) -> None:
    body = {"name": "wrong", "allowed_addresses": wrong}
    assert "allowed_addresses" in refusal(
        house.analyst.post("/api/tokens", body), 422, "request_invalid"
    )
