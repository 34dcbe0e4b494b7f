"""Judges a statement before it is sent: wall 1 of 3 (the others are the database and its role)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from baselayer.app.errors import (
    SqlNotReadOnlyError,
    SqlTransactionControlError,
    SqlUnknownFunctionError,
    SqlUnparseableError,
)
from baselayer.app.queries.guard.dialects import dialect_for
from baselayer.app.queries.guard.functions import Calls, unknown
from baselayer.app.queries.guard.lexer import Kind, Token
from baselayer.app.queries.guard.rules import Dialect
from baselayer.app.queries.guard.statements import (
    check_explained,
    explained,
    only_statement,
    told_query,
    unreadable,
)
from baselayer.app.queries.guard.tree import (
    aliases,
    check_reading,
    check_tables,
    parse,
    plain_calls,
)

LIMIT_CHARACTERS = 1_000_000

Reading = Literal["select", "explain", "show"]


@dataclass(frozen=True)
class Verdict:
    """What a statement is; everything but "write" can run in a read-only transaction."""

    kind: Literal["select", "explain", "show", "write"]


def judge(
    sql: str, *, dialect: str, may_write: bool, allowed_functions: Collection[str] = ()
) -> Verdict:
    """Say what the statement in `sql` is, or raise a GuardError that names the part refused.

    `allowed_functions` are the connection's own: `name` or `schema.name`, spelled as the catalogue
    does (lower case, unless quoted when made). Who may write may also call any function and lock
    rows; the verdict is then "write". What touches the transaction or the session is refused to
    everybody. An ordinary statement takes about a millisecond, the longest accepted (100,000 words
    and signs) a few seconds: judge outside of an event loop.
    """
    rules = dialect_for(dialect)
    if len(sql) > LIMIT_CHARACTERS:
        raise SqlUnparseableError(
            f"The statement has {len(sql)} characters; {LIMIT_CHARACTERS} are the most that is"
            " judged. Put long lists of values in a table."
        )
    try:
        tokens = only_statement(sql, rules.lex(sql))
        return Verdict(_reading(sql, tokens, rules, allowed_functions))
    except (SqlNotReadOnlyError, SqlUnknownFunctionError):
        if not may_write:
            raise
        return Verdict("write")


def _reading(
    sql: str, tokens: Sequence[Token], rules: Dialect, allowed: Collection[str]
) -> Reading:
    """Return the kind of a statement that only reads; refuse any other."""
    word = tokens[0].text.lower()
    if word in rules.tellers:
        query = told_query(sql, tokens, rules)
        if query is not None:
            _check(sql, query, rules, allowed)
        return "show"
    if word == "explain":
        inner, runs = explained(sql, tokens, rules)
        _check(sql, inner, rules, allowed)
        check_explained(sql, runs)
        return "explain"
    _check(sql, tokens, rules, allowed)
    return "select"


def _check(sql: str, tokens: Sequence[Token], rules: Dialect, allowed: Collection[str]) -> None:
    word = tokens[0].text.lower()
    if word in rules.control:
        raise SqlTransactionControlError(
            f"{word.upper()} touches the transaction or session that baselayer runs statements in,"
            " or takes over its connection. It is refused on every connection; leave it out."
        )
    if word in rules.definitions:
        raise _not_reading(word)
    if word not in rules.reads | rules.changes:
        raise unreadable(sql, tokens[0])
    tree = parse(sql, tokens, rules)
    if word in rules.changes:
        raise _not_reading(word)
    check_reading(tree, rules)
    for token in tokens:
        if token.kind is Kind.WORD and token.name in rules.forbidden:
            raise _not_reading(token.name)
    if rules.reads_files:
        check_tables(sql, tree, tokens)
    Calls(tokens, frozenset(aliases(tree)), rules).check(sql, allowed)
    for name in plain_calls(tree):
        if name in rules.clauses:
            raise unknown(sql, tokens[0], name)


def _not_reading(word: str) -> SqlNotReadOnlyError:
    return SqlNotReadOnlyError(
        f"{word.upper()} changes something. Only reading is allowed: either the connection is"
        " read-only, or you may not write."
    )
