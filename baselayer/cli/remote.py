"""What commands do over HTTP: open a client, print the result of a run."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from baselayer.cli.saying import fail, note, show_table
from baselayer.cli.secret_input import read_text
from baselayer.client import Client, ClientError, Run

TOKEN_VARIABLE = "BASELAYER_TOKEN"  # noqa: S105 (a name)
NUMBERS = ("int", "uint", "float", "double", "decimal", "numeric")  # how their types begin
INTERRUPTED = 130  # what a shell tells of a command that Ctrl-C ended


@contextmanager
def connected(url: str, token_file: Path | None) -> Iterator[Client]:
    """Open a client; whatever it raises ends the command with one line."""
    try:
        with Client(url, _token(token_file)) as client:
            yield client
    except ClientError as error:
        fail(error.message)


def print_result(run: Run, format: str) -> None:
    """Wait for a run and print its rows; Ctrl-C cancels it on the server as well."""
    try:
        run.wait()
        PRINTERS[format](run)
    except KeyboardInterrupt:
        run.cancel()
        note("cancelled")
        raise typer.Exit(INTERRUPTED) from None
    if run.truncated:
        note(f"The result was cut short: it reached the limit of {run.truncated}.")


def _print_table(run: Run) -> None:
    columns = run.columns()
    numbers = {at for at, column in enumerate(columns) if _is_number(column)}
    count = show_table([column["name"] for column in columns], run.rows(), right=numbers)
    note(f"{count:,} row{'' if count == 1 else 's'}")


def _is_number(column: dict[str, str]) -> bool:
    """Tell by either type: a number without bounds is stored as text, so that it stays exact."""
    return column["type"].startswith(NUMBERS) or column["source_type"].startswith(NUMBERS)


def _print_csv(run: Run) -> None:
    run.download_to(sys.stdout.buffer, "csv")


def _print_json_lines(run: Run) -> None:
    run.download_to(sys.stdout.buffer, "jsonl")


PRINTERS: dict[str, Callable[[Run], None]] = {
    "table": _print_table,
    "csv": _print_csv,
    "jsonl": _print_json_lines,
}


def _token(file: Path | None) -> str:
    value = read_text(file) if file is not None else os.environ.get(TOKEN_VARIABLE, "")
    if not value.strip():
        fail(f"Say who you are: put your token into {TOKEN_VARIABLE}, or name its --token-file.")
    return value.strip()
