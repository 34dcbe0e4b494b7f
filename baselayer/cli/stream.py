"""baselayer stream: sources of data that not everybody may have."""

from typing import Annotated

import typer

from baselayer.cli.options import Config, new_group
from baselayer.cli.saying import note, show_table

app = new_group("Streams: make, show, give to users and to groups, and take back.")

Name = Annotated[str, typer.Argument(help="The name of the stream.")]
User = Annotated[str, typer.Argument(help="A user name.")]
Group = Annotated[str, typer.Argument(help="The name of a group.")]


@app.command()
def create(
    name: Name,
    description: Annotated[str | None, typer.Option(help="What it brings.")] = None,
    auto_join: Annotated[
        bool, typer.Option("--auto-join", help="Everybody of the account may take it.")
    ] = False,
    config: Config = None,
) -> None:
    """Make a stream."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.groups import create_stream

    with at_desk(config) as desk:
        create_stream(desk, name, description=description, auto_join=auto_join)
    note(f"made the stream {name}")


@app.command("list")
def show(config: Config = None) -> None:
    """Show all streams, who has them, and which groups."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.groups import list_streams

    with at_desk(config) as desk:
        rows = [
            (
                stream.name,
                ", ".join(sorted(link.user.username for link in stream.stream_users)),
                ", ".join(sorted(link.group.name for link in stream.group_streams)),
                "everybody" if stream.auto_join else "administrators",
                stream.description,
            )
            for stream in list_streams(desk)
        ]
    show_table(["name", "users", "groups", "given by", "description"], rows)


@app.command()
def delete(name: Name, config: Config = None) -> None:
    """Delete a stream; groups no longer need it."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.groups import delete_stream

    with at_desk(config) as desk:
        delete_stream(desk, name)
    note(f"deleted the stream {name}")


@app.command()
def grant(name: Name, user: User, config: Config = None) -> None:
    """Give a user access to a stream."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.groups import grant_stream

    with at_desk(config) as desk:
        grant_stream(desk, name, user)
    note(f"{user} has the stream {name}")


@app.command()
def revoke(name: Name, user: User, config: Config = None) -> None:
    """Take from a user his access to a stream."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.groups import revoke_stream

    with at_desk(config) as desk:
        revoke_stream(desk, name, user)
    note(f"{user} no longer has the stream {name}")


@app.command()
def attach(name: Name, group: Group, config: Config = None) -> None:
    """Give a group a stream that each of its members has."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.groups import attach_stream

    with at_desk(config) as desk:
        attach_stream(desk, name, group)
    note(f"the group {group} has the stream {name}")


@app.command()
def detach(name: Name, group: Group, config: Config = None) -> None:
    """Take a stream from a group."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.groups import detach_stream

    with at_desk(config) as desk:
        detach_stream(desk, name, group)
    note(f"the group {group} no longer has the stream {name}")
