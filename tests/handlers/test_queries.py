"""Saved queries: shared, changed and run by whom their owner lets."""

from typing import Any

import pytest

from tests.server import Served, data, refusal

ABSENT = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def query(house: Served) -> str:
    """A query of the owner, read by analysts, readers and strangers' nobody; editors update it."""
    groups = house.groups
    ident = str(data(house.owner.post("/api/queries", _body(house)), 201)["id"])
    shares = [
        {"group_id": groups["analysts"]},
        {"group_id": groups["readers"]},
        {"group_id": groups["editors"], "can_update": True},
    ]
    data(house.owner.put(f"/api/queries/{ident}/shares", {"groups": shares}))
    return ident


def test_analyst_runs_a_shared_query(house: Served, query: str) -> None:
    run = data(house.analyst.post(f"/api/queries/{query}/runs?wait=30", {}), 201)
    assert (run["state"], run["query_id"], run["text"]) == (
        "succeeded",
        query,
        "select count(*) from items",
    )
    assert data(house.analyst.get(f"/api/runs/{run['id']}/rows"))["rows"] == [[1000]]


def test_query_does_not_open_a_connection_that_one_may_not_run(house: Served, query: str) -> None:
    assert data(house.member.get(f"/api/queries/{query}"))["text"]
    answer = house.member.post(f"/api/queries/{query}/runs", {})
    assert "connection" in refusal(answer, 403, "access_denied")


def test_query_does_not_open_a_connection_that_one_cannot_see(house: Served, query: str) -> None:
    hidden = house.new_connection()
    data(house.owner.patch(f"/api/queries/{query}", {"connection_id": hidden}))
    assert house.analyst.get(f"/api/queries/{query}").status_code == 200
    refusal(house.analyst.post(f"/api/queries/{query}/runs", {}), 404, "not_found")
    assert not house.rows("select 1 from query_runs where connection_id = %s", hidden)


def test_query_cannot_be_moved_to_a_connection_that_one_cannot_see(
    house: Served, query: str
) -> None:
    hidden = house.new_connection()
    answers = [
        house.editor.patch(f"/api/queries/{query}", {"connection_id": ident, "text": "select 2"})
        for ident in (hidden, ABSENT)
    ]
    assert answers[0].content == answers[1].content
    refusal(answers[0], 404, "not_found")
    found = data(house.owner.get(f"/api/queries/{query}"))
    assert (found["connection_id"], found["text"]) == (
        house.connection_id,
        "select count(*) from items",
    )


def test_query_cannot_be_made_on_a_connection_that_one_cannot_see(house: Served) -> None:
    for ident in (house.connection_id, ABSENT):
        body = _body(house) | {"connection_id": ident}
        refusal(house.stranger.post("/api/queries", body), 404, "not_found")


def test_editor_changes_the_text_but_does_not_share_or_delete(house: Served, query: str) -> None:
    changed = data(house.editor.patch(f"/api/queries/{query}", {"text": "select 3"}))
    assert (changed["text"], changed["can"]) == ("select 3", ["run", "update"])
    refusal(house.editor.delete(f"/api/queries/{query}"), 403, "access_denied")
    path = f"/api/queries/{query}/shares"
    refusal(house.editor.put(path, {"groups": []}), 403, "access_denied")
    refusal(house.analyst.patch(f"/api/queries/{query}", {"text": "x"}), 403, "access_denied")
    assert data(house.owner.get(f"/api/queries/{query}"))["text"] == "select 3"


@pytest.mark.parametrize("field", ["id", "owner_id", "account_id", "created_at", "modified"])
def test_ownership_and_keys_cannot_be_patched(house: Served, query: str, field: str) -> None:
    before = house.rows("select * from queries where id = %s", query)
    for caller in (house.owner, house.editor, house.admin):
        answer = caller.patch(f"/api/queries/{query}", {field: 1, "text": "stolen"})
        assert field in refusal(answer, 422, "request_invalid")
    assert house.rows("select * from queries where id = %s", query) == before


def test_query_cannot_be_made_for_another(house: Served) -> None:
    body = _body(house) | {"owner_id": house.owner.user_id}
    assert "owner_id" in refusal(house.analyst.post("/api/queries", body), 422, "request_invalid")


def test_stranger_sees_no_query(house: Served, query: str) -> None:
    for ident in (query, ABSENT, "x"):
        for method, suffix, body in (
            ("GET", "", None),
            ("PATCH", "", {"text": "x"}),
            ("DELETE", "", None),
            ("PUT", "/shares", {"groups": []}),
            ("POST", "/runs", {}),
        ):
            answer = house.stranger.call(method, f"/api/queries/{ident}{suffix}", body)
            message = refusal(answer, 404, "not_found")
            assert message == "There is no such query, or you may not see it."
    assert query not in house.stranger.get("/api/queries").text


def test_name_that_is_taken_is_a_conflict_and_nothing_is_lost(house: Served, query: str) -> None:
    first = data(house.owner.get(f"/api/queries/{query}"))
    body = _body(house) | {"name": first["name"]}
    assert "taken" in refusal(house.owner.post("/api/queries", body), 409, "conflict")
    other = data(house.owner.post("/api/queries", _body(house)), 201)
    renamed = house.owner.patch(f"/api/queries/{other['id']}", {"name": first["name"]})
    assert "taken" in refusal(renamed, 409, "conflict")
    assert data(house.owner.get(f"/api/queries/{other['id']}"))["name"] == other["name"]


def _body(house: Served) -> dict[str, Any]:
    count = house.rows("select count(*) from queries")[0][0]
    return {
        "name": f"query {count}",
        "connection_id": house.connection_id,
        "text": "select count(*) from items",
    }


def test_reader_sees_the_shares_of_his_own_groups(house: Served, query: str) -> None:
    shared = data(house.owner.get(f"/api/queries/{query}/shares"))["groups"]
    seen = data(house.editor.get(f"/api/queries/{query}/shares"))["groups"]
    assert seen
    assert all(link in shared for link in seen)
    refusal(house.stranger.get(f"/api/queries/{query}/shares"), 404, "not_found")
