"""baselayer run: a statement, on the server, through a stored connection."""

import sys
from typing import Annotated

import typer

from baselayer.cli.options import LOCAL_URL, Format, Limit, TokenFile, Url


def run(
    sql: Annotated[str, typer.Argument(help="The statement; - reads it from standard input.")],
    connection: Annotated[str, typer.Option(help="The connection's name, or its id.")],
    limit: Limit = None,
    format: Format = "table",
    url: Url = LOCAL_URL,
    token_file: TokenFile = None,
) -> None:
    """Run a statement on the server, as the holder of your token, and print the result."""
    from baselayer.cli.remote import connected, print_result

    text = sys.stdin.read() if sql == "-" else sql
    with connected(url, token_file) as client:
        print_result(client.run(text, connection, limit_rows=limit), format)
