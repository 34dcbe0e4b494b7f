"""The settings of cron: upstream's list and our section; what is wrong is told with its line."""

from pathlib import Path

import pytest

from baselayer.app.config.cron import CronJob
from baselayer.app.config.load import Config, load_config
from baselayer.app.errors import ConfigError


def _load(tmp_path: Path, text: str, **environ: str) -> Config:
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    return load_config([file], environ=environ)


def _refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        _load(tmp_path, text)
    return refused.value.message.replace(f"{tmp_path}/", "")


def test_list_of_upstream_is_the_jobs_of_our_section(tmp_path: Path) -> None:
    text = "cron:\n  - interval: 5\n    script: a.py\n    limit: [22:00, 06:30]\n"
    cron = _load(tmp_path, text, BASELAYER__CRON__CATCH_UP_SECONDS="60").settings.cron
    assert cron.catch_up_seconds == 60
    assert cron.jobs == [CronJob(interval=5, script="a.py", limit=["22:00", "06:30"])]


def test_section_says_more_than_the_list(tmp_path: Path) -> None:
    text = """
cron:
  output_limit_bytes: 2048
  jobs:
    - script: a.py
      name: nightly report
      cron: 30 2 * * MON-FRI
      zone: Europe/Berlin
      arguments: [--verbose, "$(id)"]
      timeout_seconds: 90
      owner: ada
      acls: [Run queries]
"""
    config = _load(tmp_path, text)
    (job,) = config.settings.cron.jobs
    assert (job.title, job.arguments) == ("nightly report", ["--verbose", "$(id)"])
    config.show()  # it can be written out again


def test_jobs_can_be_said_in_the_environment(tmp_path: Path) -> None:
    jobs = '[{"interval": 1, "script": "x"}]'
    for name in ("BASELAYER__CRON", "BASELAYER__CRON__JOBS"):
        found = load_config([], environ={name: jobs}).settings.cron.jobs
        assert found == [CronJob(interval=1, script="x")]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["script: x"], "either `interval` or `cron`"),
        (["script: x", "interval: 1", "cron: '* * * * *'"], "either `interval` or `cron`"),
        (["script: x", "interval: 0"], "interval must be greater than or equal to 1"),
        (["script: x", "cron: '* * * * * *'"], "cron must have five fields"),
        (["script: x", "cron: '@reboot'"], "cron must have five fields"),
        (["script: x", "cron: '99 * * * *'"], "cron is no cron expression: bad minute"),
        (["script: x", "cron: '* * * * * root id'"], "cron must have five fields"),
        (["script: x", "cron: '0 0 31 2 *'"], "cron is no cron expression: bad day-of-month"),
        (["script: x", "interval: 1", "zone: Mars/Olympus"], "zone must be a time zone"),
        (["script: x", "interval: 1", "zone: ../../etc/passwd"], "zone must be a time zone"),
        (["script: x", "interval: 1", "limit: ['25:00', '1:00']"], "must be a time of day"),
        (["script: x", "interval: 1", "limit: ['1:00']"], "limit"),
        (["script: x", "interval: 1", "limit: ['1:00', '1:00']"], "begins when it ends"),
        (["script: x", "interval: 1", "acls: [Run queries]"], "`acls` but no `owner`"),
        (["script: x", "interval: 1", "name: 'a:b'"], "name"),
        (["script: 'ä'", "interval: 1"], "needs a `name`"),
        (["script: x", "interval: 1", "timeout_seconds: 0"], "timeout_seconds must be greater"),
        (["script: x", "interval: 1", "shell: true"], "there is no setting cron.jobs.0.shell"),
        (["interval: 1"], "script"),
    ],
)
def test_job_that_cannot_be_meant_is_refused(
    tmp_path: Path, lines: list[str], expected: str
) -> None:
    body = "\n    ".join(lines)
    message = _refused(tmp_path, f"cron:\n  - {body}\n")
    assert expected in message
    assert message.startswith("settings.yaml:"), message


def test_two_jobs_of_one_name_are_refused(tmp_path: Path) -> None:
    job = "  - script: {}/a.py\n    interval: 1\n"
    message = _refused(tmp_path, "cron:\n" + job.format("x") + job.format("y"))
    assert "two jobs called 'a.py'" in message
