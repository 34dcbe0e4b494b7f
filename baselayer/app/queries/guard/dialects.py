"""Which dialects can be judged."""

from baselayer.app.errors import SqlUnparseableError
from baselayer.app.queries.guard.duckdb_rules import DUCKDB
from baselayer.app.queries.guard.mysql_rules import MYSQL
from baselayer.app.queries.guard.postgres_rules import POSTGRES
from baselayer.app.queries.guard.rules import Dialect
from baselayer.app.queries.guard.sqlite_rules import SQLITE

DIALECTS = {dialect.name: dialect for dialect in (POSTGRES, MYSQL, SQLITE, DUCKDB)}


def dialect_for(name: str) -> Dialect:
    """Find the rules of a dialect; what has none is refused."""
    if name not in DIALECTS:
        known = ", ".join(sorted(DIALECTS))
        raise SqlUnparseableError(
            f"Statements in the dialect {name[:40]!r} cannot be judged, so they are not sent."
            f" Known: {known}."
        )
    return DIALECTS[name]
