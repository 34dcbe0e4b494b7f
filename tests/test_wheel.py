"""The wheel: built, installed elsewhere, and used from the setup link to the last row."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.browser import PASSWORD, Browser
from tests.processes import command_of, open_paths_of
from tests.server import data, wait_until
from tests.targets import PostgresTarget, postgres_target

ROOT = Path(__file__).parent.parent
UV = str(ROOT / ".venv" / "bin" / "uv")
OF_THE_CHECKOUT = ("MAKE", "PYTHON", "VIRTUAL_ENV", "BASELAYER", "COVERAGE", "PYTEST")
STOP_SECONDS = 60
WHERE = "import baselayer, json, sys; print(json.dumps([baselayer.__file__, *sys.path]))"
SQL = "select id, name, price from items where id <= 20 order by id"


@dataclass(frozen=True)
class Installed:
    """An environment that has the wheel and what it requires, far from the checkout."""

    place: Path
    wheel: Path

    def program(self, name: str) -> str:
        """Return the path of one of its programs."""
        return str(self.place / "venv" / "bin" / name)

    @property
    def home(self) -> Path:
        """Return where its data lie."""
        return self.place / "home"

    @property
    def environment(self) -> dict[str, str]:
        """Return all that its processes are told."""
        return {
            "PATH": os.environ["PATH"],
            "BASELAYER_HOME": str(self.home),
            "BASELAYER__SERVER__PORT": "0",
        }

    def processes(self) -> list[str]:
        """Return the command lines of all that runs from here."""
        commands = map(command_of, psutil.process_iter())
        return [command for command in commands if str(self.place) in command]


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    """Build the wheel as `make wheel` does and install it into an empty environment."""
    place = Path(tempfile.mkdtemp(prefix="wheel-", dir="/var/tmp"))
    place.chmod(0o711)
    try:
        (place / "home").mkdir(mode=0o711)
        yield Installed(place, _install(place))
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def target() -> Iterator[PostgresTarget]:
    """A database to connect."""
    with postgres_target() as target:
        yield target


def test_wheel_is_used_from_the_setup_link_to_the_last_row(
    installed: Installed, target: PostgresTarget
) -> None:
    with _serving(installed) as (process, browser, token):
        _see_the_page(browser)
        account = {"token": token, "username": "grace", "password": PASSWORD}
        assert browser.keep(browser.post("/api/setup", account))["username"] == "grace"
        run = _run(browser, _connect(browser, target))
        expected = [list(row) for row in target.admin(SQL)]
        assert _rows(browser, run) == [
            [number, name, str(price)] for number, name, price in expected
        ]
        assert _downloaded(browser, run)[1:] == [[str(value) for value in row] for row in expected]
        _see_no_checkout(process)
        started = psutil.Process(process.pid).children(recursive=True)
        assert started
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_SECONDS) == 0
    wait_until(lambda: not any(child.is_running() for child in started))
    assert installed.processes() == []
    assert list((installed.home / "run").iterdir()) == []


def test_wheel_needs_nothing_of_the_checkout(installed: Installed) -> None:
    done = subprocess.run(
        [installed.program("python"), "-c", WHERE],
        cwd=installed.home,
        env=installed.environment,
        capture_output=True,
        check=True,
    )
    package, *searched = json.loads(done.stdout)
    assert Path(package).is_relative_to(installed.place)
    assert not [path for path in searched if Path(path).is_relative_to(ROOT)]


def _install(place: Path) -> Path:
    """Build the wheel below `place`, and make an environment there; return the wheel."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(OF_THE_CHECKOUT)}
    built, venv = place / "dist", str(place / "venv")
    install = [UV, "pip", "install", "--quiet", "--python", venv]
    for command in (
        ["make", "--no-print-directory", "wheel", f"ARGS=--out-dir {built}"],
        [UV, "venv", "--quiet", "--python", sys.executable, venv],
        [*install, "--require-hashes", "--requirement", "requirements/run.lock"],
    ):
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    (wheel,) = built.glob("baselayer-*.whl")
    subprocess.run([*install, "--no-deps", wheel], cwd=place, env=environment, check=True)
    return wheel


@contextmanager
def _serving(installed: Installed) -> Iterator[tuple[subprocess.Popen[str], Browser, str]]:
    """Start `baselayer serve`; yield its process, a browser at its address, the setup token."""
    log = installed.place / "serve.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [installed.program("baselayer"), "serve"],
            cwd=installed.home,
            env=installed.environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        said = process.stdout.readline() + process.stdout.readline()
        found = re.fullmatch(r"baselayer is ready at (\S+)\nSet up: \1/setup#(\S+)\n", said)
        assert found is not None, said + log.read_text()
        yield process, Browser(found[1]), found[2]
    finally:
        _end(process)
        assert process.stdout is not None
        process.stdout.close()


def _end(process: subprocess.Popen[str]) -> None:
    """Stop a server that is still there, gently, so that its database stops with it."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _see_the_page(browser: Browser) -> None:
    """Get the page and everything that it names."""
    page = browser.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assets = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert {Path(path).suffix for path in assets} >= {".js", ".css", ".svg"}
    for path in assets:
        answer = browser.get(path)
        assert (answer.status_code, bool(answer.content)) == (200, True), path


def _connect(browser: Browser, target: PostgresTarget) -> str:
    body = {
        "name": "shop",
        "engine": "postgresql",
        "host": target.host,
        "port": target.port,
        "database": target.database,
        "username": "reader",
        "password": target.passwords["reader"],
        "tls_mode": "disable",
    }
    return str(data(browser.post("/api/connections", body), 201)["id"])


def _run(browser: Browser, connection_id: str) -> str:
    asked = {"connection_id": connection_id, "sql": SQL}
    run = data(browser.post("/api/runs?wait=30", asked), 201)
    assert (run["state"], run["rows"]) == ("succeeded", 20), run
    return str(run["id"])


def _rows(browser: Browser, run: str) -> list[list[object]]:
    rows: list[list[object]] = data(browser.get(f"/api/runs/{run}/rows?limit=100"))["rows"]
    return rows


def _downloaded(browser: Browser, run: str) -> list[list[str]]:
    answer = browser.get(f"/api/runs/{run}/download?format=csv")
    assert answer.status_code == 200
    return list(csv.reader(answer.text.splitlines()))


def _see_no_checkout(process: subprocess.Popen[str]) -> None:
    server = psutil.Process(process.pid)
    for part in (server, *server.children(recursive=True)):
        assert str(ROOT) not in command_of(part)
        assert not [path for path in open_paths_of(part) if path.startswith(str(ROOT))]
