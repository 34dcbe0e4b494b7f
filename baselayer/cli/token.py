"""baselayer token: credentials of programs."""

from typing import Annotated

import typer

from baselayer.cli.options import Config, new_group
from baselayer.cli.saying import fail, note, show_table

app = new_group("Tokens: make, show, delete.")

User = Annotated[str, typer.Option("--user", help="The user whom the token acts for.")]
Name = Annotated[str, typer.Option("--name", help="What the token is called.")]


@app.command()
def create(
    user: User,
    name: Name,
    permission: Annotated[
        list[str] | None,
        typer.Option(help="May be repeated; else all of the user's but System admin."),
    ] = None,
    all_permissions: Annotated[
        bool, typer.Option("--all-permissions", help="All of the user's, System admin too.")
    ] = False,
    days: Annotated[int | None, typer.Option(help="How long it is good for.")] = None,
    connection: Annotated[
        list[str] | None,
        typer.Option(help="The id of a connection; with it, no other exists. May be repeated."),
    ] = None,
    query: Annotated[
        list[str] | None,
        typer.Option(help="The id of a query; with it, no other exists. May be repeated."),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(help="A network, as 192.0.2.0/24, to use it from. May be repeated."),
    ] = None,
    config: Config = None,
) -> None:
    """Make a token and print its value, this once."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import create_token, find_user, permissions_of

    if permission and all_permissions:
        fail("Say either --permission or --all-permissions.")
    with at_desk(config) as desk:
        granted = permission
        if all_permissions:
            granted = sorted(permissions_of(desk, find_user(desk, user)))
        value = create_token(
            desk,
            user,
            name,
            permissions=granted,
            days=days,
            connection_ids=connection or None,
            query_ids=query or None,
            allowed_addresses=address or None,
        )
    note(f"made the token {name} of {user}; this is its value, which is not shown again:")
    print(value)


@app.command("list")
def show(
    user: Annotated[str | None, typer.Option(help="Only the tokens of this user.")] = None,
    config: Config = None,
) -> None:
    """Show tokens, without their values."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import list_tokens

    with at_desk(config) as desk:
        rows = [
            (
                token.created_by.username,
                token.name,
                ", ".join(sorted(acl.id for acl in token.acls)),
                token.expires_at and f"{token.expires_at:%Y-%m-%d %H:%M}",
                token.last_used_at and f"{token.last_used_at:%Y-%m-%d %H:%M}",
            )
            for token in list_tokens(desk, user)
        ]
    show_table(["user", "name", "permissions", "expires (UTC)", "last used (UTC)"], rows)


@app.command()
def delete(user: User, name: Name, config: Config = None) -> None:
    """Delete a token; it stops working at once."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import delete_token

    with at_desk(config) as desk:
        delete_token(desk, user, name)
    note(f"deleted the token {name} of {user}")
