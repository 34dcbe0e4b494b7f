"""Statements that are not run: each refused in words, and nothing in the database changed."""

import pytest

from tests.server import Served, refusal, wait_until


@pytest.fixture(scope="module")
def writable(house: Served) -> str:
    """A connection that may write, to a role that may."""
    ident = house.new_connection(
        read_only=False, username="writer", password=house.target.passwords["writer"]
    )
    house.share(ident, analysts="run")
    return ident


@pytest.mark.parametrize(
    ("sql", "code", "told"),
    [
        ("selec 1", "sql_unparseable", "selec"),
        ("select from where", "sql_unparseable", ""),
        ("select 'open", "sql_unparseable", ""),
        ("select 1; select 2", "sql_several_statements", "one"),
        ("commit; delete from items", "sql_several_statements", ""),
        ("rollback; insert into items values (0)", "sql_several_statements", ""),
        ("", "sql_empty", ""),
        ("-- nothing", "sql_empty", ""),
        ("delete from items", "sql_not_read_only", "DELETE"),
        ("update items set name = 'x'", "sql_not_read_only", "UPDATE"),
        ("drop table items", "sql_not_read_only", "DROP"),
        ("with d as (delete from items returning *) select * from d", "sql_not_read_only", ""),
        ("select * into stolen from items", "sql_not_read_only", ""),
        ("commit", "sql_transaction_control", "COMMIT"),
        ("set transaction read write", "sql_transaction_control", "SET"),
        ("select pg_sleep(9)", "sql_unknown_function", "pg_sleep"),
        ("select pg_read_file('/etc/passwd')", "sql_unknown_function", "pg_read_file"),
        ("select set_config('transaction_read_only', 'off', false)", "sql_unknown_function", ""),
    ],
)
def test_statement_is_refused_in_words_and_nothing_is_lost(
    house: Served, sql: str, code: str, told: str
) -> None:
    before = _state(house)
    body = {"connection_id": house.connection_id, "sql": sql}
    message = refusal(house.analyst.post("/api/runs", body), 422, code)
    assert told.lower() in message.lower()
    assert _state(house) == before
    assert house.audit(action="POST /api/runs", code=code, user_id=house.analyst.user_id)


@pytest.mark.parametrize("sql", ["commit; delete from items", "delete from items; commit", "begin"])
def test_two_statements_and_transactions_are_refused_also_where_one_may_write(
    house: Served, writable: str, sql: str
) -> None:
    before = _state(house)
    answer = house.owner.post("/api/runs", {"connection_id": writable, "sql": sql})
    assert answer.json()["data"]["code"] in ("sql_several_statements", "sql_transaction_control")
    assert _state(house) == before


def test_write_needs_the_permission_and_is_then_done(house: Served, writable: str) -> None:
    sql = "update items set name = name where id <= 3"
    answer = house.analyst.post("/api/runs", {"connection_id": writable, "sql": sql})
    refusal(answer, 422, "sql_not_read_only")
    run = house.owner.run(writable, sql)
    assert (run["state"], run["affected_rows"]) == ("succeeded", 3)


def test_error_of_the_database_is_told_with_its_reason(house: Served) -> None:
    run = house.analyst.run(house.connection_id, "select no_such_column from items")
    assert (run["state"], run["error_code"]) == ("failed", "query_failed")
    assert "no_such_column" in run["error_message"]
    message = refusal(house.analyst.get(f"/api/runs/{run['id']}/rows"), 409, "run_without_result")
    assert "no_such_column" in message


def test_function_that_the_connection_allows_may_be_called(house: Served) -> None:
    ident = house.new_connection(allowed_functions=["pg_sleep"])
    assert house.owner.run(ident, "select pg_sleep(0.01)")["state"] == "succeeded"


def test_statement_that_is_too_long_is_refused(house: Served) -> None:
    body = {"connection_id": house.connection_id, "sql": "select 1 -- " + "x" * 1_000_001}
    answer = house.analyst.post("/api/runs", body)
    assert answer.status_code in (413, 422)


def test_requests_are_logged_without_their_query(house: Served) -> None:
    house.analyst.get("/api/connections?limit=7777")
    # The line is written after the answer has been sent.
    log = wait_until(lambda: _log_with(house, "GET '/api/connections'"))
    assert "limit=7777" not in log


def _log_with(house: Served, line: str) -> str | None:
    log = house.log_path.read_text()
    return log if line in log else None


def _state(house: Served) -> list[tuple[object, ...]]:
    """Return what must not change: the target's rows and catalogue, and our runs."""
    there = house.target.admin(
        "select count(*), sum(hashtext(items::text)), (select count(*) from pg_class) from items"
    )
    return [*there, *house.rows("select count(*) from query_runs")]
