"""Job: a script of the settings, found on this machine and fit to be run."""

import os
import pwd
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from baselayer.app.config.cron import CronJob, CronSettings
from baselayer.app.cron.schedule import described, times_after
from baselayer.app.errors import ConfigError


@dataclass(frozen=True)
class Account:
    """An account of this machine that scripts run as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Job:
    """What to run, and when."""

    settings: CronJob
    path: Path

    @property
    def name(self) -> str:
        """Return what it is called."""
        return self.settings.title

    @property
    def when(self) -> str:
        """Return when it runs, in words."""
        return described(self.settings)

    @property
    def command(self) -> list[str]:
        """Return the program and its arguments, as they go to the system: no shell reads them."""
        return [str(self.path), *self.settings.arguments]


def jobs_of(settings: CronSettings) -> list[Job]:
    """Return the jobs of the settings, not yet looked at."""
    return [Job(job, Path(job.script).absolute()) for job in settings.jobs]


def require_runnable(jobs: Sequence[Job], now: datetime) -> None:
    """Raise ConfigError that names every job that could never run."""
    faults = [fault for job in jobs if (fault := _fault(job, now))]
    if faults:
        raise ConfigError("\n".join(faults), faults=faults)


def account_of(settings: CronSettings) -> Account | None:
    """Return the account that scripts are to run as; None for the one of this process."""
    if settings.user is None:
        return None
    try:
        found = pwd.getpwnam(settings.user)
    except KeyError:
        raise ConfigError(f"cron.user: this machine has no account {settings.user!r}.") from None
    if found.pw_uid == os.geteuid():
        return None
    if os.geteuid() != 0:
        raise ConfigError(
            f"cron.user: only root can run scripts as {settings.user!r}; this server runs as "
            "another account. Leave the setting out, or start the server as root."
        )
    return Account(settings.user, found.pw_uid, found.pw_gid)


def _fault(job: Job, now: datetime) -> str | None:
    what = f"cron job {job.name!r}: the script {job.path}"
    try:
        job.path.stat()
    except FileNotFoundError:
        hint = " Put what follows the file into `arguments`." if " " in job.settings.script else ""
        return f"{what} does not exist.{hint}"
    except OSError as error:
        return f"{what} cannot be reached: {error.strerror}."
    if not job.path.is_file():
        return f"{what} is not a file."
    if not os.access(job.path, os.X_OK):
        return f"{what} is not executable: chmod +x it, and let its first line begin with #!"
    if next(times_after(job.settings, now), None) is None:
        return f"cron job {job.name!r}: it would never run ({job.when}): change `cron` or `limit`."
    return None
