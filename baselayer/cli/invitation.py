"""baselayer invitation: a way in for people without an account."""

from typing import Annotated

import typer

from baselayer.cli.options import Config, new_group
from baselayer.cli.saying import note, show_table

app = new_group("Invitations: make, show, take back.")


@app.command()
def create(
    by: Annotated[str, typer.Option(help="The user who invites; nobody gives more than he has.")],
    email: Annotated[str | None, typer.Option(help="Whom it is for.")] = None,
    name: Annotated[str | None, typer.Option(help="Whom it is for.")] = None,
    role: Annotated[str, typer.Option(help="What a new user becomes.")] = "Viewer",
    group: Annotated[list[str] | None, typer.Option(help="To be a member of; repeatable.")] = None,
    admin_of: Annotated[
        list[str] | None, typer.Option(help="A group to be an admin of; repeatable.")
    ] = None,
    config: Config = None,
) -> None:
    """Make an invitation and print its link, this once; no mail is sent."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.invitations import create_invitation

    groups = dict.fromkeys(group or [], False) | dict.fromkeys(admin_of or [], True)
    with at_desk(config) as desk:
        link = create_invitation(desk, by, email=email, name=name, role=role, groups=groups)
    note(f"{by} invites {email or name} ({role}); this is the link, which is not shown again:")
    print(link)


@app.command("list")
def show(config: Config = None) -> None:
    """Show invitations, without their links."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.invitations import list_invitations, state_of

    with at_desk(config) as desk:
        rows = [
            (
                found.id,
                found.invited_by.username,
                found.email or found.name,
                found.role_id,
                ", ".join(sorted(link.group.name for link in found.invitation_groups)),
                state_of(found),
                f"{found.expires_at:%Y-%m-%d %H:%M}",
            )
            for found in list_invitations(desk)
        ]
    names = ["id", "by", "for", "role", "groups", "state", "expires (UTC)"]
    show_table(names, rows, right={0})


@app.command()
def delete(
    id: Annotated[int, typer.Argument(help="Its number, as `invitation list` shows it.")],
    config: Config = None,
) -> None:
    """Take an invitation back; its link stops working at once."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.invitations import delete_invitation

    with at_desk(config) as desk:
        delete_invitation(desk, id)
    note(f"took back invitation {id}")
