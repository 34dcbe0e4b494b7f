"""What commands say: answers on standard output, remarks and failures on standard error."""

import sys
import unicodedata
from collections.abc import Container, Iterable, Sequence
from itertools import chain, islice
from typing import Any, NoReturn

MEASURED_ROWS = 1000  # the widths of a table's columns come from its first rows


def note(text: str) -> None:
    """Say something that is not the answer, so that the answer can be piped."""
    print(text, file=sys.stderr, flush=True)


def fail(message: str) -> NoReturn:
    """End the command with one line on what went wrong."""
    note(f"baselayer: {' '.join(message.split())}")
    sys.exit(1)


def show_table(
    names: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Container[int] = ()
) -> int:
    """Print rows under their names, those of `right` flush right; return how many there were."""
    source = iter(rows)
    measured = [list(row) for row in islice(source, MEASURED_ROWS)]
    titles = [printable(name) for name in names]
    widths = [
        max([_width(title), *(_width(printable(row[at])) for row in measured)])
        for at, title in enumerate(titles)
    ]
    sides = [width if at in right else -width for at, width in enumerate(widths)]
    print(_line(titles, sides))
    print("  ".join("-" * width for width in widths))
    count = 0
    for row in chain(measured, source):
        print(_line(row, sides))
        count += 1
    return count


def printable(value: Any) -> str:
    """Return a value on one line, harmless to a terminal: what would steer it is spelt out."""
    if value is None:
        return ""
    text = str(value) if not isinstance(value, bool) else str(value).lower()
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _line(values: Sequence[Any], sides: Sequence[int]) -> str:
    return "  ".join(map(_padded, values, sides)).rstrip()


def _padded(value: Any, side: int) -> str:
    """Return the value in a column of |side| characters, flush right when `side` is positive."""
    text = printable(value)
    space = " " * (abs(side) - _width(text))
    return space + text if side > 0 else text + space


def _width(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)
