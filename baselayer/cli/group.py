"""baselayer group: whom records are shared with."""

from typing import Annotated

import typer

from baselayer.cli.options import Config, new_group
from baselayer.cli.saying import note, show_table

app = new_group("Groups: make, show, change, put users in and take them out.")
request = new_group("Requests of users to be let into a group.")
app.add_typer(request, name="request")

Name = Annotated[str, typer.Argument(help="The name of the group.")]
User = Annotated[str, typer.Argument(help="A user name.")]
Description = Annotated[str | None, typer.Option(help="Who it is for.")]
Nickname = Annotated[str | None, typer.Option(help="A short name.")]


@app.command()
def create(
    name: Name,
    admin: Annotated[str, typer.Option(help="The user who may change the group.")],
    description: Description = None,
    nickname: Nickname = None,
    private: Annotated[
        bool, typer.Option("--private", help="Only its members see that it exists.")
    ] = False,
    config: Config = None,
) -> None:
    """Make a group."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import create_group

    values = {"description": description, "nickname": nickname, "private": private}
    with at_desk(config) as desk:
        create_group(desk, name, admin=admin, **values)
    note(f"made the group {name}, with {admin} as its admin")


@app.command()
def add(
    name: Name,
    user: User,
    admin: Annotated[bool, typer.Option("--admin", help="He may change the group.")] = False,
    config: Config = None,
) -> None:
    """Put a user into a group, or change whether he is an admin of it."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import add_member

    with at_desk(config) as desk:
        add_member(desk, name, user, admin=admin)
    note(f"{user} is {'an admin of' if admin else 'in'} the group {name}")


@app.command()
def remove(name: Name, user: User, config: Config = None) -> None:
    """Take a user out of a group."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import remove_member

    with at_desk(config) as desk:
        remove_member(desk, name, user)
    note(f"{user} is no longer in the group {name}")


@app.command()
def change(
    name: Name,
    rename: Annotated[str | None, typer.Option(help="Its new name.")] = None,
    description: Description = None,
    nickname: Nickname = None,
    private: Annotated[
        bool | None,
        typer.Option("--private/--open", help="Whether only its members see that it exists."),
    ] = None,
    config: Config = None,
) -> None:
    """Change what is said of a group."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.groups import change_group

    values = {
        "name": rename,
        "description": description,
        "nickname": nickname,
        "private": private,
    }
    with at_desk(config) as desk:
        change_group(desk, name, **values)
    note(f"changed the group {rename or name}")


@app.command()
def delete(name: Name, config: Config = None) -> None:
    """Delete a group; what was shared with it no longer is."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.groups import delete_group

    with at_desk(config) as desk:
        delete_group(desk, name)
    note(f"deleted the group {name}")


@app.command("list")
def show(config: Config = None) -> None:
    """Show all groups and who is in them; * marks the admins."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import list_groups

    with at_desk(config) as desk:
        rows = [
            (
                group.name,
                ", ".join(
                    sorted(f"{m.user.username}{'*' * m.admin}" for m in group.group_users),
                ),
                "private" if group.private else "open",
                group.description,
            )
            for group in list_groups(desk)
        ]
    show_table(["name", "members", "seen as", "description"], rows)


@request.command("list")
def show_requests(
    every: Annotated[bool, typer.Option("--all", help="Those too that were decided.")] = False,
    config: Config = None,
) -> None:
    """Show who asks to be let into which group."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.groups import list_requests

    with at_desk(config) as desk:
        rows = [
            (found.group.name, found.user.username, found.status, found.message)
            for found in list_requests(desk)
            if every or found.status == "pending"
        ]
    show_table(["group", "user", "status", "message"], rows)


@request.command()
def accept(name: Name, user: User, config: Config = None) -> None:
    """Let a user in who has asked."""
    _decide(name, user, "accepted", config)
    note(f"{user} is in the group {name}")


@request.command()
def decline(name: Name, user: User, config: Config = None) -> None:
    """Turn a user away who has asked; he may ask again."""
    _decide(name, user, "declined", config)
    note(f"{user} was not let into the group {name}")


def _decide(name: str, user: str, status: str, config: list[str] | None) -> None:
    from baselayer.cli.desk import at_desk
    from baselayer.cli.groups import decide_request

    with at_desk(config) as desk:
        decide_request(desk, name, user, status=status)
