"""baselayer demo: prepare what is missing of it, serve, and say what there is to try."""

import json
import os
import shlex
import shutil
import sys
from pathlib import Path

from baselayer.app.config.environment import variable_for
from baselayer.app.config.home import HOME_VARIABLE, home_directory
from baselayer.app.errors import ConfigError
from baselayer.cli.demo.cast import CAST, prepare_cast, token_file
from baselayer.cli.demo.clockwork import job_of, write_script
from baselayer.cli.demo.cluster import FlightsServer, flights_server
from baselayer.cli.demo.flights import data_directory
from baselayer.cli.demo.library import prepare_library
from baselayer.cli.demo.queries import QUERIES
from baselayer.cli.desk import transaction
from baselayer.cli.house import House, make_home, open_house
from baselayer.cli.saying import note
from baselayer.cli.serve import serve_house
from baselayer.log import start_logging

SQL = "select carrier, count(*) from flights group by carrier"


def demo(config_files: list[str], *, home: Path | None, port: int | None, once: bool) -> None:
    """Serve with the demo's people and flights until Ctrl-C; with `once`, only prepare them."""
    data_directory()  # first of all: without the data there is nothing to prepare
    environ = _environment(home, port)
    with open_house(config_files, environ=environ | _clockwork(environ)) as house:
        start_logging(house.config.settings.log.level)
        _require_reachable(house)
        place = house.config.home / "demo"
        make_home(place)
        with transaction(house) as desk:
            prepare_cast(desk, place)
        with flights_server(place) as server:
            connection_id = _prepare_library(house, server)
            if once:
                note(f"the demo is ready in {house.config.home}")
                return
            serve_house(house, lambda address: print(_told(address, place, connection_id)))


def _environment(home: Path | None, port: int | None) -> dict[str, str]:
    """Return the environment's variables, with what the command's options say in their place."""
    given = {HOME_VARIABLE: home, variable_for("server.port"): port}
    return dict(os.environ) | {
        name: str(value) for name, value in given.items() if value is not None
    }


def _clockwork(environ: dict[str, str]) -> dict[str, str]:
    """Return the setting that has the demo's script run every minute, unless jobs are set."""
    setting = variable_for("cron.jobs")
    if setting in environ:
        return {}
    data = home_directory(environ)
    make_home(data)
    make_home(data / "demo")
    return {setting: json.dumps([job_of(write_script(data / "demo"))])}


def _require_reachable(house: House) -> None:
    if not house.config.settings.egress.allow_loopback:
        raise ConfigError(
            "The demo's database is on this machine, and `egress.allow_loopback` is false: run "
            "the demo without that setting."
        )


def _prepare_library(house: House, server: FlightsServer) -> str:
    """Make what is missing of connection and queries; return the connection's id."""
    with transaction(house) as desk:
        return str(prepare_library(desk, server).id)


def _told(address: str, place: Path, connection_id: str) -> str:
    """Return what there is to try, as lines for the terminal; the tokens stay in their files."""
    people = [f"  {person.username:<7} {person.told}" for person in CAST]
    return "\n".join(
        [
            f"baselayer is ready at {address}",
            "",
            *people,
            "",
            f"Each one's token is in a file: {place / 'tokens'}/NAME",
            "",
            "Ana runs a query, Max may not, and for Stan the connection does not exist:",
            *(f"  {_curl(address, place, name, connection_id)}" for name in ("ana", "max", "stan")),
            "",
            "A saved query, from the command line:",
            f"  {_command(address, place, QUERIES[-1].name)}",
            "",
            "Ctrl-C ends it.",
        ]
    )


def _curl(address: str, place: Path, username: str, connection_id: str) -> str:
    body = f'{{"connection_id": "{connection_id}", "sql": "{SQL}"}}'
    token = shlex.quote(str(token_file(place, username)))
    return (
        f'curl -s -H "Authorization: token $(cat {token})" -d {shlex.quote(body)} '
        f"'{address}/api/runs?wait=30'"
    )


def _command(address: str, place: Path, query: str) -> str:
    file = shlex.quote(str(token_file(place, "ana")))
    command = f"{_program()} query run {shlex.quote(query)}"
    return f"{command} --url {address} --token-file {file}"


def _program() -> str:
    """Return what starts this program in the shell: from a checkout no PATH leads to it."""
    own = Path(sys.executable).with_name("baselayer")
    found = shutil.which("baselayer")
    if found is not None and Path(found).samefile(own):
        return "baselayer"
    is_below = own.is_relative_to(Path.cwd())
    return shlex.quote(str(own.relative_to(Path.cwd()) if is_below else own))
