"""The demo's script finds its interpreter without an environment."""

import subprocess
import sys
from pathlib import Path

import pytest

from baselayer.app.config.cron import CronSettings
from baselayer.cli.demo.clockwork import NAME, job_of, script_text, write_script


def test_script_starts_without_any_environment(tmp_path: Path) -> None:
    path = write_script(tmp_path)
    done = subprocess.run([path], env={}, capture_output=True, text=True, cwd="/")
    assert "KeyError: 'BASELAYER_URL'" in done.stderr  # as far as it comes without an address


@pytest.mark.parametrize("python", ["/a b/python", "/" + "x" * 200])
def test_path_that_a_first_line_cannot_hold_goes_through_the_shell(python: str) -> None:
    assert script_text(python).startswith("#!/bin/sh\nexec ")
    assert script_text(sys.executable).startswith(f"#!{sys.executable}\n")


def test_job_is_one_that_the_settings_take(tmp_path: Path) -> None:
    (job,) = CronSettings.model_validate([job_of(write_script(tmp_path))]).jobs
    assert (job.title, job.owner) == (NAME, "ana")
