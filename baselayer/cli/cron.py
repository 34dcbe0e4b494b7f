"""baselayer cron: scripts that run by the clock, for the operator."""

from typing import Annotated

import typer

from baselayer.cli.options import Config, new_group
from baselayer.cli.saying import note, show_table

app = new_group("Scripts that run by the clock: show them and their runs, run one now.")

Name = Annotated[str, typer.Argument(help="The name of the job.")]


@app.command("list")
def list_all(config: Config = None) -> None:
    """Show the jobs of the settings, and when each runs next."""
    from baselayer.app.config.load import load_config
    from baselayer.app.cron.jobs import jobs_of
    from baselayer.app.cron.schedule import times_after
    from baselayer.app.db.types import utcnow

    rows = []
    for job in jobs_of(load_config(config or []).settings.cron):
        following = next(times_after(job.settings, utcnow()), None)
        next_time = following and f"{following:%Y-%m-%d %H:%M}"
        rows.append((job.name, job.when, next_time, job.settings.owner, job.path))
    show_table(["name", "when", "next (UTC)", "owner", "script"], rows)


@app.command()
def runs(
    name: Annotated[str | None, typer.Argument(help="The name of a job; else of all.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    config: Config = None,
) -> None:
    """Show the latest runs, newest first."""
    from baselayer.cli.clockwork import last_runs
    from baselayer.cli.house import open_house

    with open_house(config) as house:
        rows = [
            (
                run.name,
                f"{run.nominal_time:%Y-%m-%d %H:%M:%S}",
                run.state,
                run.exit_status,
                None if run.duration_seconds is None else f"{run.duration_seconds:.1f}",
                run.message,
                run.id,
            )
            for run in last_runs(house, name, limit)
        ]
    names = ["name", "time (UTC)", "state", "exit status", "seconds", "message", "id"]
    show_table(names, rows, right={3, 4})


@app.command()
def run(
    name: Name,
    url: Annotated[
        str | None,
        typer.Option(help="Where the script finds the server; else as the settings have it."),
    ] = None,
    config: Config = None,
) -> None:
    """Run a job now, print what it writes, and end with 1 unless it succeeds."""
    from baselayer.app.cron.models import SUCCEEDED
    from baselayer.app.queries.executor.process import refuse_inspection
    from baselayer.cli.clockwork import job_called, local_address, run_now
    from baselayer.cli.house import open_house

    refuse_inspection()
    with open_house(config) as house:
        job, server = job_called(house.config, name), house.config.settings.server
        done = run_now(house, job, url or local_address(server.host, server.port))
    print(done.output or "", end="")
    if done.output_truncated:
        note("The output was cut short: it reached `cron.output_limit_bytes`.")
    ending = "" if done.exit_status is None else f" with exit status {done.exit_status}"
    note(f"{name}: {done.state}{ending}{' - ' + done.message if done.message else ''}")
    raise typer.Exit(0 if done.state == SUCCEEDED else 1)
