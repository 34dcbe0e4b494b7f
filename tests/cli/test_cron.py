"""baselayer cron: the jobs of the settings, their runs, and one now."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

COMMAND = "from baselayer.cli import main; main(['cron', 'run', 'greet'])"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, people: None) -> Path:
    """A script that is the job `greet` of olga's."""
    path = tmp_path / "greet"
    _write(path, 'echo "$1 $BASELAYER_URL ${BASELAYER_TOKEN%%_*}"')
    job = {"name": "greet", "script": str(path), "interval": 1440, "owner": "olga"}
    monkeypatch.setenv("BASELAYER__CRON", json.dumps([job | {"arguments": ["$(hello)"]}]))
    return path


def _write(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_job_is_run_now_and_told_of(cli: Cli, script: Path) -> None:
    told = cli.must("cron", "run", "greet")
    assert told.out == "$(hello) http://127.0.0.1:5000 bl\n"
    assert told.err == "greet: succeeded with exit status 0\n"
    listed = cli.must("cron", "runs", "greet").out.splitlines()
    assert "succeeded" in listed[2]
    assert [line.details["state"] for line in cli.audit("cron.finish")][-1] == "succeeded"


def test_address_of_the_server_can_be_named(cli: Cli, script: Path) -> None:
    out = cli.must("cron", "run", "greet", "--url", "https://example.org").out
    assert out == "$(hello) https://example.org bl\n"


def test_job_that_fails_ends_with_one(cli: Cli, script: Path) -> None:
    _write(script, "echo no >&2; exit 5")
    told = cli.run("cron", "run", "greet")
    assert (told.status, told.out) == (1, "no\n")
    assert told.err == "greet: failed with exit status 5\n"


def test_interrupted_run_is_recorded_as_stopped(cli: Cli, script: Path) -> None:
    _write(script, f"touch {script}.started; sleep 600")
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    with process:
        end = time.monotonic() + 30
        while not Path(f"{script}.started").exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 1
        assert process.stderr is not None
        assert b"greet: stopped" in process.stderr.read()
    assert "stopped" in cli.must("cron", "runs").out.splitlines()[2]


def test_jobs_are_listed_with_their_next_time(cli: Cli, script: Path) -> None:
    line = cli.must("cron", "list").out.splitlines()[2]
    assert line.startswith("greet  every 1440 minutes  20")
    assert line.endswith(f"00:00  olga   {script}")


def test_unknown_job_is_told_with_those_there_are(cli: Cli, script: Path) -> None:
    assert "'nothing'; they have: greet." in cli.fails("cron", "run", "nothing")


def test_script_that_is_missing_is_told(cli: Cli, script: Path) -> None:
    script.unlink()
    assert f"the script {script} does not exist" in cli.fails("cron", "run", "greet")
