"""Judging whole statements: a corpus of allowed and refused ones, and what random text may do.

Anybody can add a statement: a paragraph of allowed.sql, of tpch.sql, or of the file in refused/
that is named after the code of its error. A blank line ends a statement.
"""

import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselayer.app.errors import (
    GuardError,
    SqlEmptyError,
    SqlSeveralStatementsError,
    SqlTransactionControlError,
    SqlUnknownFunctionError,
    SqlUnparseableError,
)
from baselayer.app.queries.guard.judge import LIMIT_CHARACTERS, Verdict, judge
from baselayer.app.queries.guard.lexer import LIMIT_TOKENS

HERE = Path(__file__).parent


def _statements(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8")
    return [paragraph.strip("\n") for paragraph in text.split("\n\n") if paragraph.strip()]


ALLOWED = _statements(HERE / "allowed.sql") + _statements(HERE / "tpch.sql")
REFUSED = [
    (file.stem, text) for file in sorted(HERE.glob("refused/*.sql")) for text in _statements(file)
]
# What a file of paragraphs cannot hold.
ODD = [
    ("sql_empty", ""),
    ("sql_empty", " \n\t "),
    ("sql_several_statements", "select 1 -- a lone return ends a comment\r; delete from t"),
    ("sql_unparseable", "select 1 \0"),
    ("sql_unparseable", "select '\0'"),
    ("sql_unparseable", "select '\ud800'"),
    ("sql_unparseable", "select\u00a01"),
    ("sql_unparseable", "select 1 as a\u200bb"),
    ("sql_unparseable", "\ufeffselect 1"),
    ("sql_unknown_function", "select 1 -- a lone return ends a comment\r, wr()"),
    ("sql_unknown_function", "select lower('x'), \u0130d('x')"),
]
READS = st.sampled_from(ALLOWED)
ANY = st.sampled_from(ALLOWED + [text for _, text in REFUSED])
WORDS = st.sampled_from(
    [
        "select",
        "delete from t",
        "where",
        "into",
        "for update",
        "with",
        "as",
        "over",
        "explain",
        "analyze",
        "show",
        "case",
        "array[",
        "wr(1)",
        "pg_sleep(1)",
        ":x",
        "$1",
        "1e",
        "(",
        ")",
        ";",
        "--",
        "/*",
        "*/",
        "'",
        '"',
        "e'",
        "U&'",
        "$$",
        "$a$",
        "\\",
        "::",
        "\x00",
        "\r",
        "\n",
        ".",
    ]
)


def read(sql: str) -> Verdict:
    return judge(sql, dialect="postgres", may_write=False)


def write(sql: str) -> Verdict:
    return judge(sql, dialect="postgres", may_write=True)


def test_corpus_is_large_enough() -> None:
    assert len(ALLOWED) >= 130
    assert len(REFUSED) >= 300
    assert len({text for _, text in REFUSED}) == len(REFUSED)


@pytest.mark.parametrize("sql", ALLOWED)
def test_statement_of_an_analyst_passes(sql: str) -> None:
    word = sql.lower().split()[0]
    assert read(sql).kind == (word if word in ("explain", "show") else "select")
    assert write(sql) == read(sql)


@pytest.mark.parametrize(("code", "sql"), REFUSED + ODD)
def test_statement_is_refused_with_the_code_of_its_file(code: str, sql: str) -> None:
    with pytest.raises(GuardError) as refusal:
        read(sql)
    assert refusal.value.code == code
    assert len(refusal.value.message) < 400


@pytest.mark.parametrize(("code", "sql"), REFUSED + ODD)
def test_writer_may_write_but_not_touch_the_session(code: str, sql: str) -> None:
    if code in ("sql_not_read_only", "sql_unknown_function"):
        assert write(sql).kind == "write"
        return
    with pytest.raises(GuardError) as refusal:
        write(sql)
    assert refusal.value.code == code


@pytest.mark.parametrize("sql", ALLOWED)
def test_second_statement_is_refused_after_any_allowed_one(sql: str) -> None:
    for may_write in (False, True):
        with pytest.raises(SqlSeveralStatementsError):
            judge(f"{sql.rstrip('; ')}\n; delete from t", dialect="postgres", may_write=may_write)
        with pytest.raises(GuardError):
            judge(f"delete from t; {sql}", dialect="postgres", may_write=may_write)


def test_unknown_dialect_is_refused() -> None:
    with pytest.raises(SqlUnparseableError, match="Known: duckdb, mysql, postgres, sqlite"):
        judge("select 1", dialect="oracle", may_write=True)


def test_statement_that_is_too_long_is_refused() -> None:
    with pytest.raises(SqlUnparseableError, match="characters"):
        read("select " + "1" * LIMIT_CHARACTERS)
    with pytest.raises(SqlUnparseableError, match="words and signs"):
        read("select " + "1," * LIMIT_TOKENS)


def test_parse_error_names_line_and_column() -> None:
    with pytest.raises(SqlUnparseableError, match=r"line 3, column 7, at 'where'"):
        read("select '\n'\n from where")


@pytest.mark.parametrize(
    "sql",
    ["with x as (show all", "with x as (select 1) explain", "with x as (alter system set a = 1"],
)
def test_what_the_parser_guesses_at_is_refused_and_not_logged(
    sql: str, caplog: pytest.LogCaptureFixture
) -> None:
    for judged in (read, write):
        with pytest.raises(SqlUnparseableError):
            judged(sql)
    assert not caplog.records


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 'hunter2' 'x' from where 1",
        "select x'hunter2",
        "update t set a = 'hunter2'",
        "set a = 'hunter2'",
        "select wr('hunter2')",
        "select $$hunter2$$ from where",
    ],
)
def test_refusal_never_repeats_a_constant(sql: str) -> None:
    with pytest.raises(GuardError) as refusal:
        read(sql)
    assert "hunter2" not in refusal.value.message


def test_refusal_names_the_function_and_how_to_add_it() -> None:
    with pytest.raises(SqlUnknownFunctionError, match=r"st_area at line 1, column 15.*allowed_f"):
        read("select public.ST_Area(g)")


def test_added_functions_pass_as_the_catalogue_spells_them() -> None:
    added = ["st_area", "gis.st_union", "Odd", "pg_catalog.pg_sleep"]
    for sql in (
        "select st_area(g), ST_Area(g), gis.st_union(g), GIS.ST_Union(g)",
        'select "Odd"(1), "gis"."st_union"(g), pg_sleep(1), pg_catalog.pg_sleep(1)',
    ):
        judge(sql, dialect="postgres", may_write=False, allowed_functions=added)
    for sql in ("select st_union(g)", "select odd(1)", "select gis.st_area(g)", 'select "ODD"(1)'):
        with pytest.raises(SqlUnknownFunctionError):
            judge(sql, dialect="postgres", may_write=False, allowed_functions=added)


def test_name_with_a_dot_in_quotes_is_no_name_of_a_schema() -> None:
    with pytest.raises(SqlUnknownFunctionError):
        judge(
            'select "gis.area"(1)',
            dialect="postgres",
            may_write=False,
            allowed_functions=["gis.area"],
        )


@pytest.mark.parametrize(
    "opening",
    [
        "(",
        "array[",
        "f(",
        "date (",
        "not ",
        "- ",
        "numeric(",
        "/*",
        "case when ",
        "cast(",
        "explain ",
        "(select ",
        "with a as (",
        "x in (",
        "select * from (",
        "[",
        "struct(",
    ],
)
def test_deep_nesting_is_refused_in_reasonable_time(opening: str) -> None:
    started = time.perf_counter()
    for times in (30, 3_000):
        with pytest.raises(GuardError):
            read("select " + opening * times)
    assert time.perf_counter() - started < 5


def test_long_list_of_values_passes() -> None:
    values = ",".join(str(number) for number in range(20_000))
    assert read(f"select * from t where id in ({values})").kind == "select"


@settings(deadline=None)
@given(st.text(max_size=200))
def test_random_text_raises_nothing_but_guard_errors(text: str) -> None:
    _judge_quietly(text)


@settings(max_examples=150, deadline=None)
@given(ANY, st.lists(st.tuples(WORDS, st.floats(0, 1)), min_size=1, max_size=4), st.booleans())
def test_mutated_statement_raises_nothing_but_guard_errors(
    sql: str, changes: list[tuple[str, float]], spaced: bool
) -> None:
    for word, share in changes:
        at = int(share * len(sql))
        sql = sql[:at] + (f" {word} " if spaced else word) + sql[at + len(word) // 2 :]
    _judge_quietly(sql)


@settings(max_examples=100, deadline=None)
@given(ANY, st.randoms(use_true_random=False))
def test_shuffled_statement_raises_nothing_but_guard_errors(sql: str, dice: random.Random) -> None:
    words = sql.split(" ")
    dice.shuffle(words)
    _judge_quietly(" ".join(words))


@settings(max_examples=100, deadline=None)
@given(READS, ANY)
def test_two_joined_statements_never_pass(first: str, second: str) -> None:
    for may_write in (False, True):
        try:
            judge(second, dialect="postgres", may_write=may_write)
        except SqlEmptyError:
            continue
        except GuardError:
            pass
        with pytest.raises(GuardError):
            judge(f"{first}\n;{second}", dialect="postgres", may_write=may_write)


def test_session_statement_is_refused_behind_any_comment() -> None:
    for comment in ("/**/", "-- x\n", "/* /* */ */", "\f\v\n"):
        with pytest.raises(SqlTransactionControlError):
            write(f"{comment}SeT{comment or ' '} role postgres")


def _judge_quietly(sql: str) -> None:
    for may_write in (False, True):
        try:
            judge(sql, dialect="postgres", may_write=may_write)
        except GuardError as refusal:
            assert type(refusal) is not GuardError
            assert len(refusal.message) < 400
