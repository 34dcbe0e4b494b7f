"""baselayer db: the metadata database, embedded or yours."""

import typer

from baselayer.cli.options import Config, new_group
from baselayer.cli.saying import note

app = new_group("The metadata database: start, stop, migrate.")


@app.command()
def start(config: Config = None) -> None:
    """Start the embedded PostgreSQL and let it run until `db stop`."""
    from baselayer.app.db.embedded.launcher import keep
    from baselayer.cli.metadata import own_cluster

    cluster = own_cluster(config)
    keep(cluster)
    note(f"PostgreSQL runs in {cluster.directory} (process {cluster.pid()}) until `db stop`")


@app.command()
def stop(config: Config = None) -> None:
    """Stop the embedded PostgreSQL; while a server uses it, it stops with that."""
    from baselayer.app.db.embedded.launcher import release
    from baselayer.cli.metadata import own_cluster

    cluster = own_cluster(config)
    if release(cluster):
        note(f"PostgreSQL does not run in {cluster.directory}")
    else:
        note("others use it: PostgreSQL stops when the last of them ends")


@app.command()
def status(config: Config = None) -> None:
    """Say whether the metadata database runs; the exit status is 1 when it does not."""
    from baselayer.cli.metadata import status_of

    is_running, told = status_of(config)
    print(told)
    raise typer.Exit(0 if is_running else 1)


@app.command()
def migrate(config: Config = None) -> None:
    """Bring the metadata database to this version's schema; `serve` does so as well."""
    from baselayer.cli.metadata import migrate as migrate_it

    note(f"the metadata database has the schema of this version ({migrate_it(config)})")


@app.command()
def url(config: Config = None) -> None:
    """Say where the metadata database is, and where its passwords are; print none of them."""
    from baselayer.cli.metadata import place_of, places_of_passwords

    print(place_of(config))
    note(places_of_passwords(config))
