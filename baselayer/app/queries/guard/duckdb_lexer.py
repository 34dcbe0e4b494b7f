"""Cuts a statement into tokens as DuckDB does: mostly PostgreSQL's rules.

Where its two parsers, or versions, might differ (nested comments, a lone return in a comment,
Unicode escapes), the text is refused.
"""

import re

from baselayer.app.queries.guard.lexer import KEEPS_SIGN, Kind, Token
from baselayer.app.queries.guard.lexing import cut

# Atomic groups, not `(…)*+`: Python before 3.11.5 gets those wrong (cpython issue 106052).
TOKEN = re.compile(
    r"""
    (?P<space>[ \t\n\r\f\v]++|--(?>(?:[^\n\r]|\r(?=\n))*)(?=\n|\Z)
        |/\*(?>(?:[^*/]++|\*(?!/)|/(?!\*))*)\*/)
    |(?P<dashes>--)
    |(?P<comment>/\*)
    |(?P<ended>\*/)
    |(?P<coded>[uU]&["']|[bBnN]')
    |(?P<string>[eE]'(?>(?:[^'\\]++|\\.|'')*)'|[xX]'[0-9a-fA-F]*+'|'(?>(?:[^']++|'')*)'
        |\$(?P<tag>(?>(?:[A-Za-z_][A-Za-z0-9_]*+)?))\$(?>(?:(?!\$(?P=tag)\$).)*)\$(?P=tag)\$)
    |(?P<quoted>"(?>(?:[^"]++|"")+)")
    |(?P<open>[eExX]?'|"|\$[A-Za-z0-9_]*\$)
    |(?P<parameter>\#[0-9]++|\$[A-Za-z0-9_]++|\?[0-9]*+)
    |(?P<number>0[xX](?>(?:_?[0-9a-fA-F])+)
        |(?:[0-9](?>(?:_?[0-9])*)(?>(?:\.(?!\.)(?>(?:[0-9](?>(?:_?[0-9])*))?))?)|\.[0-9](?>(?:_?[0-9])*))
         (?>(?:[eE][+-]?[0-9]++)?))
    |(?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*+)
    |(?P<operator>:=|(?>(?:[~!@\#^&|+%<>=]|-(?!-)|\*(?!/)|/(?!\*))+))
    |(?P<mark>::|[,()\[\]{}.;:])
    """,
    re.VERBOSE | re.DOTALL,
)
REASONS = {
    "dashes": "a comment holds a lone return; end its line with a line feed",
    "comment": "a comment begins that never ends, or holds another one",
    "ended": "a comment ends that never began",
    "coded": "write the text or name itself, without a prefix",
    "open": "a quote opens here that is never closed, or holds what it may not",
}


class DuckdbToken(Token):
    """A token whose names are the same in any case, quoted or not."""

    @property
    def name(self) -> str:
        """Spell a name in lower case."""
        text = self.text[1:-1].replace('""', '"') if self.kind is Kind.QUOTED else self.text
        return text.lower()


def lex_duckdb(sql: str) -> list[Token]:
    """Cut `sql` into tokens; raise SqlUnparseableError where that is not safe to do."""
    tokens: list[Token] = []
    for token in cut(sql, TOKEN, REASONS, DuckdbToken):
        tokens += _parts(token) if token.kind is Kind.OPERATOR else [token]
    return tokens


def _parts(token: Token) -> list[Token]:
    """Cut signs off an operator that may not end in them: `=-` is two operators."""
    text, signs = token.text, ""
    while len(text) > 1 and text[-1] in "+-" and not KEEPS_SIGN.intersection(text):
        text, signs = text[:-1], text[-1] + signs
    pieces = [text, *signs]
    found: list[Token] = []
    start = token.start
    for piece in pieces:
        found.append(DuckdbToken(Kind.OPERATOR, piece, start))
        start += len(piece)
    return found
