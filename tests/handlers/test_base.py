"""What every route shares: the envelope, its headers, who is calling, and bad requests."""

import http.client
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from baselayer import __version__
from tests.server import MAX_BODY_BYTES, Caller, Served, data, refusal

RUN = "/api/runs"


def test_success_is_in_the_envelope(house: Served) -> None:
    answer = house.nobody.get("/healthz")
    assert answer.json() == {"status": "success", "data": {"version": __version__}}
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_error_is_in_the_envelope(house: Served) -> None:
    answer = house.nobody.get("/api/profile")
    assert answer.json() == {
        "status": "error",
        "message": 'Say who is calling: send "Authorization: token bl_…".',
        "data": {"code": "unauthenticated"},
    }
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("path", ["/healthz", "/api/profile", "/nothing/here"])
def test_answers_are_not_kept_sniffed_or_framed(house: Served, path: str) -> None:
    headers = house.nobody.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert not {"Server", "Etag", "Access-Control-Allow-Origin", "Set-Cookie"} & set(headers)


@pytest.mark.parametrize("scheme", ["token", "Token", "TOKEN", "bearer", "Bearer", "BEARER"])
def test_token_is_taken_with_either_scheme_in_any_case(house: Served, scheme: str) -> None:
    caller = Caller("raw", house.base)
    headers = {"Authorization": f"{scheme} {house.analyst.value}"}
    assert data(caller.get("/api/profile", headers=headers))["username"] == "analyst"


@pytest.mark.parametrize("header", ["Basic YTpi", "token", "bl_x", "Bearer  ", "token a b"])
def test_other_credentials_are_refused(house: Served, header: str) -> None:
    answer = Caller("raw", house.base).get("/api/profile", headers={"Authorization": header})
    assert answer.json()["data"]["code"] in ("unauthenticated", "token_invalid")
    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["token", "Token", "access_token", "password", "authorization"])
def test_credentials_in_the_address_are_refused(house: Served, name: str) -> None:
    value = str(house.analyst.value)
    for caller in (house.nobody, house.analyst):
        answer = caller.get(f"/api/profile?{name}={value}")
        message = refusal(answer, 400, "credential_in_address")
        assert "Authorization header" in message
        assert value not in answer.text
    assert value not in house.log_path.read_text()
    assert value not in str(house.rows("select * from audit_events"))


def test_token_in_the_address_does_nothing_for_its_bearer(house: Served) -> None:
    value = str(house.owner.value)
    for write in (house.nobody.post, house.owner.post):
        answer = write(f"/api/groups?token={value}", {"name": "by address"})
        refusal(answer, 400, "credential_in_address")
    assert house.rows("select from groups where name = 'by address'") == []
    assert value not in house.log_path.read_text()


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/api/profile?verbose=1", "verbose"),
        ("/healthz?verbose=1", "verbose"),
        ("/api/connections?limt=5", "limt"),
        ("/api/connections?limit=0", "limit"),
        ("/api/connections?limit=many", "limit"),
        ("/api/connections?order=password", "order"),
        ("/api/connections?created_after_datetime=2024-01-01T00:00:00", "created_after_datetime"),
        ("/api/runs?offset=99999999999999999999", "offset"),
        ("/api/audit?limit=100000", "limit"),
    ],
)
def test_query_parameter_that_is_unknown_or_wrong_is_named(
    house: Served, path: str, named: str
) -> None:
    answer = house.admin.get(path)
    assert named in refusal(answer, 422, "request_invalid")
    assert named in answer.json()["data"]["fields"]


@pytest.mark.parametrize("path", ["/api/nothing", "/", "/api/runs/", "/api//runs", "/API/runs"])
def test_unknown_path_is_not_found(house: Served, path: str) -> None:
    assert "/openapi.json" in refusal(house.analyst.get(path), 404, "not_found")


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/nothing"), ("TRACE", RUN)])
def test_answer_before_the_request_is_read_says_that_it_is_the_last(
    house: Served, method: str, path: str
) -> None:
    assert house.analyst.call(method, path).headers["Connection"] == "close"
    assert "Connection" not in house.analyst.get(RUN).headers


def test_wrong_method_is_told_with_those_that_work(house: Served) -> None:
    for method in ("DELETE", "PUT", "HEAD", "OPTIONS", "TRACE"):
        answer = house.analyst.call(method, RUN)
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, POST"
    refusal(house.analyst.delete(RUN), 405, "method_not_allowed")


@pytest.mark.parametrize(
    ("body", "status", "code", "told"),
    [
        (b'{"connection_id": ', 400, "body_malformed", "not JSON"),
        (b"select 1", 400, "body_malformed", "not JSON"),
        (b"[1, 2]", 400, "body_malformed", "not an object"),
        (b'"text"', 400, "body_malformed", "not an object"),
        (b"null", 400, "body_malformed", "not an object"),
        (b'{"sql": "\xff\xfe"}', 400, "body_malformed", "not JSON"),
        (b'{"sql": "\\ud800"}', 400, "body_malformed", "not JSON"),
        (b"[" * 100_000, 400, "body_malformed", "nested too deeply"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400, "body_malformed", "nested too deeply"),
        (b"{}", 422, "request_invalid", "connection_id: Field required"),
        (b"", 422, "request_invalid", "connection_id: Field required"),
        (b'{"sql": "select 1", "user_id": 1}', 422, "request_invalid", "user_id: Extra inputs"),
        (b'{"sql": "a\\u0000b"}', 422, "request_invalid", "NUL"),
        (b'{"limit_rows": 99999999999999999999}', 422, "request_invalid", "limit_rows"),
        (b'{"connection_id": "1; drop"}', 422, "request_invalid", "connection_id"),
    ],
)
def test_bad_body_is_refused_in_words(
    house: Served, body: bytes, status: int, code: str, told: str
) -> None:
    before = house.rows("select count(*) from query_runs")
    answer = house.analyst.call("POST", RUN, data=body)
    message = refusal(answer, status, code)
    assert told in message
    assert message.endswith("Nothing was changed.")
    assert house.rows("select count(*) from query_runs") == before


@pytest.mark.parametrize("chunked", [False, True])
def test_body_over_the_limit_is_read_to_its_end_and_refused(house: Served, chunked: bool) -> None:
    body = b'{"sql": "' + b"x" * (3 * MAX_BODY_BYTES) + b'"}'
    pieces = (body[i : i + 65_536] for i in range(0, len(body), 65_536))
    answer = house.analyst.call("POST", RUN, data=pieces if chunked else body)
    message = refusal(answer, 413, "body_too_large")
    assert f"{MAX_BODY_BYTES:,} are allowed" in message
    assert data(house.analyst.get("/api/profile"))["username"] == "analyst"


def test_body_of_exactly_the_limit_is_taken(house: Served) -> None:
    frame = json.dumps({"connection_id": house.connection_id, "sql": "select 1 --"}).encode()
    body = frame.replace(b"--", b"--" + b"x" * (MAX_BODY_BYTES - len(frame)))
    data(house.analyst.call("POST", RUN, data=body), 201)


def test_one_connection_serves_after_an_error(house: Served) -> None:
    address = urlsplit(house.base)
    client = http.client.HTTPConnection(address.hostname or "", address.port)
    headers = {"Authorization": f"token {house.analyst.value}"}
    for body, status in ((b"{", 400), (b"x" * 2 * MAX_BODY_BYTES, 413), (b"[]", 400)):
        client.request("POST", RUN, body, headers)
        answer = client.getresponse()
        answer.read()
        assert answer.status == status
    client.close()


@pytest.mark.parametrize(
    "path", ["/api/runs/%ff", "/api/groups/%ff", "/api/runs?limit=%ff", "/api/groups/1%0a"]
)
def test_address_that_is_not_text_is_refused(house: Served, path: str) -> None:
    answer = _raw(house, f"GET {path} HTTP/1.1")
    assert answer[0] in (404, 422)
    assert answer[1]["status"] == "error"


@pytest.mark.parametrize(
    "ident", ["0", "-1", "99999999999", "9" * 400, "²", "1.0", "1_0", "null", "1%20", "+1"]
)
def test_number_that_is_no_id_is_simply_absent(house: Served, ident: str) -> None:
    for path in (f"/api/groups/{ident}", f"/api/users/{ident}"):
        refusal(house.analyst.get(path), 404, "not_found")
    group = house.groups["analysts"]
    refusal(house.owner.delete(f"/api/groups/{group}/members/{ident}"), 404, "not_found")
    refusal(house.analyst.delete(f"/api/tokens/{ident}"), 404, "not_found")


@pytest.mark.parametrize("after", ["2147483647", "99999999999999999999", "x"])
@pytest.mark.parametrize("noun", ["runs", "groups", "connections", "users"])
def test_cursor_of_another_kind_is_refused(house: Served, noun: str, after: str) -> None:
    answer = house.stranger.get(f"/api/{noun}?after_id={after}")
    refusal(answer, 422, "request_invalid")


def _raw(house: Served, line: str) -> tuple[int, Any]:
    """Send a request line as it stands, and return the status and the body."""
    address = urlsplit(house.base)
    with socket.create_connection((address.hostname, address.port)) as wire:
        head = f"{line}\r\nHost: x\r\nConnection: close\r\n"
        wire.sendall(f"{head}Authorization: token {house.analyst.value}\r\n\r\n".encode())
        received = b""
        while piece := wire.recv(65_536):
            received += piece
    head, _, body = received.decode().partition("\r\n\r\n")
    return int(head.split()[1]), json.loads(body)
