"""Finding records, and starting runs."""

import pytest

from baselayer.client import Client, ClientError
from tests.client.conftest import Stub

ONE = "01a201b3-d349-707c-a467-65eb07ee1e36"
TWO = "01a201b3-d349-707c-a467-65eb07ee1e37"
LIST = "GET /api/connections"
RUN = {"id": TWO, "state": "succeeded", "truncated": None}


def page(*names: str, next: str | None = None) -> dict[str, object]:
    return {"items": [{"name": name, "id": ONE} for name in names], "next": next}


def test_every_page_of_a_list_is_read(stub: Stub, client: Client) -> None:
    stub.gives(LIST, page("a", next=ONE), page("b"))
    assert [record["name"] for record in client.connections()] == ["a", "b"]
    assert stub.asked[1][0] == f"{LIST}?limit=100&after_id={ONE}"


def test_connection_is_known_by_name_or_id(stub: Stub, client: Client) -> None:
    stub.gives(LIST, page("a", "b"))
    assert client.connection_id("b") == ONE
    assert client.connection_id(TWO) == TWO
    assert len(stub.asked) == 1


def test_unknown_and_ambiguous_names_are_told(stub: Stub, client: Client) -> None:
    stub.gives(LIST, page("a", "a"))
    with pytest.raises(ClientError, match="There is no connection 'c'"):
        client.connection_id("c")
    with pytest.raises(ClientError, match=f"Several owners .* {ONE}"):
        client.connection_id("a")


def test_run_is_started_with_what_was_asked(stub: Stub, client: Client) -> None:
    stub.gives("POST /api/runs", RUN)
    assert client.run("select 1", ONE, limit_rows=5).state == "succeeded"
    assert stub.asked[0][1] == {"connection_id": ONE, "sql": "select 1", "limit_rows": 5}


def test_saved_query_is_started_by_name(stub: Stub, client: Client) -> None:
    stub.gives("GET /api/queries", page("busy"))
    stub.gives(f"POST /api/queries/{ONE}/runs", RUN)
    assert client.run_query("busy").id == TWO
    assert stub.asked[1][1] == {}


def test_connection_is_tested(stub: Stub, client: Client) -> None:
    stub.gives(f"POST /api/connections/{ONE}/test", {"ok": True, "steps": []})
    assert client.test(ONE) == {"ok": True, "steps": []}
