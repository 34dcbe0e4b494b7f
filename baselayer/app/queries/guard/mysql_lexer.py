r"""Cuts a statement into tokens as MySQL and MariaDB do under the `sql_mode` that is pinned.

So a backslash escapes in texts, and double quotes are texts. Comments that the server executes are
refused, hints too (they can switch the time limit off), and `--` with nothing behind it, which is
no comment here and one everywhere else.
"""

import re

from baselayer.app.queries.guard.lexer import Kind, Token
from baselayer.app.queries.guard.lexing import cut

# Atomic groups, not `(…)*+`: Python before 3.11.5 gets those wrong (cpython issue 106052).
TOKEN = re.compile(
    r"""
    (?P<space>[ \t\n\r\f\v]++|\#[^\n]*+|--(?=[ \t\n\r\f\v]|\Z)[^\n]*+
        |/\*(?![!+]|[mM]!)(?>(?:[^*/]++|\*(?!/)|/(?!\*))*)\*/)
    |(?P<executed>/\*(?:!|[mM]!))
    |(?P<hint>/\*\+)
    |(?P<comment>/\*)
    |(?P<ended>\*/)
    |(?P<dashes>--)
    |(?P<string>[nN]?'(?>(?:[^'\\]++|\\.|'')*)'|"(?>(?:[^"\\]++|\\.|"")*)"
        |[xX]'[0-9a-fA-F]*+'|[bB]'[01]*+')
    |(?P<open>[nNxXbB]?'|")
    |(?P<quoted>`(?>(?:[^`]++|``)+)`)
    |(?P<number>0[xX][0-9a-fA-F]++|0[bB][01]++
        |(?:[0-9]++(?>(?:\.[0-9]*+)?)|\.[0-9]++)(?>(?:[eE][+-]?[0-9]++)?))
    |(?P<parameter>@@?[A-Za-z_][A-Za-z0-9_]*+|\?)
    |(?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*+)
    |(?P<assigned>:=)
    |(?P<operator><=>|->>|->|<<|>>|<=|>=|<>|!=|&&|\|\||[-+*/%<>=!&|^~])
    |(?P<mark>[,().;])
    """,
    re.VERBOSE | re.DOTALL,
)
REASONS = {
    "executed": "a comment /*! … */ is executed by the server; write what it says, or leave it out",
    "hint": "hints /*+ … */ can change the session; leave them out",
    "comment": "a comment begins that never ends, or holds another one",
    "ended": "a comment ends that never began",
    "dashes": "write a space after --, or between two minus signs",
    "open": "a quote opens here that is never closed, or holds what it may not",
    "assigned": "variables cannot be set",
}


class MysqlToken(Token):
    """A token whose quoted names are in backquotes."""

    @property
    def name(self) -> str:
        """Spell a name as its author did, in lower case: functions have no other."""
        text = self.text[1:-1].replace("``", "`") if self.kind is Kind.QUOTED else self.text
        return text.lower()


def lex_mysql(sql: str) -> list[Token]:
    """Cut `sql` into tokens; raise SqlUnparseableError where that is not safe to do."""
    return cut(sql, TOKEN, REASONS, MysqlToken)
