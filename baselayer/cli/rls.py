"""baselayer rls: the controls as row-level security of PostgreSQL."""

from typing import Annotated

import typer

from baselayer.cli.options import Config, new_group
from baselayer.cli.saying import note, show_table

app = new_group("Row-level security: print the controls as policies, compare the two.")


@app.command()
def sql(
    role: Annotated[
        str | None, typer.Option(help="The role that works with the tables; else the setting's.")
    ] = None,
    config: Config = None,
) -> None:
    """Print the statements that put the policies in force; run them as the tables' owner."""
    from baselayer.cli.row_security import printed, troubles

    for statement in printed(config, role):
        print(f"{statement};")
    for trouble in troubles():
        note(f"cannot be said, so it is closed: {trouble}")


@app.command()
def check(
    users: Annotated[int, typer.Option(min=1, help="For how many users at most.")] = 100,
    config: Config = None,
) -> None:
    """Compare, on the data that is there, which rows controls and policies allow."""
    from baselayer.cli.row_security import compared, troubles

    different, answers, rows = compared(config, users)
    show_table(("table", "mode", "user", "lost", "leaked"), different)
    for trouble in troubles():
        note(f"cannot be said, so it is closed: {trouble}")
    note(f"{answers} sets of rows compared, {rows} rows allowed, {len(different)} sets differ")
    raise typer.Exit(1 if different else 0)
