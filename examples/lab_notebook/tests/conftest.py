"""A server of the lab notebook, as a user starts it, and people with tokens."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from people import Lab, Person, data

HERE = Path(__file__).parent.parent
CLI = "from baselayer.cli import main; main()"
PEOPLE = {"mira": "Manager", "noor": "Analyst", "odd": "Analyst", "adam": "Super admin"}


def baselayer(home: Path, *arguments: str) -> str:
    """Run a command of baselayer on the installation in `home`."""
    program = [sys.executable, "-c", CLI, *arguments]
    return subprocess.run(
        program, env=environment(home), check=True, capture_output=True, text=True
    ).stdout.strip()


def environment(home: Path) -> dict[str, str]:
    """Return what the server needs of the environment."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(HERE),
        "BASELAYER_HOME": str(home),
        "BASELAYER__SERVER__PORT": "0",
    }


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A server with its own database, its people, and a team of mira and noor."""
    home = Path(tempfile.mkdtemp(prefix="lab-"))
    home.chmod(0o711)  # the database's own account passes through, when root starts it
    command = [sys.executable, "-m", "lab_notebook"]
    server = subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        ready = next(line for line in server.stdout if "ready at" in line)
        base = ready.split()[-1]
        people = {name: Person(base, _token(home, name, role)) for name, role in PEOPLE.items()}
        team = people["mira"].post("/api/groups", name="team")
        member = {"username": "noor"}
        data(people["mira"].call("PUT", f"/api/groups/{team['id']}/members", member))
        yield Lab(**people, team_id=team["id"])
    finally:
        server.terminate()
        server.wait(60)
        assert server.stdout is not None
        server.stdout.close()
        shutil.rmtree(home, ignore_errors=True)


def _token(home: Path, name: str, role: str) -> str:
    baselayer(home, "user", "create", name, "--role", role)
    return baselayer(home, "token", "create", "--user", name, "--name", "test", "--all-permissions")
