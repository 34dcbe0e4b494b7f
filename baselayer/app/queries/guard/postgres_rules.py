"""The rules of PostgreSQL."""

from sqlglot.parsers.postgres import PostgresParser

from baselayer.app.queries.guard.budget import Budgeted
from baselayer.app.queries.guard.rules import OPERAND, Dialect, words


class BudgetedPostgresParser(Budgeted, PostgresParser):
    """sqlglot's parser with a bound on its work."""


POSTGRES = Dialect(
    name="postgres",
    parser=BudgetedPostgresParser,
    home_schema="pg_catalog",
    reads=words("select with values ("),
    changes=words("insert update delete merge"),
    definitions=words(
        "alter analyse analyze cluster comment create drop grant import reassign refresh reindex"
        " revoke security truncate vacuum"
    ),
    control=words(
        "abort begin call checkpoint close commit copy deallocate declare discard do end execute"
        " fetch listen load lock move notify prepare release reset rollback savepoint set start"
        " unlisten"
    ),
    explain_options=words(
        "analyse analyze buffers costs format generic_plan memory serialize settings summary"
        " timing verbose wal"
    ),
    clauses={
        "columns": words(OPERAND),
        "by": words("group order partition"),
        "escape": words(OPERAND),
        "filter": words(")"),
        "first": words("fetch"),
        "ilike": words(OPERAND),
        "join": words(f"cross full inner left natural outer right {OPERAND}"),
        "like": words(OPERAND),
        "materialized": words("as"),
        "next": words("fetch"),
        "operator": words(OPERAND),
        "over": words(") nulls"),
        "overlaps": words(OPERAND),
        "passing": words(OPERAND),
        "repeatable": words(")"),
        "sets": words("grouping"),
        "value": words(OPERAND),
        "varying": words("bit char character nchar"),
        "zone": words("time"),
    },
)
