"""The rules of SQLite; its authorizer judges once more when the statement is compiled."""

from sqlglot.parsers.sqlite import SQLiteParser

from baselayer.app.queries.guard.budget import Budgeted
from baselayer.app.queries.guard.rules import OPERAND, Dialect, words
from baselayer.app.queries.guard.sqlite_lexer import lex_sqlite


class BudgetedSqliteParser(Budgeted, SQLiteParser):
    """sqlglot's parser with a bound on its work."""


SQLITE = Dialect(
    name="sqlite",
    parser=BudgetedSqliteParser,
    home_schema="",
    reads=words("select with values"),
    changes=words("insert update delete"),
    definitions=words("alter analyze create drop reindex replace vacuum"),
    control=words("attach begin commit detach end pragma release rollback savepoint"),
    explain_options=frozenset(),
    clauses={
        "filter": words(")"),
        "glob": words(OPERAND),
        "like": words(OPERAND),
        "match": words(OPERAND),
        "materialized": words("as"),
        "over": words(")"),
        "recursive": words("with"),
        "regexp": words(OPERAND),
    },
    lex=lex_sqlite,
    keeps_operators=True,
    explain_words=words("query plan"),
    tellers=frozenset(),
)
