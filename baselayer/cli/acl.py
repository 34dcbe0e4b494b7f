"""baselayer acl: which permissions there are."""

from baselayer.cli.options import Config, new_group
from baselayer.cli.saying import show_table

app = new_group("Permissions: which there are. `baselayer user acl` gives and takes them.")


@app.command("list")
def show(config: Config = None) -> None:
    """Show all permissions and the roles that have each."""
    from baselayer.cli.desk import at_desk
    from baselayer.cli.staff import list_acls, list_roles

    with at_desk(config) as desk:
        roles = list_roles(desk)
        rows = [
            (name, ", ".join(role.id for role in roles if name in {acl.id for acl in role.acls}))
            for name in list_acls(desk)
        ]
    show_table(["permission", "roles"], rows)
