"""Runs through the gate: who gets the rows, who a refusal, and that all is on record."""

import csv
import io
import json
import signal
import time
import uuid
from typing import Any

import pytest

from tests.processes import command_of
from tests.server import LEASE_SECONDS, Served, data, refusal, say, served, serving, wait_until
from tests.targets import SOON_SECONDS

SQL = "select id, name, price, at from items where id <= 300 order by id"
LONG = "select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b"
ABSENT = "01890000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def run(house: Served) -> dict[str, Any]:
    """A finished run of the analyst."""
    return house.analyst.run(house.connection_id, SQL)


def test_analyst_gets_the_rows_of_a_direct_query(house: Served, run: dict[str, Any]) -> None:
    direct = [
        [ident, name, str(price), at.isoformat()] for ident, name, price, at in _direct(house)
    ]
    assert (run["state"], run["rows"], run["truncated"]) == ("succeeded", 300, None)
    first = data(house.analyst.get(f"/api/runs/{run['id']}/rows"))
    rest = data(house.analyst.get(f"/api/runs/{run['id']}/rows?offset=200&limit=10000"))
    assert first["rows"] + rest["rows"] == direct
    assert (first["total"], first["offset"], rest["offset"]) == (300, 0, 200)
    assert [column["name"] for column in first["columns"]] == ["id", "name", "price", "at"]
    assert first["columns"][2]["source_type"] == "numeric"


def test_downloads_hold_the_same_rows(house: Served, run: dict[str, Any]) -> None:
    direct = _direct(house)
    download = f"/api/runs/{run['id']}/download?format="
    table = house.analyst.get(download + "csv")
    lines = list(csv.reader(io.StringIO(table.content.decode())))
    assert lines[0] == ["id", "name", "price", "at"]
    assert [(line[0], line[1], line[2]) for line in lines[1:]] == [
        (str(ident), name, str(price)) for ident, name, price, _ in direct
    ]
    objects = [json.loads(line) for line in house.analyst.get(download + "jsonl").text.splitlines()]
    assert [(o["id"], o["name"], str(o["price"])) for o in objects] == [
        (ident, name, str(price)) for ident, name, price, _ in direct
    ]
    assert house.analyst.get(download + "arrow").content[:6] == b"ARROW1"


def test_download_is_sent_as_a_file_that_no_browser_runs(
    house: Served, run: dict[str, Any]
) -> None:
    answer = house.analyst.get(f"/api/runs/{run['id']}/download?format=csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{run["id"]}.csv"'
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Baselayer-Truncated"] == "no"


def test_limit_of_rows_is_kept_and_said(house: Served) -> None:
    run = house.analyst.run(house.connection_id, SQL, limit_rows=7)
    assert (run["rows"], run["truncated"]) == (7, "rows")
    answer = house.analyst.get(f"/api/runs/{run['id']}/download?format=jsonl")
    assert len(answer.text.splitlines()) == 7
    assert answer.headers["X-Baselayer-Truncated"] == "rows"


def test_member_without_run_is_refused_and_told_why(house: Served) -> None:
    before = _runs(house)
    answer = house.member.post("/api/runs", {"connection_id": house.connection_id, "sql": SQL})
    assert "not run it" in refusal(answer, 403, "access_denied")
    assert _runs(house) == before


def test_stranger_cannot_tell_a_connection_from_none(house: Served) -> None:
    idents = [house.connection_id, ABSENT]
    answers = [
        house.stranger.post("/api/runs", {"connection_id": ident, "sql": SQL}) for ident in idents
    ]
    _require_alike(*answers)
    refusal(answers[0], 404, "not_found")


@pytest.mark.parametrize("part", ["", "/rows", "/download", "/cancel"])
def test_run_of_another_looks_like_none(house: Served, run: dict[str, Any], part: str) -> None:
    method = "POST" if part == "/cancel" else "GET"
    idents = [run["id"], ABSENT, "1", "x" * 300, "%00", "..%2f", str(uuid.UUID(run["id"]).int)]
    for caller in (house.stranger, house.member, house.editor, house.owner):
        answers = [caller.call(method, f"/api/runs/{ident}{part}") for ident in idents]
        _require_alike(*answers)
        refusal(answers[0], 404, "not_found")


def test_admin_sees_every_run(house: Served, run: dict[str, Any]) -> None:
    assert data(house.admin.get(f"/api/runs/{run['id']}"))["text"] == SQL
    assert len(data(house.admin.get(f"/api/runs/{run['id']}/rows"))["rows"]) == 200


def test_list_holds_only_the_callers_runs(house: Served, run: dict[str, Any]) -> None:
    mine = data(house.analyst.get("/api/runs?limit=100"))["items"]
    assert run["id"] in [item["id"] for item in mine]
    assert {item["user_id"] for item in mine} == {house.analyst.user_id}
    assert data(house.stranger.get("/api/runs"))["items"] == []


def test_losing_the_connection_closes_old_results_at_once(house: Served) -> None:
    ident = house.new_connection()
    house.share(ident, analysts="run")
    run = house.analyst.run(ident, SQL)
    for part in ("", "/rows", "/download"):
        assert house.analyst.get(f"/api/runs/{run['id']}{part}").status_code == 200
    house.share(ident)
    for part in ("", "/rows", "/download"):
        refusal(house.analyst.get(f"/api/runs/{run['id']}{part}"), 404, "not_found")
    refusal(house.analyst.post("/api/runs", {"connection_id": ident, "sql": SQL}), 404, "not_found")
    house.share(ident, analysts="")
    data(house.analyst.get(f"/api/runs/{run['id']}/rows"))
    refusal(
        house.analyst.post("/api/runs", {"connection_id": ident, "sql": SQL}), 403, "access_denied"
    )


def test_deleting_the_connection_closes_its_runs(house: Served) -> None:
    ident = house.new_connection()
    run = house.owner.run(ident, SQL)
    data(house.owner.delete(f"/api/connections/{ident}"))
    refusal(house.owner.get(f"/api/runs/{run['id']}"), 404, "not_found")


def test_acts_and_refusals_are_in_the_audit(house: Served) -> None:
    run = house.analyst.run(house.connection_id, SQL)
    house.analyst.get(f"/api/runs/{run['id']}/download")
    house.stranger.get(f"/api/runs/{run['id']}")
    house.member.post("/api/runs", {"connection_id": house.connection_id, "sql": SQL})
    house.nobody.get("/api/runs")
    ident = run["id"]
    for action in ("run.create", "run.finish", "run.download"):
        (line,) = house.audit(action=action, object_id=ident, outcome="allowed")
        assert line["user_id"] == house.analyst.user_id
        assert line["token_id"] is not None
    (created,) = house.audit(action="run.create", object_id=ident)
    assert created["details"]["text"] == SQL
    (refused,) = house.audit(action=f"GET /api/runs/{ident}", code="not_found")
    assert (refused["user_id"], refused["outcome"]) == (house.stranger.user_id, "refused")
    assert house.audit(action="POST /api/runs", code="access_denied", user_id=house.member.user_id)
    assert house.audit(action="GET /api/runs", code="unauthenticated", user_id=None)


def test_refusal_is_audited_though_the_transaction_rolls_back(house: Served) -> None:
    body = house.connection_body(name="shop")
    message = refusal(house.owner.post("/api/connections", body), 409, "conflict")
    assert message == "That name is taken: choose another one. Nothing was changed."
    (line, *_) = house.audit(action="POST /api/connections", code="conflict")
    assert line["user_id"] == house.owner.user_id


def test_answer_does_not_wait_unless_asked(house: Served) -> None:
    begun = time.monotonic()
    run = _start(house, LONG)
    assert time.monotonic() - begun < SOON_SECONDS
    assert run["state"] in ("queued", "running")
    data(house.analyst.post(f"/api/runs/{run['id']}/cancel"))


def test_cancel_reaches_the_database_soon(house: Served) -> None:
    run = _start(house, LONG)
    wait_until(lambda: _backends(house))
    wait_until(lambda: data(house.analyst.get(f"/api/runs/{run['id']}"))["state"] == "running")
    message = refusal(house.analyst.get(f"/api/runs/{run['id']}/rows"), 409, "run_without_result")
    assert "running" in message
    begun = time.monotonic()
    data(house.analyst.post(f"/api/runs/{run['id']}/cancel"))
    wait_until(lambda: not _backends(house), seconds=SOON_SECONDS)
    took = time.monotonic() - begun
    say(f"cancelled after {took:.2f} s")
    ended = data(house.analyst.get(f"/api/runs/{run['id']}?wait=10"))
    assert (ended["state"], ended["error_code"]) == ("cancelled", "run_cancelled")
    assert data(house.analyst.post(f"/api/runs/{run['id']}/cancel"))["state"] == "cancelled"


def test_timeout_of_the_connection_ends_a_run(house: Served) -> None:
    ident = house.new_connection(timeout_seconds=0.5)
    run = house.owner.run(ident, LONG)
    assert (run["state"], run["error_code"]) == ("failed", "query_timeout")


def test_killed_executor_loses_its_run_at_once_and_the_next_one_works(house: Served) -> None:
    run = _start(house, LONG)
    wait_until(lambda: _backends(house))
    killed = house.executor()
    killed.kill()
    ended = data(house.analyst.get(f"/api/runs/{run['id']}?wait=5"))
    assert (ended["state"], ended["error_code"]) == ("lost", "run_lost")
    wait_until(lambda: any("/executor.sock" in command_of(p) for p in house.processes()))
    again = wait_until(lambda: _succeeds(house))
    assert again["rows"] == 1


def test_runs_of_a_killed_server_are_lost_within_their_lease() -> None:
    with served() as house:
        run = _start(house, LONG)
        wait_until(lambda: _backends(house))
        house.process.send_signal(signal.SIGKILL)
        house.process.wait()
        with serving(house.home) as (_, base):
            house.analyst.base = base
            begun = time.monotonic()
            ended = wait_until(lambda: _ended(house, run["id"]), seconds=LEASE_SECONDS + 3)
            say(f"lost {time.monotonic() - begun:.2f} s after the start of the next server")
            assert (ended["state"], ended["error_code"]) == ("lost", "run_lost")
            wait_until(lambda: not _backends(house), seconds=5)
            assert house.analyst.run(house.connection_id, "select 1")["state"] == "succeeded"
            left = _start(house, LONG)
        with serving(house.home) as (_, base):
            house.analyst.base = base
            ended = data(house.analyst.get(f"/api/runs/{left['id']}"))
            assert (ended["state"], ended["error_code"]) == ("lost", "run_lost")


def _direct(house: Served) -> list[tuple[Any, ...]]:
    return house.target.admin(SQL)


def _runs(house: Served) -> int:
    count: int = house.rows("select count(*) from query_runs")[0][0]
    return count


def _start(house: Served, sql: str) -> dict[str, Any]:
    body = {"connection_id": house.connection_id, "sql": sql}
    started: dict[str, Any] = data(house.analyst.post("/api/runs", body), 201)
    return started


def _succeeds(house: Served) -> dict[str, Any] | None:
    run = house.analyst.run(house.connection_id, "select 1")
    assert run["state"] == "succeeded" or run["error_code"] == "executor_unavailable", run
    return run if run["state"] == "succeeded" else None


def _ended(house: Served, ident: str) -> dict[str, Any] | None:
    run: dict[str, Any] = data(house.analyst.get(f"/api/runs/{ident}"))
    return None if run["state"] in ("queued", "running", "cancelling") else run


def _backends(house: Served) -> int:
    """Return how many sessions of stored connections work in the target."""
    sql = "select count(*) from pg_stat_activity where usename = 'canary' and state = 'active'"
    count: int = house.target.admin(sql)[0][0]
    return count


def _require_alike(*answers: Any) -> None:
    """Fail unless the answers are the same to the byte, in their headers too."""
    assert len({answer.content for answer in answers}) == 1, {a.text for a in answers}
    headers = [{k: v for k, v in a.headers.items() if k != "Date"} for a in answers]
    assert all(found == headers[0] for found in headers), headers
    assert len({answer.status_code for answer in answers}) == 1
