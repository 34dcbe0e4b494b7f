"""Which formats a stored result can be downloaded in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from baselayer.app.errors import InvalidRequestError
from baselayer.app.queries.export.comma_separated import csv_chunks
from baselayer.app.queries.export.json_lines import jsonl_chunks


@dataclass(frozen=True)
class Format:
    """A download format: the name in the URL and of the file's ending, and its media type."""

    name: str
    media_type: str
    chunks: Callable[[Path], Iterator[bytes]]


FORMATS = {
    "csv": Format("csv", "text/csv; charset=utf-8; header=present", csv_chunks),
    "jsonl": Format("jsonl", "application/x-ndjson", jsonl_chunks),
}


def format_named(name: str) -> Format:
    """Return a format; InvalidRequestError names the known ones."""
    found = FORMATS.get(name)
    if found is None:
        known = ", ".join(FORMATS)
        raise InvalidRequestError(
            f"There is no download format {name!r}; there is: {known}.",
            fields={"format": f"must be one of: {known}"},
        )
    return found


def export(path: Path, format_name: str) -> Iterator[bytes]:
    """Yield the stored result at `path` in a format, some hundred rows in memory at a time."""
    return format_named(format_name).chunks(path)
