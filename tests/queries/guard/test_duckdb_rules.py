"""DuckDB: what may run, and that no table is a file."""

import pytest

from baselayer.app.queries.guard.duckdb_rules import DUCKDB
from tests.queries.guard.corpus import WRITABLE, allowed, code_of, refused

ALLOWED, REFUSED = allowed(DUCKDB.name), refused(DUCKDB.name)
ODD = [
    ("sql_unparseable", "select 1 \0"),
    ("sql_unparseable", "select '\ud800'"),
    ("sql_unparseable", "select\u00a01"),
    ("sql_unparseable", "select 1 -- does a lone return end it?\r, getenv('x')"),
    ("sql_unknown_function", "select 1 -- x\r\n, getenv('x')"),
]


def test_corpus_is_large_enough() -> None:
    assert len(ALLOWED) >= 40
    assert len(REFUSED) >= 60
    assert len({text for _, text in REFUSED}) == len(REFUSED)


@pytest.mark.parametrize("sql", ALLOWED)
def test_statement_of_an_analyst_passes(sql: str) -> None:
    assert code_of(sql, "duckdb") in ("select", "show", "explain")
    assert code_of(f"{sql.rstrip('; ')}\n; delete from t", "duckdb") == "sql_several_statements"


@pytest.mark.parametrize(("code", "sql"), REFUSED + ODD)
def test_statement_is_refused_with_the_code_of_its_file(code: str, sql: str) -> None:
    assert code_of(sql, "duckdb") == code
    assert code_of(sql, "duckdb", may_write=True) == ("write" if code in WRITABLE else code)


@pytest.mark.parametrize("kind", ["select", "show", "explain"])
def test_each_kind_is_told(kind: str) -> None:
    told = {"select": "select 1", "show": "describe t", "explain": "explain select 1"}
    assert code_of(told[kind], "duckdb") == kind
