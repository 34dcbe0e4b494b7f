"""Parses a statement and walks its whole tree: only parts that are known to read may be in it."""

import re
from collections.abc import Iterator, Sequence

from sqlglot import ErrorLevel, exp
from sqlglot.dialects.dialect import Dialect as SqlglotDialect
from sqlglot.errors import SqlglotError

from baselayer.app.errors import SqlNotReadOnlyError, SqlUnparseableError
from baselayer.app.queries.guard.budget import BudgetSpentError
from baselayer.app.queries.guard.excerpts import place
from baselayer.app.queries.guard.lexer import Kind, Token
from baselayer.app.queries.guard.masking import mask
from baselayer.app.queries.guard.rules import Dialect, words
from baselayer.app.queries.guard.statements import unreadable

# What a table's quoted name may hold so that no file can be meant.
FILELESS = re.compile(r"[\w $#-]+")
FILE_ENDINGS = words("csv tsv txt gz zst parquet json jsonl ndjson xlsx arrow db duckdb sqlite")
ROOTS = (exp.Query, exp.Values)
# Expressions and queries are in by their base class; functions are judged by the name that was
# written (functions.py), the rest is clauses. What is not here is refused: INTO, FOR UPDATE, every
# statement that writes, every Command, and whatever a later sqlglot invents.
READING: tuple[type[exp.Expr], ...] = (
    exp.Alias,
    exp.Aliases,
    exp.AtTimeZone,
    exp.CTE,
    exp.ColumnConstraint,  # in the COLUMNS of XMLTABLE
    exp.ColumnDef,
    exp.Condition,
    exp.Cube,
    exp.DataType,
    exp.DataTypeParam,
    exp.Distinct,
    exp.Fetch,
    exp.Filter,
    exp.FormatJson,
    exp.From,
    exp.Group,
    exp.GroupingSets,
    exp.Having,
    exp.Identifier,
    exp.IgnoreNulls,
    exp.Interval,
    exp.IntervalSpan,
    exp.JSON,
    exp.JSONColumnDef,
    exp.JSONKeyValue,
    exp.JSONPath,
    exp.JSONPathPart,
    exp.JSONSchema,
    exp.JSONValue,
    exp.Join,
    exp.Limit,
    exp.LimitOptions,
    exp.ObjectIdentifier,
    exp.Offset,
    exp.OnCondition,
    exp.Order,
    exp.Ordered,
    exp.PathColumnConstraint,
    exp.PseudoType,
    exp.Query,
    exp.RecursiveWithSearch,
    exp.RespectNulls,
    exp.Rollup,
    exp.Slice,
    exp.Star,
    exp.Table,
    exp.TableAlias,
    exp.TableColumn,
    exp.TableSample,
    exp.Tuple,
    exp.UDTF,
    exp.Var,
    exp.Variadic,
    exp.Where,
    exp.WindowSpec,
    exp.With,
    exp.WithinGroup,
    exp.XMLNamespace,
)
NAMES: dict[type[exp.Expr], str] = {
    exp.Into: "INTO, which makes a table",
    exp.Lock: "FOR UPDATE or FOR SHARE",
}


def parse(sql: str, tokens: Sequence[Token], dialect: Dialect) -> exp.Expr:
    """Parse the statement of `tokens`; raise SqlUnparseableError with the place it stopped at."""
    text = mask(sql, tokens, quote=dialect.quote, keeps_operators=dialect.keeps_operators)
    cutter = SqlglotDialect.get_or_raise(dialect.name)
    cutter.STRICT_JSON_PATH_SYNTAX = False  # a masked text is no path, and no reason to log
    parser = dialect.parser(error_level=ErrorLevel.IMMEDIATE, dialect=cutter)
    try:
        trees = parser.parse(cutter.tokenize(text), text)
    except (SqlglotError, AttributeError, TypeError, ValueError, LookupError):
        # The parser also stumbles over nonsense in ways of its own (`{'a': 1, 'b',: 2}`).
        stopped = parser._curr.start if parser._curr else tokens[-1].start
        raise _stopped(sql, tokens, stopped) from None
    except (RecursionError, BudgetSpentError):
        raise SqlUnparseableError(
            "The statement is nested too deeply to be judged. Take it apart, with WITH for example."
        ) from None
    if len(trees) != 1 or trees[0] is None:
        raise unreadable(sql, tokens[0])
    return trees[0]


def check_reading(tree: exp.Expr, dialect: Dialect) -> None:
    """Raise SqlNotReadOnlyError unless every part of the tree is known to read."""
    if not isinstance(tree, ROOTS):
        raise _not_reading(tree)
    known = READING + dialect.reading
    for node in tree.walk():
        if not isinstance(node, known) or isinstance(node, dialect.never):
            raise _not_reading(node)


def check_tables(sql: str, tree: exp.Expr, tokens: Sequence[Token]) -> None:
    """Refuse a table that the database would look for among files."""
    by_start = {token.start: token for token in tokens}
    for table in tree.find_all(exp.Table):
        parts = [table.args.get(name) for name in ("this", "db", "catalog")]
        names = [part for part in parts if part is not None]
        for name in names:
            if isinstance(name, exp.Func):
                continue  # judged by its name
            token = by_start.get(_start(name))
            if token is None or _may_be_file(token):
                raise _file(sql, token or tokens[0])
        last = by_start.get(_start(table.this))
        if len(names) > 1 and last is not None and last.name in FILE_ENDINGS:
            raise _file(sql, last)


def _start(name: object) -> int:
    return name.meta.get("start", -1) if isinstance(name, exp.Identifier) else -1


def _may_be_file(token: Token) -> bool:
    return token.kind is Kind.STRING or (
        token.kind is Kind.QUOTED and not FILELESS.fullmatch(token.name)
    )


def _file(sql: str, token: Token) -> SqlNotReadOnlyError:
    return SqlNotReadOnlyError(
        f"The table at {place(sql, token.start)} could be a file: a text, or a name with a dot, a "
        "slash or a wildcard. Only the tables of the database can be read."
    )


def aliases(tree: exp.Expr) -> Iterator[int]:
    """Yield where the names of tables and common table expressions are given."""
    for alias in tree.find_all(exp.TableAlias):
        name = alias.this
        if isinstance(name, exp.Identifier) and "start" in name.meta:
            yield name.meta["start"]


def plain_calls(tree: exp.Expr) -> Iterator[str]:
    """Yield the names of the calls that the parser has no class of its own for."""
    for call in tree.find_all(exp.Anonymous):
        yield call.name.lower()


def _stopped(sql: str, tokens: Sequence[Token], at: int) -> SqlUnparseableError:
    return unreadable(sql, next((token for token in tokens if token.end > at), tokens[-1]))


def _not_reading(node: exp.Expr) -> SqlNotReadOnlyError:
    what = NAMES.get(type(node), type(node).__name__.upper())
    return SqlNotReadOnlyError(
        f"The statement has a part that may change something: {what}. Only reading is allowed:"
        " either the connection is read-only, or you may not write."
    )
