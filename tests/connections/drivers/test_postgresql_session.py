"""Statements run alone, in a transaction that they cannot leave, and can always be stopped."""

import time

import pytest

from baselayer.app.connections.drivers import postgresql_session
from baselayer.app.errors import (
    QueryFailedError,
    TargetError,
)
from tests.connections.drivers.conftest import Login, rows, running, wait_until
from tests.targets import SOON_SECONDS, PostgresTarget


# The superuser is used on purpose: nothing but the session itself stops these.
@pytest.mark.parametrize(
    "sql",
    [
        "commit; delete from items",
        "delete from items; commit",
        "select 1; select 2",
        "commit",
        "rollback",
        "commit and chain",
        "rollback and chain",
        "end",
        "abort",
        "begin",
        "start transaction read write",
        "prepare transaction 'x'",
        "set transaction read write",
        "set transaction_read_only = off",
        "set local transaction_read_only to off",
        "select set_config('transaction_read_only', 'off', false)",
        "delete from items",
        "with gone as (delete from items returning *) select count(*) from gone",
        "explain analyze delete from items",
        "select * into copied from items",
        "create table sneaky (a int)",
        "create temp table t as select 1; insert into t values (1)",
        "do $$ begin delete from items; end $$",
        "do $$ begin commit; end $$",
        "copy items from stdin",
        "copy items to stdout",
        "truncate items",
        "select nextval('s')",
        "",
        " -- nothing\n",
        ";",
    ],
)
def test_statement_that_would_write_or_leave_is_refused(
    login: Login, shop: PostgresTarget, sql: str
) -> None:
    session = login("postgres")
    with pytest.raises(QueryFailedError):
        rows(session, sql)
    session.close()
    assert shop.admin("select count(*) from items") == [(1000,)]
    assert shop.admin("select count(*) from pg_class where relname in ('sneaky','copied')") == [
        (0,)
    ]


def test_session_characteristics_do_not_outlive_the_connection(login: Login) -> None:
    session = login("postgres")
    rows(session, "set session characteristics as transaction read write")
    with pytest.raises(QueryFailedError, match="read-only"):
        rows(session, "delete from items")


@pytest.mark.parametrize(
    "sql",
    [
        "select 'a%sb %b %(x)s 100%' as v",
        "select ':name ::x $1 ? @y' as v",
        "select '; commit; --' as v",
        "select $q$it's; \\ fine$q$ as v",
        "select 'a\\' as v",
        "select E'a\\'; delete from items; --' as v",
    ],
)
def test_literal_survives_as_it_is(login: Login, shop: PostgresTarget, sql: str) -> None:
    assert rows(login(), sql) == [{"v": shop.admin(sql)[0][0]}]


@pytest.mark.parametrize("sql", ["select 1 \0; commit", "select '\ud800'"])
def test_text_that_the_server_would_not_see_whole_is_refused(login: Login, sql: str) -> None:
    with pytest.raises(QueryFailedError):
        rows(login(), sql)


def test_read_only_is_verified_and_frozen(login: Login) -> None:
    assert rows(login(), "show transaction_read_only") == [{"transaction_read_only": "on"}]
    assert rows(login(), "show transaction_isolation") == [
        {"transaction_isolation": "repeatable read"}
    ]


def test_server_that_is_not_read_only_gets_no_statement(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_session, "_BEGIN_READ", "BEGIN READ WRITE")
    with pytest.raises(TargetError, match="nothing was run"):
        rows(login("writer"), "delete from items")


def test_duplicate_names_no_rows_and_no_columns(login: Login) -> None:
    session = login()
    columns, batches = session.stream("select 1 as a, 'x' as a, null as \"\u00e9 b\"", 10)
    assert [column.name for column in columns] == ["a", "a", "é b"]
    assert [batch.num_rows for batch in batches] == [1]
    session.commit()
    columns, batches = session.stream("select id, name from items where false", 10)
    assert [column.source_type for column in columns] == ["integer", "text"]
    assert list(batches) == []
    session.commit()
    columns, batches = session.stream("select from items limit 3", 10)
    assert columns == []
    assert [(batch.num_rows, batch.num_columns) for batch in batches] == [(3, 0)]


def test_explain_show_values_table_and_call_have_rows(login: Login) -> None:
    session = login()
    assert len(rows(session, "explain select * from items")) == 1
    assert rows(session, "show server_encoding") == [{"server_encoding": "UTF8"}]
    assert rows(session, "values (1), (2)") == [{"column1": 1}, {"column1": 2}]
    assert len(rows(session, "table items;")) == 1000


def test_batches_begin_small_and_stay_within_the_limit(login: Login) -> None:
    _, batches = login().stream("select i from generate_series(1, 5000) i", 1000)
    sizes = [batch.num_rows for batch in batches]
    assert sum(sizes) == 5000
    assert sizes[0] == 512
    assert max(sizes) <= 1000


def test_slow_rows_are_handed_over_before_the_batch_is_full(login: Login) -> None:
    _, batches = login().stream(
        "select pg_sleep(0.01), repeat('x', 1000) from generate_series(1, 600) i", 600
    )
    begun = time.monotonic()
    assert next(batches).num_rows < 512
    assert time.monotonic() - begun < SOON_SECONDS
    batches.close()


def test_wide_rows_make_small_batches(login: Login) -> None:
    _, batches = login().stream("select repeat('x', 100000) from generate_series(1, 400) i", 16_384)
    sizes = [batch.num_rows for batch in batches]
    assert sum(sizes) == 400
    assert max(sizes) <= 256


def test_cell_beyond_the_limit_is_cut_and_said_to_be(login: Login) -> None:
    session = login(limit_cell_bytes=10)
    _, batches = session.stream(
        "select repeat('é', 8) t, decode(repeat('ab', 20), 'hex') b, 'short' s, 123456789012 i,"
        " 12345678901234567890.5::numeric n",
        10,
    )
    batch = next(batches)
    assert batch.to_pylist() == [
        {
            "t": "ééééé",
            "b": b"\xab" * 10,
            "s": "short",
            "i": 123456789012,
            "n": "12345678901234567890.5",
        }
    ]
    assert batch.schema.metadata == {b"baselayer.cut": b'{"0": {"0": 16}, "1": {"0": 20}}'}


def test_writer_writes_counts_and_keeps_only_what_is_committed(
    login: Login, shop: PostgresTarget
) -> None:
    session = login("writer", read_only=False)
    shop.admin("create table if not exists notes (id int primary key, t text)")
    shop.admin("grant all on notes to writer")
    assert rows(session, "insert into notes select i, 'n' from generate_series(1, 5) i") == []
    assert session.rowcount == 5
    assert rows(session, "delete from notes where id > 3 returning id") == [{"id": 4}, {"id": 5}]
    assert session.rowcount == 2
    assert len(rows(session, "select * from notes")) == 3
    assert session.rowcount is None
    _, batches = session.stream("delete from notes", 10)
    assert list(batches) == []
    session.close()  # no commit
    assert shop.admin("select count(*) from notes") == [(3,)]
    with pytest.raises(QueryFailedError, match="ended the transaction"):
        rows(login("writer", read_only=False), "commit")
    shop.admin("drop table notes")


def test_constraint_checked_at_commit_fails_the_commit(login: Login, shop: PostgresTarget) -> None:
    shop.admin("create table late (id int primary key deferrable initially deferred)")
    shop.admin("grant all on late to writer")
    session = login("writer", read_only=False)
    with pytest.raises(QueryFailedError, match="23505"):
        rows(session, "insert into late values (1), (1)")
    assert shop.admin("select count(*) from late") == [(0,)]
    shop.admin("drop table late")


def test_early_end_of_a_read_is_cancelled_and_the_session_stays_good(
    login: Login, shop: PostgresTarget
) -> None:
    session = login()
    _, batches = session.stream("select a.id from items a, items b, items c", 100)
    next(batches)
    begun = time.monotonic()
    batches.close()
    assert time.monotonic() - begun < SOON_SECONDS
    assert not running(shop, session)
    session.commit()
    assert rows(session, "select 1 as a") == [{"a": 1}]


def test_early_end_of_a_write_still_writes_everything(login: Login, shop: PostgresTarget) -> None:
    shop.admin("create table many (id int)")
    shop.admin("grant all on many to writer")
    session = login("writer", read_only=False)
    _, batches = session.stream(
        "insert into many select generate_series(1, 20000) returning id", 100
    )
    next(batches)
    batches.close()
    session.commit()
    assert session.rowcount == 20_000
    assert shop.admin("select count(*) from many") == [(20_000,)]
    shop.admin("drop table many")


def test_refusal_names_place_and_state(login: Login) -> None:
    with pytest.raises(QueryFailedError) as caught:
        rows(login(), "select *\nfrom nowhere")
    assert caught.value.details["sqlstate"] == "42P01"
    assert (caught.value.details["line"], caught.value.details["column"]) == (2, 6)
    assert '"nowhere"' in caught.value.message


def test_password_in_a_message_of_the_server_is_masked(login: Login, shop: PostgresTarget) -> None:
    secret = shop.passwords["reader"]
    with pytest.raises(QueryFailedError) as caught:
        rows(login(), f"select '{secret}'::int")
    assert secret not in caught.value.message + repr(caught.value.details)
    assert "•••" in caught.value.message


def test_text_that_is_not_utf8_is_told(login: Login, shop: PostgresTarget) -> None:
    shop.admin("create database ascii encoding 'SQL_ASCII' template template0 locale 'C'")
    session = login("postgres", database="ascii")
    with pytest.raises(QueryFailedError, match="UTF"):
        rows(session, "select E'\\xff'")


def test_backend_is_gone_after_close(login: Login, shop: PostgresTarget) -> None:
    session = login()
    rows(session, "select 1")
    session.close()
    session.close()
    wait_until(
        lambda: (
            not shop.admin("select 1 from pg_stat_activity where pid = %s", (session.backend_id,))
        )
    )
