"""Jobs that could never run are told at the start, all at once."""

import os
import pwd
from pathlib import Path

import pytest

from baselayer.app.config.cron import CronJob, CronSettings
from baselayer.app.cron.jobs import Job, account_of, jobs_of, require_runnable
from baselayer.app.errors import ConfigError
from tests.cron.conftest import NOON


def _job(path: Path, **settings: object) -> Job:
    values = {"script": str(path), "interval": 1} | settings
    return Job(CronJob.model_validate(values), path)


def test_every_script_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "plain").touch(0o644)
    wrong = ["missing", "missing --with=arguments", "plain", "."]
    jobs = [_job(tmp_path / name, name=f"job {at}") for at, name in enumerate(wrong)]
    with pytest.raises(ConfigError) as refused:
        require_runnable(jobs, NOON)
    first, second, third, fourth = refused.value.message.splitlines()
    assert first == f"cron job 'job 0': the script {tmp_path}/missing does not exist."
    assert second.endswith("Put what follows the file into `arguments`.")
    assert "'job 2'" in third and "not executable: chmod +x" in third
    assert "is not a file" in fourth


def test_job_that_its_limit_never_lets_run_is_named(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.touch(0o755)
    never = {"interval": None, "cron": "0 12 * * *", "limit": ["13:00", "14:00"]}
    with pytest.raises(ConfigError, match="would never run"):
        require_runnable([_job(script, **never)], NOON)
    require_runnable([_job(script, interval=1440, limit=["13:00", "13:01"])], NOON)


def test_script_is_looked_for_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = CronSettings.model_validate([{"script": "tools/a.py", "interval": 5}])
    (job,) = jobs_of(settings)
    assert (job.name, job.path) == ("a.py", tmp_path / "tools/a.py")
    assert job.command == [str(tmp_path / "tools/a.py")]


def test_account_that_does_not_exist_is_told() -> None:
    with pytest.raises(ConfigError, match="no account 'nobody-knows'"):
        account_of(CronSettings(user="nobody-knows"))


def test_account_of_the_server_needs_no_change() -> None:
    assert account_of(CronSettings()) is None
    assert account_of(CronSettings(user=pwd.getpwuid(os.geteuid()).pw_name)) is None


def test_only_root_can_take_another_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(ConfigError, match="only root"):
        account_of(CronSettings(user="root"))
