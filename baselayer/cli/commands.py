"""The commands; each is in the file of its name, which loads what it needs when it is run."""

from pathlib import Path
from typing import Annotated

import typer

from baselayer import __version__
from baselayer.cli import (
    account,
    acl,
    connection,
    cron,
    db,
    group,
    invitation,
    query,
    rls,
    role,
    stream,
    token,
    user,
)
from baselayer.cli.options import Config
from baselayer.cli.run import run

app = typer.Typer(
    help="Share access to a team's data without sharing its passwords.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for name, commands in {
    "db": db.app,
    "account": account.app,
    "user": user.app,
    "role": role.app,
    "acl": acl.app,
    "group": group.app,
    "invitation": invitation.app,
    "stream": stream.app,
    "token": token.app,
    "connection": connection.app,
    "query": query.app,
    "cron": cron.app,
    "rls": rls.app,
}.items():
    app.add_typer(commands, name=name)
app.command()(run)


@app.command()
def serve(config: Config = None) -> None:
    """Serve the API: the web process, its executors, and the embedded database."""
    from baselayer.cli.serve import serve as serve_it

    serve_it(config or [])


@app.command()
def demo(
    home: Annotated[Path | None, typer.Option(help="The data directory to use.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to serve at; 0 is a free one.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Prepare it and end.")] = False,
    config: Config = None,
) -> None:
    """Serve with people, tokens, saved queries and a database of flights to try it out on."""
    from baselayer.cli.demo.command import demo as demonstrate

    demonstrate(config or [], home=home, port=port, once=once)


@app.command(name="check-policies")
def check_policies(
    of: Annotated[
        str, typer.Option(help="The declarative base whose classes to check, as module:name.")
    ] = "baselayer.app.models:Base",
) -> None:
    """Say what is to be mended in the access controls; the exit status is 1 when anything is."""
    from baselayer.cli.policies import check

    raise typer.Exit(check(of))


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)
