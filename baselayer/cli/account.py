"""baselayer account: the tenants of this installation, and who is in them."""

from typing import Annotated

import typer

from baselayer.cli.options import Config, new_group
from baselayer.cli.saying import note, show_table

app = new_group("Accounts: make, rename, show, put users in and take them out.")

Number = Annotated[str, typer.Argument(help="The account's number, dddd-dddd-dddd.")]
User = Annotated[str, typer.Argument(help="A user name.")]


@app.command()
def create(
    company_name: Annotated[str, typer.Argument(help="Whose account it is.")],
    number: Annotated[str | None, typer.Option(help="Its number; else a random one.")] = None,
    config: Config = None,
) -> None:
    """Make an account and print its number."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.staff import create_account

    with at_desk(config) as desk:
        made = create_account(desk, company_name, number=number).number
    print(made)
    note(f"made the account of {company_name}")


@app.command()
def rename(
    number: Number,
    company_name: Annotated[str, typer.Argument(help="Its new name.")],
    config: Config = None,
) -> None:
    """Rename an account; its number stays."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.staff import rename_account

    with at_desk(config) as desk:
        rename_account(desk, number, company_name)
    note(f"{number} is the account of {company_name}")


@app.command("list")
def show(config: Config = None) -> None:
    """Show all accounts and how many users are in each."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.staff import list_accounts

    with at_desk(config) as desk:
        rows = [
            (
                account.number,
                account.company_name,
                len(account.user_profiles),
                "yes" if account.is_default else "no",
                "yes" if account.is_active else "no",
            )
            for account in list_accounts(desk)
        ]
    show_table(["number", "company", "users", "default", "active"], rows, right={2})


@app.command()
def join(number: Number, user: User, config: Config = None) -> None:
    """Put a user in an account, beside those that he is in."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.staff import put_in_account

    with at_desk(config) as desk:
        put_in_account(desk, number, user)
    note(f"{user} is in the account {number}")


@app.command()
def leave(number: Number, user: User, config: Config = None) -> None:
    """Take a user out of an account, its groups, and what acts there for him."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.staff import take_out_of_account

    with at_desk(config) as desk:
        take_out_of_account(desk, number, user)
    note(f"{user} is no longer in the account {number}")
