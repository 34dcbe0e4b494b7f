"""Cuts a statement into tokens by PostgreSQL's own lexical rules (its manual, section 4.1).

Where a string, a name or a comment ends is decided here and nowhere else: the parser only ever
sees the text of `mask`, in which nothing is left that it could cut differently.
"""

import re
import unicodedata
from enum import Enum, auto
from typing import NamedTuple

from baselayer.app.errors import SqlUnparseableError
from baselayer.app.queries.guard.excerpts import excerpt, place


class Kind(Enum):
    """What a token is."""

    WORD = auto()  # an unquoted name or key word
    QUOTED = auto()  # a name in double quotes
    STRING = auto()  # a constant in single quotes or dollars
    NUMBER = auto()
    PARAMETER = auto()  # $1
    OPERATOR = auto()
    MARK = auto()  # one of , ( ) [ ] . ; : and ::


class Token(NamedTuple):
    """A piece of a statement; comments and spaces are none."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def name(self) -> str:
        """Spell a name as the catalogue does; PostgreSQL folds ASCII letters only (UTF-8)."""
        if self.kind is Kind.QUOTED:
            return self.text[1:-1].replace('""', '"')
        return self.text.lower() if self.text.isascii() else _fold(self.text)


# Atomic groups, not `(…)*+`: Python before 3.11.5 gets those wrong (cpython issue 106052).
TOKEN = re.compile(
    r"""
    (?P<space>[ \t\n\r\f\v]++|--[^\n\r]*+)
    |(?P<comment>/\*)
    |(?P<coded>[uU]&")
    |(?P<escaped>[eE]'(?>(?>[^'\\]++|\\.|'')*)')
    |(?P<open>[eE]')
    |(?P<string>(?:[bBxXnN]|[uU]&)?'(?>(?>[^']++|'')*)')
    |(?P<quoted>"(?>(?>[^"]++|"")*)")
    |(?P<dollar>\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*+)?\$)
    |(?P<parameter>\$[0-9]++)
    |(?P<number>0[xX](?>(?:_?[0-9a-fA-F])+)|0[oO](?>(?:_?[0-7])+)|0[bB](?>(?:_?[01])+)
        |(?:[0-9](?>(?:_?[0-9])*)(?>(?:\.(?!\.)(?>(?:[0-9](?>(?:_?[0-9])*))?))?)|\.[0-9](?>(?:_?[0-9])*))
         (?>(?:[eE][+-]?[0-9](?>(?:_?[0-9])*))?))
    |(?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*+)
    |(?P<operator>[~!@#^&|`?+\-*/%<>=]++)
    |(?P<mark>::|[,()\[\].;:])
    """,
    re.VERBOSE | re.DOTALL,
)
KINDS = {
    "escaped": Kind.STRING,
    "string": Kind.STRING,
    "quoted": Kind.QUOTED,
    "parameter": Kind.PARAMETER,
    "number": Kind.NUMBER,
    "word": Kind.WORD,
    "mark": Kind.MARK,
}
NAME_START = re.compile(r"[A-Za-z_\x80-\U0010ffff]")
COMMENT_EDGE = re.compile(r"/\*|\*/")
# An operator of several characters ends in + or - only if it holds one of these (manual, 4.1.3).
KEEPS_SIGN = frozenset("~!@#%^&|`?")
# The parser takes some 20 µs a token; this many are a few seconds.
LIMIT_TOKENS = 100_000
UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs"})  # spaces, controls, formats, surrogates


def lex(sql: str) -> list[Token]:
    """Cut `sql` into tokens; raise SqlUnparseableError where PostgreSQL would see no token."""
    _check_characters(sql)
    tokens: list[Token] = []
    at = 0
    while at < len(sql):
        found = TOKEN.match(sql, at)
        if found is None:
            raise _unreadable(sql, at)
        at = _take(sql, found, tokens)
        if len(tokens) > LIMIT_TOKENS:
            raise _refusal(
                sql, at, f"more than {LIMIT_TOKENS} words and signs; put long lists in a table"
            )
    return tokens


def _check_characters(sql: str) -> None:
    if "\0" in sql:
        raise _refusal(sql, sql.index("\0"), "a NUL character can not be sent")
    try:
        sql.encode()
    except UnicodeEncodeError as error:
        raise _refusal(sql, error.start, "half a character can not be sent") from None


def _take(sql: str, found: re.Match[str], tokens: list[Token]) -> int:
    """Append what was found, if it is a token, and return where the next one may begin."""
    start = found.start()
    match found.lastgroup:
        case "space":
            return found.end()
        case "comment":
            return _comment_end(sql, start)
        case "coded":
            raise _refusal(sql, start, 'write the name itself instead of U&"…"')
        case "open":
            raise _unreadable(sql, start)
        case "dollar":
            token = Token(Kind.STRING, sql[start : _dollar_end(sql, found)], start)
        case "operator":
            token = Token(Kind.OPERATOR, _operator(found.group()), start)
        case kind:
            token = Token(KINDS[str(kind)], found.group(), start)
    _check(sql, token, tokens)
    tokens.append(token)
    return token.end


def _comment_end(sql: str, start: int) -> int:
    """Find the end of a block comment; they nest."""
    depth = 0
    for edge in COMMENT_EDGE.finditer(sql, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    raise _refusal(sql, start, "a comment begins that never ends")


def _dollar_end(sql: str, found: re.Match[str]) -> int:
    end = sql.find(found.group(), found.end())
    if end < 0:
        raise _refusal(sql, found.start(), "a text in dollars begins that never ends")
    return end + len(found.group())


def _operator(run: str) -> str:
    """Cut a run of operator characters where PostgreSQL would."""
    cuts = [cut for cut in (run.find("--"), run.find("/*")) if cut > 0]
    text = run[: min(cuts)] if cuts else run
    while len(text) > 1 and text[-1] in "+-" and not KEEPS_SIGN.intersection(text):
        text = text[:-1]
    return text


def _check(sql: str, token: Token, before: list[Token]) -> None:
    """Refuse what versions of PostgreSQL, or people and PostgreSQL, read differently."""
    if token.kind in (Kind.NUMBER, Kind.PARAMETER) and NAME_START.match(sql, token.end):
        raise _refusal(sql, token.start, "a number runs into a word; write a space between")
    if token.text[0] == "'" and before and before[-1].text[:2] in ("e'", "E'"):
        raise _refusal(sql, token.start, "write the text in one piece after E'…'")
    if token.kind is Kind.WORD and not token.text.isascii():
        _check_letters(sql, token)


def _check_letters(sql: str, token: Token) -> None:
    for offset, letter in enumerate(token.text):
        if unicodedata.category(letter) in UNSEEN:
            what = f"U+{ord(letter):04X} ({unicodedata.name(letter, 'no name')})"
            raise _refusal(
                sql, token.start + offset, f"replace the unusual character {what} by a space"
            )


def _unreadable(sql: str, at: int) -> SqlUnparseableError:
    if sql[at] in "'\"" or sql[at : at + 2] in ("e'", "E'"):
        return _refusal(sql, at, "a quote opens here that is never closed")
    return _refusal(sql, at, f"{excerpt(repr(sql[at]))} means nothing outside quotes")


def _refusal(sql: str, at: int, what: str) -> SqlUnparseableError:
    return SqlUnparseableError(f"The statement cannot be read at {place(sql, at)}: {what}.")


def _fold(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)
