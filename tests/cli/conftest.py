"""A throw-away installation whose database is kept running, and commands run on it."""

import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
import sqlalchemy as sa

from baselayer.app.audit.models import AuditEvent
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.cli import main
from baselayer.cli.house import House, open_house


@dataclass(frozen=True)
class Told:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Cli:
    """Runs commands in this process: starting a new one for each takes most of a second."""

    home: Path

    def run(self, *arguments: str, stdin: str = "") -> Told:
        """Run a command; a status other than 0 is for the caller to judge."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
        status = 0
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.object(sys, "stdin", io.StringIO(stdin)),
        ):
            try:
                main(arguments)
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else int(bool(end.code))
        return Told(status, *(_written(stream) for stream in (out, err)))

    def must(self, *arguments: str, stdin: str = "") -> Told:
        """Run a command that has to succeed."""
        told = self.run(*arguments, stdin=stdin)
        assert told.status == 0, told.err
        return told

    def fails(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that has to fail with one line, and return that."""
        told = self.run(*arguments, stdin=stdin)
        lines = told.err.splitlines()
        assert (told.status, told.out, len(lines)) == (1, "", 1), told
        return lines[0]

    @contextlib.contextmanager
    def house(self) -> Iterator[House]:
        """Open the installation, to look at what a command did."""
        with open_house() as house:
            yield house

    def audit(self, action: str) -> list[AuditEvent]:
        """Return the audit's lines of one kind, oldest first."""
        wanted = sa.select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)
        with self.house() as house, house.database.plain() as session:
            return list(session.scalars(wanted))


@contextlib.contextmanager
def made_home() -> Iterator[Path]:
    """Make a data directory that the database's account can reach when root drops to it.

    However the test ends, no server of it runs on, and nothing of it stays.
    """
    home = Path(tempfile.mkdtemp(prefix="cli-"))
    home.chmod(0o711)
    try:
        yield home
    finally:
        for data in home.rglob("data/postmaster.pid"):
            Cluster(data.parent.parent).stop("immediate")
        shutil.rmtree(home)


@pytest.fixture
def fresh_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A data directory of the test's own, in the environment of its commands."""
    with made_home() as home:
        monkeypatch.setenv("BASELAYER_HOME", str(home))
        monkeypatch.chdir(tmp_path)
        yield home


@pytest.fixture(scope="session")
def kept_home() -> Iterator[Path]:
    """An installation whose database runs until the end of the tests."""
    with made_home() as home, mock.patch.dict(os.environ, {"BASELAYER_HOME": str(home)}):
        cli = Cli(home)
        cli.must("db", "start")
        yield home
        cli.must("db", "stop")


@pytest.fixture
def cli(kept_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Commands on the kept installation, in an empty working directory."""
    monkeypatch.setenv("BASELAYER_HOME", str(kept_home))
    monkeypatch.chdir(tmp_path)  # no config.yaml of this checkout
    return Cli(kept_home)


@pytest.fixture(scope="session")
def people(kept_home: Path) -> None:
    """Users that the tests may refer to, and a group."""
    with mock.patch.dict(os.environ, {"BASELAYER_HOME": str(kept_home)}):
        cli = Cli(kept_home)
        cli.must("user", "create", "olga", "--role", "Manager")
        cli.must("user", "create", "anton")
        cli.must("group", "create", "team", "--admin", "olga")


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()
