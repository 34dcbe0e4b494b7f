"""Tells where in a statement something is, without repeating more than a few words of it."""

LIMIT_CHARACTERS = 40


def place(sql: str, at: int) -> str:
    """Say line and column of an offset, both counted from 1."""
    line = sql.count("\n", 0, at) + 1
    column = at - sql.rfind("\n", 0, at)
    return f"line {line}, column {column}"


def excerpt(text: str) -> str:
    """Shorten to one line of at most 40 characters."""
    line = " ".join(text[: LIMIT_CHARACTERS * 2].split())
    return line if len(line) <= LIMIT_CHARACTERS else line[: LIMIT_CHARACTERS - 1] + "…"
