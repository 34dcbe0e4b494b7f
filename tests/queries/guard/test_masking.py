"""Rewriting a statement so that the parser cannot cut it differently."""

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot.dialects.postgres import Postgres

from baselayer.app.errors import SqlUnparseableError
from baselayer.app.queries.guard.lexer import lex
from baselayer.app.queries.guard.masking import mask

ALPHABET = "abEeU&x19'\"$-/*\\;(),.:[] \n\r\t=@+<>|?#~{}%é_"


def test_constants_comments_and_foreign_operators_are_gone() -> None:
    sql = 'select \'se\ncret\' /* x */, "Na""me", $a$b$a$, 0x1F, a <-> é -- end'
    expected = "select 'xxxxxxx'        , \"xxxxxx\", 'xxxxx', 1111, a -   w"
    assert mask(sql, lex(sql)) == expected


@settings(deadline=None)
@given(st.text(ALPHABET, max_size=60))
def test_parser_sees_the_same_strings_and_names(sql: str) -> None:
    try:
        tokens = lex(sql)
    except SqlUnparseableError:
        return
    text = mask(sql, tokens)
    assert len(text) >= (tokens[-1].end if tokens else 0)
    theirs = Postgres().tokenize(text)
    quoted = [(token.start, token.end) for token in tokens if token.text[-1] in "'\"$"]
    seen = [(token.start, token.end + 1) for token in theirs if text[token.start] in "'\""]
    assert [span for span in quoted if text[span[0]] in "'\""] == seen
    assert "--" not in text
    assert "/*" not in text
    assert text.isascii()
