"""The rules of DuckDB; its configuration is locked before the statement comes."""

from sqlglot import exp
from sqlglot.parsers.duckdb import DuckDBParser

from baselayer.app.queries.guard.budget import Budgeted
from baselayer.app.queries.guard.duckdb_lexer import lex_duckdb
from baselayer.app.queries.guard.rules import OPERAND, Dialect, words


class BudgetedDuckdbParser(Budgeted, DuckDBParser):
    """sqlglot's parser with a bound on its work."""


DUCKDB = Dialect(
    name="duckdb",
    parser=BudgetedDuckdbParser,
    home_schema="",
    reads=words("select with values from ("),
    changes=words("insert update delete merge"),
    definitions=words(
        "alter analyze analyse checkpoint comment copy create drop export force import reindex"
        " truncate vacuum"
    ),
    control=words(
        "abort attach begin call commit deallocate detach end execute install load pragma prepare"
        " reset rollback set start update_extensions use"
    ),
    explain_options=words("analyze format"),
    clauses={
        "by": words("group order partition"),
        "exclude": words("*"),
        "filter": words(")"),
        "glob": words(OPERAND),
        "ilike": words(OPERAND),
        "join": words(
            f"anti asof cross full inner left natural outer positional right semi {OPERAND}"
        ),
        "like": words(OPERAND),
        "materialized": words("as"),
        "over": words(") nulls"),
        "rename": words("*"),
        "replace": words("*"),
        "sample": words("using"),
        "sets": words("grouping"),
        "similar": words(OPERAND),
        "within": words(")"),
    },
    lex=lex_duckdb,
    tellers=words("describe desc show summarize"),
    tellers_of_queries=words("describe desc summarize"),
    reading=(exp.Comprehension, exp.Lambda, exp.PositionalColumn, exp.Qualify),
    reads_files=True,
)
