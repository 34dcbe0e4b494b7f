"""Stored connections over HTTP: test, change, share, list; what is refused, and in which words."""

from typing import Any

import pytest

from tests.server import CANARY, Served, data, refusal

ABSENT = "01890000-0000-7000-8000-000000000000"


def test_test_of_a_connection_tells_each_step(house: Served, shared: str) -> None:
    found = data(house.analyst.post(f"/api/connections/{shared}/test"))
    assert found["ok"]
    assert [step["name"] for step in found["steps"]] == ["resolve", "login", "select 1"]
    assert house.audit(action="connection.test", object_id=shared)


@pytest.mark.parametrize(
    ("changes", "code", "told"),
    [
        ({"password": "wrong"}, "target_login_failed", "password"),
        ({"username": "nobody-such"}, "target_login_failed", "user"),
        ({"database": "no_such_db"}, "target_login_failed", "database"),
        ({"port": 1}, "target_unreachable", "port"),
        ({"host": "no-such-host.invalid"}, "target_unreachable", "no-such-host.invalid"),
        ({"tls_mode": "require"}, "target_tls_failed", "TLS"),
        ({"host": "169.254.169.254"}, "address_not_allowed", "169.254.169.254"),
        ({"password": None}, "target_password_missing", "password"),
    ],
)
def test_way_that_fails_is_told_in_words(
    house: Served, changes: dict[str, Any], code: str, told: str
) -> None:
    ident = house.new_connection(**{"connect_timeout_seconds": 3} | changes)
    run = house.owner.run(ident, "select 1")
    assert (run["state"], run["error_code"]) == ("failed", code), run
    assert told in run["error_message"]
    assert run["error_message"].endswith(".")
    found = data(house.owner.post(f"/api/connections/{ident}/test"))
    assert found["steps"][-1]["code"] == code
    for text in (run["error_message"], str(found)):
        assert CANARY not in text
    data(house.owner.delete(f"/api/connections/{ident}"))


def test_metadata_and_own_port_are_no_targets(house: Served) -> None:
    port = int(house.base.rpartition(":")[2])
    ident = house.new_connection(port=port)
    assert house.owner.run(ident, "select 1")["error_code"] == "address_not_allowed"


@pytest.mark.parametrize(
    "host",
    [
        *("169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "::ffff:a9fe:a9fe"),
        *("64:ff9b::a9fe:a9fe", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
        *("2002:a9fe:a9fe::", "::a9fe:a9fe", "0.0.0.0", "::", "224.0.0.1"),  # noqa: S104
    ],
)
def test_address_that_is_never_allowed_is_refused_in_every_spelling(
    house: Served, host: str
) -> None:
    ident = house.new_connection(host=host, port=80, connect_timeout_seconds=3)
    for step in data(house.owner.post(f"/api/connections/{ident}/test"))["steps"]:
        assert (step["name"], step["code"]) == ("resolve", "address_not_allowed")
    data(house.owner.delete(f"/api/connections/{ident}"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1"])
def test_own_port_is_no_target_in_any_spelling(house: Served, host: str) -> None:
    ident = house.new_connection(host=host, port=int(house.base.rpartition(":")[2]))
    steps = data(house.owner.post(f"/api/connections/{ident}/test"))["steps"]
    assert [step["code"] for step in steps] == ["address_not_allowed"]
    data(house.owner.delete(f"/api/connections/{ident}"))


@pytest.mark.parametrize(
    "host", ["①②⑦.⓪.⓪.①", "fe80::1%lo", "h%00", "db\n", "shop:5432", "(DESCRIPTION=x)", "host=/tmp"]
)
def test_host_that_is_more_than_a_name_is_not_stored(house: Served, host: str) -> None:
    before = house.rows("select count(*) from connections")
    body = house.connection_body(host=host)
    assert "host" in refusal(house.owner.post("/api/connections", body), 422, "request_invalid")
    assert house.rows("select count(*) from connections") == before


@pytest.mark.parametrize(
    "field",
    [
        {"host": "/tmp"},
        {"host": "a,b"},
        {"host": "x?host=/tmp"},
        {"host": "a b"},
        {"host": ""},
        {"host": "-x"},
        {"host": "user@host"},
        {"port": 0},
        {"port": 70000},
        {"engine": "access97"},
        {"tls_mode": "prefer"},
        {"database": "a\nb"},
        {"name": ""},
        {"name": "   "},
        {"timeout_seconds": 0},
        {"limit_rows": 2**31},
        {"limit_bytes": 2**63},
        {"unknown": 1},
        {"owner_id": 1},
        {"sealed_password": "v1.x.y"},
        {"url": "postgresql://x"},
    ],
)
def test_field_that_is_wrong_is_named(house: Served, field: dict[str, Any]) -> None:
    before = house.rows("select count(*) from connections")
    answer = house.owner.post("/api/connections", house.connection_body(**field))
    (name,) = field
    assert name in refusal(answer, 422, "request_invalid")
    assert house.rows("select count(*) from connections") == before


@pytest.mark.parametrize("name", ["passfile", "sslkey", "service", "hostaddr", "options"])
def test_option_that_the_driver_does_not_offer_is_refused(
    house: Served, shared: str, name: str
) -> None:
    body = house.connection_body(options={name: "/etc/shadow"})
    assert name in refusal(house.owner.post("/api/connections", body), 422, "unknown_option")
    answer = _patch(house, shared, options={name: "x"})
    assert name in refusal(answer, 422, "unknown_option")


@pytest.mark.parametrize(
    "field",
    [
        "id",
        "owner_id",
        "account_id",
        "created_at",
        "kind",
        "engine",
        "sealed_password",
        "sealed_ssh_password",
    ],
)
def test_ownership_and_keys_cannot_be_patched(house: Served, shared: str, field: str) -> None:
    before = house.rows("select * from connections where id = %s", shared)
    for caller in (house.owner, house.editor, house.admin):
        answer = caller.patch(f"/api/connections/{shared}", {field: 1, "description": "stolen"})
        assert field in refusal(answer, 422, "request_invalid")
    assert house.rows("select * from connections where id = %s", shared) == before


@pytest.mark.parametrize("field", ["name", "host", "port", "database", "tls_mode", "options"])
def test_null_is_refused_where_a_value_is_needed(house: Served, shared: str, field: str) -> None:
    assert field in refusal(_patch(house, shared, **{field: None}), 422, "request_invalid")


def test_editor_cannot_share_what_he_may_update(house: Served, shared: str) -> None:
    before = house.rows("select * from group_connections where connection_id = %s", shared)
    path = f"/api/connections/{shared}/shares"
    mine = {"group_id": house.groups["editors"], "can_run": True, "can_update": True}
    for groups in ([mine], []):
        answer = house.editor.put(path, {"groups": groups})
        assert "not share it" in refusal(answer, 403, "access_denied")
    assert house.rows("select * from group_connections where connection_id = %s", shared) == before


def test_reader_is_shown_only_his_own_groups(house: Served, shared: str) -> None:
    path = f"/api/connections/{shared}/shares"
    seen = {name: data(house.people[name].get(path))["groups"] for name in ("owner", "analyst")}
    assert len(seen["owner"]) == 2
    assert [share["group_id"] for share in seen["analyst"]] == [house.groups["analysts"]]


def test_group_that_one_cannot_see_is_as_absent(house: Served, shared: str) -> None:
    hidden = data(
        house.admin.post("/api/groups", {"name": f"hidden {shared}", "private": True}), 201
    )["id"]
    messages = [
        refusal(
            house.owner.put(f"/api/connections/{shared}/shares", {"groups": [{"group_id": ident}]}),
            404,
            "not_found",
        ).replace(str(ident), "N")
        for ident in (hidden, 2_000_000_000)
    ]
    assert len(set(messages)) == 1


def test_owner_who_left_a_group_can_still_take_the_share_back(house: Served, shared: str) -> None:
    group = data(house.admin.post("/api/groups", {"name": f"left {shared}"}), 201)["id"]
    data(house.admin.put(f"/api/groups/{group}/members", {"username": "owner"}))
    path = f"/api/connections/{shared}/shares"
    data(house.owner.put(path, {"groups": [{"group_id": group, "can_run": True}]}))
    data(house.owner.delete(f"/api/groups/{group}/members/{house.owner.user_id}"))
    data(house.owner.put(path, {"groups": []}))
    assert not house.rows("select 1 from group_connections where connection_id = %s", shared)


def test_what_the_caller_may_do_is_shown(house: Served, shared: str) -> None:
    can = {
        name: data(house.people[name].get(f"/api/connections/{shared}"))["can"]
        for name in ("owner", "editor", "analyst")
    }
    assert can == {
        "owner": ["run", "update", "delete", "share"],
        "editor": ["run", "update"],
        "analyst": ["run"],
    }
    listed = data(house.analyst.get("/api/connections?limit=100"))["items"]
    assert {item["id"]: item["can"] for item in listed}[shared] == ["run"]


def test_list_goes_on_where_its_page_ended(house: Served) -> None:
    for _ in range(3):
        house.new_connection(house.stranger)
    seen: list[str] = []
    path = "/api/connections?limit=2"
    while path:
        page = data(house.stranger.get(path))
        seen += [item["id"] for item in page["items"]]
        path = page["next"] and f"/api/connections?limit=2&after_id={page['next']}"
    assert len(seen) == len(set(seen)) >= 3
    assert seen == sorted(seen, reverse=True)


def test_cursor_that_one_cannot_see_tells_nothing(house: Served) -> None:
    messages = {
        refusal(house.stranger.get(f"/api/connections?after_id={i}"), 422, "request_invalid")
        for i in (house.connection_id, ABSENT)
    }
    assert len(messages) == 1


def _patch(house: Served, ident: str, **changes: Any) -> Any:
    return house.editor.patch(f"/api/connections/{ident}", changes)
