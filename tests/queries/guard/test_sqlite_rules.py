"""SQLite: what may run."""

import pytest

from baselayer.app.queries.guard.sqlite_rules import SQLITE
from tests.queries.guard.corpus import WRITABLE, allowed, code_of, refused

ALLOWED, REFUSED = allowed(SQLITE.name), refused(SQLITE.name)
ODD = [
    ("sql_unparseable", "select 1 \0"),
    ("sql_unparseable", "select '\ud800'"),
    ("sql_unparseable", "select\u00a01"),
    ("sql_unparseable", "select\v1"),
    ("sql_unknown_function", "select 1 -- x\n, load_extension('x')"),
]


def test_corpus_is_large_enough() -> None:
    assert len(ALLOWED) >= 40
    assert len(REFUSED) >= 40
    assert len({text for _, text in REFUSED}) == len(REFUSED)


@pytest.mark.parametrize("sql", ALLOWED)
def test_statement_of_an_analyst_passes(sql: str) -> None:
    assert code_of(sql, "sqlite") in ("select", "show", "explain")
    assert code_of(f"{sql.rstrip('; ')}\n; delete from t", "sqlite") == "sql_several_statements"


@pytest.mark.parametrize(("code", "sql"), REFUSED + ODD)
def test_statement_is_refused_with_the_code_of_its_file(code: str, sql: str) -> None:
    assert code_of(sql, "sqlite") == code
    assert code_of(sql, "sqlite", may_write=True) == ("write" if code in WRITABLE else code)
