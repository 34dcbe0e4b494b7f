"""Cuts a statement into tokens as SQLite does (its tokenize.c)."""

import re

from baselayer.app.queries.guard.lexer import Kind, Token
from baselayer.app.queries.guard.lexing import cut

# Atomic groups, not `(…)*+`: Python before 3.11.5 gets those wrong (cpython issue 106052).
TOKEN = re.compile(
    r"""
    (?P<space>[ \t\n\r\f]++|--[^\n]*+|/\*(?>(?:[^*/]++|\*(?!/)|/(?!\*))*)\*/)
    |(?P<comment>/\*)
    |(?P<ended>\*/)
    |(?P<string>[xX]'(?>(?:[0-9a-fA-F]{2})*)'|'(?>(?:[^']++|'')*)')
    |(?P<quoted>"(?>(?:[^"]++|"")+)"|`(?>(?:[^`]++|``)+)`|\[[^\]]++\])
    |(?P<open>[xX]?'|["`\[])
    |(?P<number>0[xX][0-9a-fA-F]++
        |(?:[0-9]++(?>(?:\.[0-9]*+)?)|\.[0-9]++)(?>(?:[eE][+-]?[0-9]++)?))
    |(?P<parameter>\?[0-9]*+|[:@$][A-Za-z_][A-Za-z0-9_]*+)
    |(?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*+)
    |(?P<operator>->>|->|<<|>>|<=|>=|<>|!=|==|\|\||[-+*/%<>=&|~])
    |(?P<mark>[,().;])
    """,
    re.VERBOSE | re.DOTALL,
)
REASONS = {
    "comment": "a comment begins that never ends, or holds another one",
    "ended": "a comment ends that never began",
    "open": "a quote opens here that is never closed, or holds what it may not",
}


class SqliteToken(Token):
    """A token whose quoted names are in double quotes, backquotes or brackets."""

    @property
    def name(self) -> str:
        """Spell a name in lower case: SQLite knows no other difference."""
        if self.kind is not Kind.QUOTED:
            return self.text.lower()
        mark = self.text[0]
        return self.text[1:-1].replace(mark * 2, mark).lower()


def lex_sqlite(sql: str) -> list[Token]:
    """Cut `sql` into tokens; raise SqlUnparseableError where that is not safe to do."""
    return cut(sql, TOKEN, REASONS, SqliteToken)
