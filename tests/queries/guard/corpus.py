"""Statements by dialect: paragraphs of `<dialect>/allowed.sql`, `<dialect>/refused/<code>.sql`."""

from pathlib import Path

from baselayer.app.errors import GuardError
from baselayer.app.queries.guard.judge import judge

HERE = Path(__file__).parent
WRITABLE = ("sql_not_read_only", "sql_unknown_function")


def statements(file: Path) -> list[str]:
    """Return a file's paragraphs."""
    text = file.read_text(encoding="utf-8")
    return [paragraph.strip("\n") for paragraph in text.split("\n\n") if paragraph.strip()]


def allowed(dialect: str) -> list[str]:
    """Return the statements of analysts."""
    return statements(HERE / dialect / "allowed.sql")


def refused(dialect: str) -> list[tuple[str, str]]:
    """Return the statements that nobody may run read-only, with the codes of their refusals."""
    files = sorted((HERE / dialect).glob("refused/*.sql"))
    return [(file.stem, text) for file in files for text in statements(file)]


def code_of(sql: str, dialect: str, *, may_write: bool = False) -> str:
    """Return the code of the refusal, or the kind of the statement."""
    try:
        return judge(sql, dialect=dialect, may_write=may_write).kind
    except GuardError as refusal:
        assert type(refusal) is not GuardError
        assert len(refusal.message) < 400
        return refusal.code
