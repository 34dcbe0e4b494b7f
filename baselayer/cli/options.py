"""Options that several commands share, and their one help text each."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Config = Annotated[
    list[str] | None, typer.Option("--config", "-C", help="A settings file; may be repeated.")
]
Owner = Annotated[str, typer.Option("--owner", help="The user name of the owner.")]
Group = Annotated[str, typer.Option("--group", help="The name of a group.")]
Description = Annotated[str, typer.Option(help="What it is for.")]
Url = Annotated[
    str, typer.Option("--url", envvar="BASELAYER_URL", help="The address of the server.")
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        help="The file that your token is in; else BASELAYER_TOKEN holds it. It is no argument, "
        "because others can see those."
    ),
]
Format = Annotated[
    Literal["table", "csv", "jsonl"], typer.Option("--format", help="How to print the result.")
]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="The most rows to keep of the result.")
]

LOCAL_URL = "http://127.0.0.1:5000"


def new_group(help: str) -> typer.Typer:
    """Return an empty group of commands."""
    return typer.Typer(help=help, no_args_is_help=True, add_completion=False)
