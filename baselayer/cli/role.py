"""baselayer role: which roles there are."""

from baselayer.cli.options import Config, new_group
from baselayer.cli.saying import show_table

app = new_group("Roles: which there are. `baselayer user role` gives and takes them.")


@app.command("list")
def show(config: Config = None) -> None:
    """Show all roles and what each permits."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.staff import list_roles

    with at_desk(config) as desk:
        rows = [
            (role.id, ", ".join(sorted(acl.id for acl in role.acls))) for role in list_roles(desk)
        ]
    show_table(["role", "permits"], rows)
