"""The lexers of the dialects, and that sqlglot cuts what is left of a text as they did."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot.dialects.dialect import Dialect as SqlglotDialect
from sqlglot.errors import SqlglotError

from baselayer.app.errors import SqlUnparseableError
from baselayer.app.queries.guard.dialects import DIALECTS
from baselayer.app.queries.guard.duckdb_lexer import lex_duckdb
from baselayer.app.queries.guard.lexer import LIMIT_TOKENS, Kind, Token
from baselayer.app.queries.guard.masking import mask
from baselayer.app.queries.guard.mysql_lexer import lex_mysql
from baselayer.app.queries.guard.sqlite_lexer import lex_sqlite
from tests.queries.guard.corpus import allowed, code_of, refused

Lex = Callable[[str], list[Token]]

NEW = ("mysql", "sqlite", "duckdb")
ALPHABET = "abEexXN19'\"`$-/*\\;(),.:[]{} \n\r\t=@+<>|?#~!&^%é_"
SAMPLES = {name: allowed(name) + [text for _, text in refused(name)] for name in NEW}
WORDS = st.sampled_from(
    [
        *("select", "into", "union", "from", "sleep(1)", "getenv('x')", "load_extension('x')"),
        *("'", '"', "`", "\\", "--", "#", "/*", "*/", "/*!", ";", "(", ")", "[", "$$", "@x", ":="),
        *("\n", "\r", "\v"),
    ]
)


@pytest.mark.parametrize(
    ("lex", "sql", "texts"),
    [
        (lex_mysql, r"""'a\'b' "c""d" `e``f`""", [r"'a\'b'", '"c""d"', "`e``f`"]),
        (lex_mysql, "a<=>b->>'x'||c", ["a", "<=>", "b", "->>", "'x'", "||", "c"]),
        (lex_mysql, "1 -- x\n# y\n/* z */2", ["1", "2"]),
        (lex_mysql, "@@global.a,@b", ["@@global", ".", "a", ",", "@b"]),
        (lex_sqlite, r"'a\' [b] `c` ?1 :d", [r"'a\'", "[b]", "`c`", "?1", ":d"]),
        (lex_duckdb, r"'a\' e'\'' $$b$$ $t$ $$ $t$", [r"'a\'", r"e'\''", "$$b$$", "$t$ $$ $t$"]),
        (
            lex_duckdb,
            "a=-1 b->-c #1 $x ?",
            ["a", "=", "-", "1", "b", "->", "-", "c", "#1", "$x", "?"],
        ),
    ],
)
def test_text_is_cut(lex: Lex, sql: str, texts: list[str] | None) -> None:
    if texts is None:
        with pytest.raises(SqlUnparseableError):
            lex(sql)
        return
    assert [token.text for token in lex(sql)] == texts


@pytest.mark.parametrize("name", NEW)
def test_very_long_statement_is_refused(name: str) -> None:
    with pytest.raises(SqlUnparseableError, match="words and signs"):
        DIALECTS[name].lex("select " + "1," * LIMIT_TOKENS)


@pytest.mark.parametrize("name", NEW)
def test_name_is_spelled_in_lower_case_without_quotes(name: str) -> None:
    mark = DIALECTS[name].quote
    found = DIALECTS[name].lex(f"{mark}A{mark}{mark}b{mark}")
    assert [(token.kind, token.name) for token in found] == [(Kind.QUOTED, f"a{mark}b")]


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(NEW), st.text(ALPHABET, max_size=60))
def test_parser_sees_the_same_strings_and_names(name: str, sql: str) -> None:
    rules = DIALECTS[name]
    try:
        tokens = rules.lex(sql)
    except SqlUnparseableError:
        return
    text = mask(sql, tokens, quote=rules.quote, keeps_operators=rules.keeps_operators)
    assert text.isascii()
    assert not any(comment in text for comment in ("--", "/*"))
    try:
        theirs = SqlglotDialect.get_or_raise(name).tokenize(text)
    except SqlglotError:
        return  # refused
    quoted = [(t.start, t.end) for t in tokens if t.kind in (Kind.STRING, Kind.QUOTED)]
    marks = "'" + rules.quote
    seen = [(token.start, token.end + 1) for token in theirs if text[token.start] in marks]
    assert quoted == seen


@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from(NEW), st.booleans())
def test_mutated_statement_raises_nothing_but_guard_errors(
    data: st.DataObject, name: str, spaced: bool
) -> None:
    sql = data.draw(st.sampled_from(SAMPLES[name]))
    for word, share in data.draw(
        st.lists(st.tuples(WORDS, st.floats(0, 1)), min_size=1, max_size=4)
    ):
        at = int(share * len(sql))
        sql = sql[:at] + (f" {word} " if spaced else word) + sql[at + len(word) // 2 :]
    for may_write in (False, True):
        code_of(sql, name, may_write=may_write)
