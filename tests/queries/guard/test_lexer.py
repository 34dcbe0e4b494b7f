"""Cutting text into tokens as PostgreSQL does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselayer.app.errors import SqlUnparseableError
from baselayer.app.queries.guard.lexer import Kind, lex


@pytest.mark.parametrize(
    ("sql", "texts"),
    [
        (r"'a\' b", [r"'a\'", "b"]),
        (r"e'a\' b' c", [r"e'a\' b'", "c"]),
        ("'it''s' x", ["'it''s'", "x"]),
        ('"a""b".c', ['"a""b"', ".", "c"]),
        ("a$b$c$b$", ["a$b$c$b$"]),
        ("1 $b$ ; $c$ $b$ 2", ["1", "$b$ ; $c$ $b$", "2"]),
        ("/* /* */ x */ y", ["y"]),
        ("a--b\rc", ["a", "c"]),
        ("a=-1", ["a", "=", "-", "1"]),
        ("a@-1", ["a", "@-", "1"]),
        ("a+--b\n1", ["a", "+", "1"]),
        ("a*/*x*/b", ["a", "*", "b"]),
        ("a::int[1:2]", ["a", "::", "int", "[", "1", ":", "2", "]"]),
        ("1..2 1.5e-3 .5 1_0 0xF", ["1", ".", ".2", "1.5e-3", ".5", "1_0", "0xF"]),
        ("fooe'x\\'", ["fooe", "'x\\'"]),
        ("U&'\\' b'1'", ["U&'\\'", "b'1'"]),
    ],
)
def test_text_is_cut_as_postgresql_cuts_it(sql: str, texts: list[str]) -> None:
    assert [token.text for token in lex(sql)] == texts


def test_names_are_folded_as_the_catalogue_spells_them() -> None:
    names = [token.name for token in lex('Lower "Quoted""Name" GRÖSSE')]
    assert names == ["lower", 'Quoted"Name', "grÖsse"]


@pytest.mark.parametrize("sql", ["'a", '"a', "$$a", "/* a", "e'a\\'", "1a", "{", "\\", "a\u2028b"])
def test_what_never_ends_or_means_nothing_is_refused(sql: str) -> None:
    with pytest.raises(SqlUnparseableError, match="line 1, column"):
        lex(sql)


def test_unusual_space_is_named() -> None:
    with pytest.raises(SqlUnparseableError, match=r"U\+00A0 \(NO-BREAK SPACE\)"):
        lex("select\u00a01")


@settings(deadline=None)
@given(st.text("ab1'\"$-/*\\e;(). \n\r=@+", max_size=40))
def test_tokens_are_in_order_and_spell_the_text(sql: str) -> None:
    try:
        tokens = lex(sql)
    except SqlUnparseableError:
        return
    ends = 0
    for token in tokens:
        assert token.start >= ends
        assert sql[token.start : token.end] == token.text
        assert token.kind in Kind
        ends = token.end
