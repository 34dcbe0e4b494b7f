"""What the lexers of the dialects share: a loop over a pattern, and how they refuse.

Each lexer is as strict as the strictest reading of a text: where versions of a database, or people
and a database, could disagree, the text is refused.
"""

import re
import unicodedata
from collections.abc import Callable

from baselayer.app.errors import SqlUnparseableError
from baselayer.app.queries.guard.excerpts import excerpt, place
from baselayer.app.queries.guard.lexer import LIMIT_TOKENS, UNSEEN, Kind, Token

NAME_PART = re.compile(r"[A-Za-z0-9_$\x80-\U0010ffff]")
WORDLIKE = (Kind.NUMBER, Kind.PARAMETER)
KINDS = {
    "string": Kind.STRING,
    "quoted": Kind.QUOTED,
    "parameter": Kind.PARAMETER,
    "number": Kind.NUMBER,
    "word": Kind.WORD,
    "operator": Kind.OPERATOR,
    "mark": Kind.MARK,
}

Refuse = Callable[[str, re.Match[str]], SqlUnparseableError]


def cut(
    sql: str, pattern: re.Pattern[str], reasons: dict[str, str], make: type[Token] = Token
) -> list[Token]:
    """Cut `sql` by `pattern`, whose groups are kinds, `space`, or keys of `reasons` to refuse."""
    check_characters(sql)
    tokens: list[Token] = []
    at = 0
    while at < len(sql):
        found = pattern.match(sql, at)
        if found is None:
            raise refusal(sql, at, f"{excerpt(repr(sql[at]))} cannot be read here")
        group = str(found.lastgroup)
        if group in reasons:
            raise refusal(sql, at, reasons[group])
        at = found.end()
        if group == "space":
            continue
        token = make(KINDS[group], found.group(), found.start())
        _check(sql, token)
        tokens.append(token)
        if len(tokens) > LIMIT_TOKENS:
            raise refusal(
                sql, at, f"more than {LIMIT_TOKENS} words and signs; put long lists in a table"
            )
    return tokens


def check_characters(sql: str) -> None:
    """Refuse what cannot be sent."""
    if "\0" in sql:
        raise refusal(sql, sql.index("\0"), "a NUL character can not be sent")
    try:
        sql.encode()
    except UnicodeEncodeError as error:
        raise refusal(sql, error.start, "half a character can not be sent") from None


def refusal(sql: str, at: int, what: str) -> SqlUnparseableError:
    """Make the refusal of what stands at `at`."""
    return SqlUnparseableError(f"The statement cannot be read at {place(sql, at)}: {what}.")


def _check(sql: str, token: Token) -> None:
    if token.kind in WORDLIKE and NAME_PART.match(sql, token.end):
        raise refusal(sql, token.start, "a number runs into a word; write a space between")
    if token.kind is Kind.WORD and not token.text.isascii():
        for offset, letter in enumerate(token.text):
            if unicodedata.category(letter) in UNSEEN:
                name = unicodedata.name(letter, "no name")
                what = f"replace the unusual character U+{ord(letter):04X} ({name}) by a space"
                raise refusal(sql, token.start + offset, what)
