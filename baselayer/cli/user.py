"""baselayer user: who may call."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from baselayer.cli.options import Config, new_group
from baselayer.cli.saying import fail, note, show_table

app = new_group("Users: make, show, deactivate, give roles and passwords.")
roles = new_group("The roles of a user.")
app.add_typer(roles, name="role")
acls = new_group("The permissions of a user that come from no role.")
app.add_typer(acls, name="acl")

Name = Annotated[str, typer.Argument(help="The user name.")]
AclName = Annotated[str, typer.Argument(help="A permission; `baselayer acl list` shows all.")]
RoleName = Annotated[str, typer.Argument(help="Super admin, Manager, Analyst or Viewer.")]


@app.command()
def create(
    name: Name,
    role: Annotated[list[str] | None, typer.Option(help="May be repeated; else Analyst.")] = None,
    email: Annotated[str | None, typer.Option(help="Where to write to him.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Make him a Super admin.")] = False,
    account: Annotated[
        str | None, typer.Option(help="The number of his account; else the default one.")
    ] = None,
    config: Config = None,
) -> None:
    """Make a user of the default account, or of another."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import create_user
    from baselayer.cli.staff import find_account

    given = [*(role or []), *(["Super admin"] if admin else [])] or ["Analyst"]
    with at_desk(config) as desk:
        place = find_account(desk, account).id if account else None
        create_user(desk, name, roles=given, email=email, account_id=place)
    note(f"made the user {name} ({', '.join(given)})")


@app.command("list")
def show(config: Config = None) -> None:
    """Show all users."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import list_users

    with at_desk(config) as desk:
        rows = [
            (
                user.username,
                ", ".join(sorted(role.id for role in user.roles)),
                user.contact_email,
                user.expiration_date and f"{user.expiration_date:%Y-%m-%d %H:%M}",
                "yes" if user.deactivated_at is None else "no",
            )
            for user in list_users(desk)
        ]
    show_table(["name", "roles", "email", "expires (UTC)", "active"], rows)


@app.command()
def password(
    name: Name,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    password_file: Annotated[
        Path | None, typer.Option(help="Read the password from a file.")
    ] = None,
    config: Config = None,
) -> None:
    """Give a user a password to log in with; his sessions end."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import set_password
    from baselayer.cli.secret_input import read_password

    prompt = f"New password of {name}: "
    given = read_password(from_stdin=password_stdin, file=password_file, prompt=prompt)
    with at_desk(config) as desk:
        set_password(desk, name, given)
    note(f"{name} has a new password")


@app.command()
def deactivate(name: Name, config: Config = None) -> None:
    """Stop a user: neither he nor a token of his can do anything any more."""
    _set_active(name, config, is_active=False)
    note(f"{name} can do nothing any more")


@app.command()
def activate(name: Name, config: Config = None) -> None:
    """Let a deactivated user work again."""
    _set_active(name, config, is_active=True)
    note(f"{name} can work")


@app.command()
def expire(
    name: Name,
    date: Annotated[str, typer.Argument(help="As 2030-01-31 (its start in UTC), or never.")],
    config: Config = None,
) -> None:
    """Say from when on a user may look but not act."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import set_expiry

    moment = None if date == "never" else _moment(date)
    with at_desk(config) as desk:
        set_expiry(desk, name, moment)
    told = f"from {moment:%Y-%m-%d %H:%M} UTC on" if moment else "never"
    note(f"{name} expires {told}")


@roles.command("add")
def add(name: Name, role: RoleName, config: Config = None) -> None:
    """Give a user a role."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import add_role

    with at_desk(config) as desk:
        add_role(desk, name, role)
    note(f"{name} has the role {role}")


@roles.command("remove")
def remove(name: Name, role: RoleName, config: Config = None) -> None:
    """Take a role from a user."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import remove_role

    with at_desk(config) as desk:
        remove_role(desk, name, role)
    note(f"{name} no longer has the role {role}")


@acls.command("add")
def add_acl(name: Name, acl: AclName, config: Config = None) -> None:
    """Give a user a permission of his own."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.staff import give_acl

    with at_desk(config) as desk:
        give_acl(desk, name, acl)
    note(f"{name} has the permission {acl}")


@acls.command("remove")
def remove_acl(name: Name, acl: AclName, config: Config = None) -> None:
    """Take a permission of his own from a user."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.staff import take_acl

    with at_desk(config) as desk:
        take_acl(desk, name, acl)
    note(f"{name} no longer has the permission {acl} of his own")


@app.command("show")
def detail(name: Name, config: Config = None) -> None:
    """Show all that is known of a user."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.staff import describe_user

    with at_desk(config) as desk:
        rows = describe_user(desk, name)
    show_table(["what", "value"], rows)


@app.command()
def change(
    name: Name,
    first_name: Annotated[str | None, typer.Option(help="First name.")] = None,
    last_name: Annotated[str | None, typer.Option(help="Last name.")] = None,
    email: Annotated[str | None, typer.Option(help="Where to write to him.")] = None,
    phone: Annotated[str | None, typer.Option(help="Where to call him.")] = None,
    bio: Annotated[str | None, typer.Option(help="Who he is.")] = None,
    config: Config = None,
) -> None:
    """Change what is said of a user."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.staff import change_user

    said = {"first_name": first_name, "last_name": last_name, "contact_email": email}
    said |= {"contact_phone": phone, "bio": bio}
    with at_desk(config) as desk:
        change_user(desk, name, {key: value for key, value in said.items() if value is not None})
    note(f"changed {name}")


@app.command()
def transfer(
    name: Name,
    to: Annotated[str, typer.Option(help="The user who is to own it.")],
    config: Config = None,
) -> None:
    """Hand over all that a user owns: connections, queries, scripts."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.staff import transfer_all

    with at_desk(config) as desk:
        moved = transfer_all(desk, name, to)
    told = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in moved.items())
    note(f"{to} owns what {name} owned: {told or 'nothing'}")


@app.command()
def delete(name: Name, config: Config = None) -> None:
    """Delete a user who owns nothing; to stop one, deactivate him."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.staff import remove_user

    with at_desk(config) as desk:
        remove_user(desk, name)
    note(f"deleted {name}")


def _set_active(name: str, config: list[str] | None, *, is_active: bool) -> None:
    from baselayer.cli.desk import at_desk
    from baselayer.cli.people import set_active

    with at_desk(config) as desk:
        set_active(desk, name, is_active=is_active)


def _moment(date: str) -> datetime:
    try:
        found = datetime.fromisoformat(date)
    except ValueError:
        fail(f"{date!r} is no date: write it as 2030-01-31, or never.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
