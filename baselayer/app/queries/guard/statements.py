"""Finds the one statement in a text and what it begins with."""

from collections.abc import Sequence

from baselayer.app.errors import (
    SqlEmptyError,
    SqlNotReadOnlyError,
    SqlSeveralStatementsError,
    SqlUnparseableError,
)
from baselayer.app.queries.guard.excerpts import excerpt, place
from baselayer.app.queries.guard.lexer import Kind, Token
from baselayer.app.queries.guard.rules import Dialect

OFF = frozenset({"false", "off", "0"})
TELLING_HOW = frozenset({"extended", "full", "global", "local", "session"})
RUNNING = frozenset({"analyze", "analyse"})
SHOWN = frozenset({Kind.WORD, Kind.QUOTED})


def only_statement(sql: str, tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens of the only statement, without the semicolons around it."""
    first, last = 0, len(tokens)
    while last > first and tokens[last - 1].text == ";":
        last -= 1
    while first < last and tokens[first].text == ";":
        first += 1
    statement = list(tokens[first:last])
    if not statement:
        raise SqlEmptyError("There is no statement, only spaces or comments. Write one.")
    for token in statement:
        if token.text == ";":
            raise SqlSeveralStatementsError(
                f"A statement ends at {place(sql, token.start)} and another one follows."
                " Run them one at a time."
            )
    return statement


def explained(sql: str, tokens: Sequence[Token], dialect: Dialect) -> tuple[Sequence[Token], bool]:
    """Return the statement behind EXPLAIN, and whether EXPLAIN would run it."""
    rest = tokens[1:]
    if _opens_options(rest, dialect):
        return _after_options(sql, rest, dialect)
    runs = False
    while rest and _word(rest[0]) in dialect.explain_words:
        runs |= _word(rest[0]) in RUNNING
        # FORMAT = JSON, of MySQL
        rest = rest[3 if len(rest) > 2 and rest[1].text == "=" else 1 :]
    return _something(sql, rest), runs


def told_query(sql: str, tokens: Sequence[Token], dialect: Dialect) -> Sequence[Token] | None:
    """Return the query that SHOW, DESCRIBE or SUMMARIZE is about; None for one about names.

    About names, it holds nothing but words: a setting, ALL, TIME ZONE, a table.
    """
    rest = _something(sql, tokens[1:])
    if _word(tokens[0]) in dialect.tellers_of_queries:
        if rest[0].text == "(" or _word(rest[0]) in dialect.reads | dialect.changes:
            return rest
    elif dialect.told and _told(rest) not in dialect.told:
        raise unreadable(sql, rest[0])
    for token in rest:
        is_pattern = token.kind is Kind.STRING and not dialect.reads_files and dialect.told
        if token.kind not in SHOWN and token.text != "." and not is_pattern:
            raise unreadable(sql, token)
    return None


def check_explained(sql: str, runs: bool) -> None:
    """Refuse EXPLAIN ANALYZE: it does not only plan the statement, it runs it."""
    if runs:
        raise SqlNotReadOnlyError(
            "EXPLAIN ANALYZE runs the statement that it explains. Write EXPLAIN without ANALYZE."
        )


def unreadable(sql: str, token: Token) -> SqlUnparseableError:
    """Make the refusal of a token that cannot stand where it does."""
    shown = "a text" if token.kind is Kind.STRING else excerpt(token.text)
    return SqlUnparseableError(
        f"The statement cannot be read at {place(sql, token.start)}, at {shown!r}."
        " Check the spelling there and just before."
    )


def _told(tokens: Sequence[Token]) -> str:
    names = (_word(token) for token in tokens)
    return next((name for name in names if name not in TELLING_HOW), "")


def _word(token: Token) -> str:
    return token.name if token.kind is Kind.WORD else ""


def _opens_options(tokens: Sequence[Token], dialect: Dialect) -> bool:
    return (
        len(tokens) > 1
        and tokens[0].text == "("
        and _word(tokens[1]) not in dialect.reads
        and tokens[1].text != "("
    )


def _after_options(
    sql: str, tokens: Sequence[Token], dialect: Dialect
) -> tuple[Sequence[Token], bool]:
    """Read `(name [value], …)`; a value that is not plainly "off" counts as on."""
    runs, at = False, 0
    while tokens[at].text in ("(", ","):
        name, value = tokens[at + 1 : at + 2], tokens[at + 2 : at + 3]
        if not name or not value or name[0].name not in dialect.explain_options:
            raise unreadable(sql, tokens[at])
        has_value = value[0].text not in (",", ")")
        is_off = has_value and value[0].text.strip("'").lower() in OFF
        runs |= name[0].name in ("analyze", "analyse") and not is_off
        at += 3 if has_value else 2
        if at >= len(tokens):
            raise unreadable(sql, tokens[-1])
    if tokens[at].text != ")":
        raise unreadable(sql, tokens[at])
    return _something(sql, tokens[at + 1 :]), runs


def _something(sql: str, tokens: Sequence[Token]) -> Sequence[Token]:
    if not tokens:
        raise SqlUnparseableError(
            f"The statement stops too early, at {place(sql, len(sql))}. Complete it."
        )
    return tokens
