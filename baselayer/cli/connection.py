"""baselayer connection: stored connections, for the operator; `test` asks the running server."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from baselayer.cli.options import (
    LOCAL_URL,
    Config,
    Description,
    Group,
    Owner,
    TokenFile,
    Url,
    new_group,
)
from baselayer.cli.saying import note, show_table

app = new_group("Connections: make, show, change, copy, share, delete, test.")

Name = Annotated[str, typer.Argument(help="The name of the connection, or its id.")]
OwnerIfNeeded = Annotated[
    str | None, typer.Option("--owner", help="The owner, where several have one of that name.")
]

Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="NAME=VALUE of any other field, as the API names it; repeatable."),
]
File = Annotated[
    list[str] | None,
    typer.Option("--file", help="NAME=FILE: a field, or a secret, from a file; repeatable."),
]
Ask = Annotated[
    list[str] | None, typer.Option("--ask", help="A secret to be asked for; repeatable.")
]
Write = Annotated[bool, typer.Option("--write", help="Allow statements that change data.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]
# These log nobody in.
FILES = ("sqlite", "duckdb")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is called; unique for its owner.")],
    owner: Owner,
    database: Annotated[
        str, typer.Option(help="The database on the server, or its file below `files.roots`.")
    ],
    host: Annotated[str | None, typer.Option(help="The name or address of the server.")] = None,
    username: Annotated[str | None, typer.Option(help="The database's user.")] = None,
    engine: Annotated[
        str, typer.Option(help="postgresql, mysql, mariadb, sqlite or duckdb.")
    ] = "postgresql",
    port: Annotated[
        int | None, typer.Option(help="The server's port, if not its usual one.")
    ] = None,
    description: Description = "",
    tls_mode: Annotated[
        str, typer.Option(help="verify-full, verify-ca, require or disable.")
    ] = "verify-full",
    tls_ca: Annotated[
        Path | None, typer.Option(help="A PEM file of who may vouch for the server.")
    ] = None,
    write: Write = False,
    password_stdin: PasswordStdin = False,
    password_file: Annotated[
        Path | None, typer.Option(help="Read the password from a file.")
    ] = None,
    set_fields: Set = None,
    file_fields: File = None,
    ask: Ask = None,
    config: Config = None,
) -> None:
    """Store a connection. Nothing is dialled; `connection test` does that.

    The password is asked for, or read from standard input or a file, and stored sealed.
    """
    from baselayer.app.connections.storing import SECRETS
    from baselayer.cli.desk import at_desk
    from baselayer.cli.fields import read_fields
    from baselayer.cli.records import create_connection
    from baselayer.cli.secret_input import read_password, read_text

    values: dict[str, Any] = {
        **{"name": name, "description": description, "engine": engine},
        **{"host": host, "port": port, "database": database, "username": username},
        **{"tls_mode": tls_mode, "tls_ca": read_text(tls_ca) if tls_ca else None},
        "read_only": not write,
        **read_fields(set_fields or (), file_fields or (), ask or (), secrets=SECRETS),
    }
    has_login = engine not in FILES and values.get("authentication_method") != "none"
    if has_login and "password" not in values:
        values["password"] = read_password(
            from_stdin=password_stdin,
            file=password_file,
            prompt=f"Password of {username} at {host}: ",
        )
    with at_desk(config) as desk:
        record = create_connection(desk, owner, **values)
    note(f"stored the connection {name} of {owner}; its id is:")
    print(record.id)


@app.command("list")
def list_all(config: Config = None) -> None:
    """Show all connections."""
    from baselayer.app.connections.models import SqlConnection
    from baselayer.cli.desk import at_desk
    from baselayer.cli.records import list_records

    with at_desk(config) as desk:
        rows = [
            (
                record.name,
                record.owner.username,
                record.engine,
                f"{record.host}:{record.port}/{record.database}",
                "read" if record.read_only else "write",
                record.id,
            )
            for record in list_records(desk, SqlConnection)
        ]
    show_table(["name", "owner", "engine", "leads to", "for", "id"], rows)


@app.command()
def show(name: Name, owner: OwnerIfNeeded = None, config: Config = None) -> None:
    """Show a connection, without its secrets."""
    from baselayer.app.connections.models import SLOTS, SqlConnection
    from baselayer.app.connections.storing import manifest_of
    from baselayer.cli.desk import at_desk
    from baselayer.cli.fields import shown_value
    from baselayer.cli.records import find_record, shares_of

    with at_desk(config) as desk:
        record = find_record(desk, SqlConnection, name, owner=owner)
        rows = [("id", str(record.id)), ("owner", record.owner.username)]
        rows += [(name, shown_value(value)) for name, value in manifest_of(record).items()]
        stored = [slot for slot in SLOTS if getattr(record, f"sealed_{slot}") is not None]
        rows += [
            ("secrets stored", ", ".join(stored) or "none"),
            ("connection string", record.connection_string),
            ("locator", record.record_locator),
            ("shared with", ", ".join(shares_of(desk, record)) or "nobody"),
        ]
    show_table(["field", "value"], rows)


@app.command()
def update(
    name: Name,
    owner: OwnerIfNeeded = None,
    set_fields: Set = None,
    file_fields: File = None,
    ask: Ask = None,
    config: Config = None,
) -> None:
    """Change a connection. A secret that would now go elsewhere is cleared, unless given anew."""
    from baselayer.app.connections.models import SqlConnection
    from baselayer.app.connections.storing import SECRETS
    from baselayer.cli.desk import at_desk
    from baselayer.cli.fields import read_fields
    from baselayer.cli.records import find_record, update_connection

    values = read_fields(set_fields or (), file_fields or (), ask or (), secrets=SECRETS)
    with at_desk(config) as desk:
        record = find_record(desk, SqlConnection, name, owner=owner)
        update_connection(desk, record, **values)
    note(f"changed the connection {record.name}: {', '.join(sorted(values)) or 'nothing'}")


@app.command()
def clone(
    name: Name,
    to: Annotated[str, typer.Option("--to", help="The user name of the copy's owner.")],
    owner: OwnerIfNeeded = None,
    new_name: Annotated[str | None, typer.Option("--name", help="What the copy is called.")] = None,
    config: Config = None,
) -> None:
    """Copy a connection, without its secrets and shares."""
    from baselayer.app.connections.models import SqlConnection
    from baselayer.cli import records
    from baselayer.cli.desk import at_desk

    with at_desk(config) as desk:
        original = records.find_record(desk, SqlConnection, name, owner=owner)
        record = records.clone_connection(desk, original, to, new_name)
        note(f"stored the connection {record.name} of {to}, without secrets; its id is:")
        print(record.id)


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="Its fields, as JSON or YAML; - reads them.")],
    owner: Owner,
    config: Config = None,
) -> None:
    """Make the connection that a file describes, or change the one of its name."""
    from baselayer.app.connections.manifests import data_to_dict
    from baselayer.cli.desk import at_desk
    from baselayer.cli.records import apply_connection
    from baselayer.cli.secret_input import read_text

    text = sys.stdin.read() if str(file) == "-" else read_text(file)
    with at_desk(config) as desk:
        record, done = apply_connection(desk, owner, data_to_dict(text))
        note(f"{done} the connection {record.name} of {owner}; its id is:")
        print(record.id)


@app.command()
def export(name: Name, owner: OwnerIfNeeded = None, config: Config = None) -> None:
    """Print a connection as YAML for `apply`, without its secrets."""
    from baselayer.app.connections.manifests import to_text
    from baselayer.app.connections.models import SqlConnection
    from baselayer.app.connections.storing import manifest_of
    from baselayer.cli.desk import at_desk
    from baselayer.cli.records import find_record

    with at_desk(config) as desk:
        record = find_record(desk, SqlConnection, name, owner=owner)
        print(to_text(manifest_of(record)), end="")


@app.command()
def share(
    name: Name,
    group: Group,
    owner: OwnerIfNeeded = None,
    run: Annotated[bool, typer.Option("--run", help="Members may run queries.")] = False,
    update: Annotated[bool, typer.Option("--update", help="Members may change it.")] = False,
    config: Config = None,
) -> None:
    """Let a group see a connection and, if said so, run queries on it or change it."""
    from baselayer.app.connections.models import SqlConnection
    from baselayer.cli.desk import at_desk
    from baselayer.cli.records import find_record, share_connection

    with at_desk(config) as desk:
        record = find_record(desk, SqlConnection, name, owner=owner)
        share_connection(desk, record, group, can_run=run, can_update=update)
    rights = ["see", *["run"] * run, *["update"] * update]
    note(f"the members of {group} may {', '.join(rights)} the connection {record.name}")


@app.command()
def unshare(name: Name, group: Group, owner: OwnerIfNeeded = None, config: Config = None) -> None:
    """Take a connection from a group."""
    from baselayer.app.connections.models import SqlConnection
    from baselayer.cli import records
    from baselayer.cli.desk import at_desk

    with at_desk(config) as desk:
        record = records.find_record(desk, SqlConnection, name, owner=owner)
        records.unshare(desk, record, group)
    note(f"the connection {record.name} is not shared with {group} any more")


@app.command()
def delete(name: Name, owner: OwnerIfNeeded = None, config: Config = None) -> None:
    """Delete a connection and the queries saved on it."""
    from baselayer.app.connections.models import SqlConnection
    from baselayer.cli import records
    from baselayer.cli.desk import at_desk

    with at_desk(config) as desk:
        record = records.find_record(desk, SqlConnection, name, owner=owner)
        records.delete(desk, record)
    note(f"deleted the connection {record.name}")


@app.command()
def test(name: Name, url: Url = LOCAL_URL, token_file: TokenFile = None) -> None:
    """Try the way to the database, step by step, through the running server."""
    from baselayer.cli.remote import connected

    with connected(url, token_file) as client:
        told = client.test(name)
    rows = [
        (step["name"], "ok" if step["ok"] else "failed", f"{step['seconds']:.3f}", step["message"])
        for step in told["steps"]
    ]
    show_table(["step", "result", "seconds", "what to do"], rows)
    raise typer.Exit(0 if told["ok"] else 1)
