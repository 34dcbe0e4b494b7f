"""Judges the calls in a statement by the names that its author wrote.

The parser renames functions (NVL becomes COALESCE), so names are taken from the tokens: a name
before "(" is a call unless it is a key word that cannot be one, a type, or the name of a table
with its columns. Both the tokens and the parser must say that it is such a name.

Left to the other walls, for no text can show them: operators, casts, views and row-level policies
that call functions; a column written `row.f` that is a function `f(row)`; a function of the same
name as a built-in one in a schema of the database.
"""

from collections.abc import Collection, Sequence

from baselayer.app.errors import SqlUnknownFunctionError
from baselayer.app.queries.guard.excerpts import excerpt, place
from baselayer.app.queries.guard.lexer import Kind, Token
from baselayer.app.queries.guard.rules import OPERAND, Dialect

NAMES = (Kind.WORD, Kind.QUOTED)
CONSTANTS = (Kind.STRING, Kind.NUMBER, Kind.PARAMETER, Kind.QUOTED)
ENDING_WORDS = frozenset({"null", "true", "false", "end"})
NEVER_CALLED = ("R", "C")  # categories of key words that are no function's name
NEVER_ENDING = ("R", "T")  # and of those that are no column's name


class Calls:
    """The calls of one statement."""

    def __init__(self, tokens: Sequence[Token], aliases: Collection[int], dialect: Dialect) -> None:
        """Keep the statement and where its tables are named (`tree.aliases`)."""
        self._tokens = tokens
        self._aliases = frozenset(aliases)
        self._dialect = dialect
        self._keywords = dialect.keywords

    def check(self, sql: str, allowed: Collection[str]) -> None:
        """Raise SqlUnknownFunctionError at the first call of a function that is not allowed."""
        home = self._dialect.home_schema + "."
        added = frozenset(name.removeprefix(home) for name in allowed)
        for at in range(len(self._tokens) - 1):
            if self._is_call(at):
                name = self._called(at)
                if name not in self._dialect.functions and name not in added:
                    raise unknown(sql, self._tokens[at], name)

    def _is_call(self, at: int) -> bool:
        token = self._tokens[at]
        if token.kind not in NAMES or self._tokens[at + 1].text != "(":
            return False
        first = self._first_of_name(at)
        before = self._tokens[first - 1].text.lower() if first else ""
        if before in ("::", "as") or self._names_a_table(first, before):
            return False
        return first != at or token.kind is Kind.QUOTED or not self._is_clause(at, before)

    def _first_of_name(self, at: int) -> int:
        while at > 1 and self._tokens[at - 1].text == "." and self._tokens[at - 2].kind in NAMES:
            at -= 2
        return at

    def _names_a_table(self, at: int, before: str) -> bool:
        is_place = before in ("with", "recursive", "ordinality", ",") or self._ends_operand(at - 1)
        return self._tokens[at].start in self._aliases and is_place

    def _is_clause(self, at: int, before: str) -> bool:
        word = self._tokens[at].name
        if self._keywords.get(word) in NEVER_CALLED:
            return before != "."
        places = self._dialect.clauses.get(word, frozenset())
        previous = at - 2 if before == "not" else at - 1
        is_place = previous >= 0 and self._tokens[previous].text.lower() in places
        return is_place or (OPERAND in places and self._ends_operand(previous))

    def _ends_operand(self, at: int) -> bool:
        if at < 0:
            return False
        token = self._tokens[at]
        if token.kind is not Kind.WORD:
            return token.kind in CONSTANTS or token.text in (")", "]")
        return token.name in ENDING_WORDS or self._keywords.get(token.name) not in NEVER_ENDING

    def _called(self, at: int) -> str:
        """Spell the function as `allowed_functions` does: `name`, or `schema.name`."""
        parts = [token.name for token in self._tokens[self._first_of_name(at) : at + 1 : 2]]
        if any("." in part for part in parts):
            return ""  # "a.b" in quotes is one name, and must not look like a.b
        return ".".join(parts).removeprefix(self._dialect.home_schema + ".")


def unknown(sql: str, token: Token, name: str) -> SqlUnknownFunctionError:
    """Make the refusal of a call."""
    shown = excerpt(name or token.text)
    return SqlUnknownFunctionError(
        f"The function {shown} at {place(sql, token.start)} is not known to be free of side"
        " effects. Who may update the connection can add it to its `allowed_functions`.",
        function=shown,
    )
