"""baselayer query: saved queries, for the operator; `run` asks the running server."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from baselayer.cli.options import (
    LOCAL_URL,
    Config,
    Description,
    Format,
    Group,
    Limit,
    Owner,
    TokenFile,
    Url,
    new_group,
)
from baselayer.cli.saying import note, show_table

app = new_group("Saved queries: make, show, share, delete, run.")

Name = Annotated[str, typer.Argument(help="The name of the query, or its id.")]
OwnerIfNeeded = Annotated[
    str | None, typer.Option("--owner", help="The owner, where several have one of that name.")
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is called; unique for its owner.")],
    owner: Owner,
    connection: Annotated[str, typer.Option(help="The connection's name, or its id.")],
    file: Annotated[Path, typer.Option(help="The file that has the SQL; - is standard input.")],
    description: Description = "",
    config: Config = None,
) -> None:
    """Save a query."""
    from baselayer.app.connections.models import SqlConnection
    from baselayer.cli.desk import at_desk
    from baselayer.cli.records import create_query, find_record
    from baselayer.cli.secret_input import read_text

    text = sys.stdin.read() if str(file) == "-" else read_text(file)
    with at_desk(config) as desk:
        on = find_record(desk, SqlConnection, connection)
        values = {"name": name, "description": description, "text": text}
        record = create_query(desk, owner, on, **values)
    note(f"saved the query {name} of {owner}; its id is:")
    print(record.id)


@app.command("list")
def list_all(config: Config = None) -> None:
    """Show all saved queries."""
    from baselayer.app.queries.models import Query
    from baselayer.cli.desk import at_desk
    from baselayer.cli.records import list_records

    with at_desk(config) as desk:
        rows = [
            (record.name, record.owner.username, record.connection.name, record.id)
            for record in list_records(desk, Query)
        ]
    show_table(["name", "owner", "connection", "id"], rows)


@app.command()
def show(name: Name, owner: OwnerIfNeeded = None, config: Config = None) -> None:
    """Show a query: what it is for, whom it is shared with, and its text."""
    from baselayer.app.queries.models import Query
    from baselayer.cli.desk import at_desk
    from baselayer.cli.records import find_record, shares_of

    with at_desk(config) as desk:
        record = find_record(desk, Query, name, owner=owner)
        note(f"{record.name} ({record.id}) of {record.owner.username} on {record.connection.name}")
        note(f"shared with: {', '.join(shares_of(desk, record)) or 'nobody'}")
        note(record.description)
    print(record.text)


@app.command()
def share(
    name: Name,
    group: Group,
    owner: OwnerIfNeeded = None,
    update: Annotated[bool, typer.Option("--update", help="Members may change it.")] = False,
    config: Config = None,
) -> None:
    """Let a group see a query; to run it, they need the connection."""
    from baselayer.app.queries.models import Query
    from baselayer.cli.desk import at_desk
    from baselayer.cli.records import find_record, share_query

    with at_desk(config) as desk:
        record = find_record(desk, Query, name, owner=owner)
        share_query(desk, record, group, can_update=update)
    note(f"the members of {group} may see {'and change ' * update}the query {record.name}")


@app.command()
def unshare(name: Name, group: Group, owner: OwnerIfNeeded = None, config: Config = None) -> None:
    """Take a query from a group."""
    from baselayer.app.queries.models import Query
    from baselayer.cli import records
    from baselayer.cli.desk import at_desk

    with at_desk(config) as desk:
        record = records.find_record(desk, Query, name, owner=owner)
        records.unshare(desk, record, group)
    note(f"the query {record.name} is not shared with {group} any more")


@app.command()
def delete(name: Name, owner: OwnerIfNeeded = None, config: Config = None) -> None:
    """Delete a saved query; its runs stay."""
    from baselayer.app.queries.models import Query
    from baselayer.cli import records
    from baselayer.cli.desk import at_desk

    with at_desk(config) as desk:
        record = records.find_record(desk, Query, name, owner=owner)
        records.delete(desk, record)
    note(f"deleted the query {record.name}")


@app.command()
def run(
    name: Name,
    limit: Limit = None,
    format: Format = "table",
    url: Url = LOCAL_URL,
    token_file: TokenFile = None,
) -> None:
    """Run a saved query on the server, as the holder of your token, and print the result."""
    from baselayer.cli.remote import connected, print_result

    with connected(url, token_file) as client:
        print_result(client.run_query(name, limit_rows=limit), format)
