"""The settings of scripts that run by the clock; docs/howto/cron.md tells what they do."""

import re
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from baselayer.app.config.section import Section

MINUTES_OF_A_DAY = 24 * 60
LONGEST_INTERVAL_MINUTES = 366 * MINUTES_OF_A_DAY
MIB = 1024 * 1024

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_NAME = r"[A-Za-z0-9][A-Za-z0-9._ -]{0,99}"


def _time_of_day(value: object) -> object:
    """Read `"23:30"`, and what YAML makes of an unquoted 23:30: the minutes since midnight."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MINUTES_OF_A_DAY:
        return "{:02}:{:02}".format(*divmod(value, 60))
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('must be a time of day such as "23:30"')
    return f"{int(found[1]):02}:{found[2]}"


def _expression(text: str) -> str:
    """Check a cron expression of five fields; a sixth for seconds is not taken."""
    if len(text.split()) != 5:
        raise ValueError('must have five fields, such as "30 2 * * MON-FRI"')
    try:
        next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise ValueError(f"is no cron expression: {str(error).lower()}") from None
    except StopIteration:
        raise ValueError("is never true") from None
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("must be a time zone such as Europe/Berlin") from None
    return name


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not hold the character NUL")
    return text


TimeOfDay = Annotated[str, BeforeValidator(_time_of_day)]
Text = Annotated[str, AfterValidator(_without_nul)]


class CronJob(Section):
    """A script and when it runs: upstream's `interval`, `script`, `limit`, and ours."""

    script: Text = Field(min_length=1)
    """The file to run, relative to the working directory of the server."""
    name: str | None = Field(None, pattern=f"^{_NAME}$")
    """What it is called; else the name of the file."""
    interval: int | None = Field(None, ge=1, le=LONGEST_INTERVAL_MINUTES)
    """Minutes from one run to the next."""
    cron: Annotated[str, AfterValidator(_expression)] | None = None
    """When it runs, as a cron expression of five fields."""
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """The time zone of `cron` and `limit`."""
    limit: list[TimeOfDay] | None = Field(None, min_length=2, max_length=2)
    """The local times from which, and before which, it may start; across midnight too."""
    arguments: list[Text] = []
    """What the script gets as its arguments, as they stand: no shell reads them."""
    timeout_seconds: float = Field(3600, gt=0, le=7 * 24 * 3600)
    """How long it may run before it is ended."""
    owner: str | None = Field(None, min_length=1)
    """The user whom its token acts for; without one it gets no token."""
    acls: list[str] = []
    """The permissions of its token; it has those that the owner has at the time."""

    @property
    def title(self) -> str:
        """Return what the job is called."""
        return self.name or PurePath(self.script).name

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.interval is None) == (self.cron is None):
            raise ValueError("needs either `interval` or `cron`, one of them")
        if self.limit is not None and self.limit[0] == self.limit[1]:
            raise ValueError("has a `limit` that begins when it ends")
        if self.acls and self.owner is None:
            raise ValueError("has `acls` but no `owner`: say whom its token acts for")
        if re.fullmatch(_NAME, self.title) is None:
            raise ValueError(
                "needs a `name` of letters, digits, spaces and . _ - only, as its file's is not"
            )
        return self


class CronSettings(Section):
    """Scripts that run by the clock; a plain list, as upstream has it, is `jobs`."""

    jobs: list[CronJob] = Field(
        [],
        description="The scripts, each with `script`, `interval` (minutes) or `cron`, and, if "
        "wanted, `name`, `zone`, `limit`, `arguments`, `timeout_seconds`, `owner`, `acls`: see "
        "docs/howto/cron.md.",
    )
    catch_up_seconds: float = Field(
        3600,
        ge=0,
        description="A time that was missed, because no server ran, is made up for once if it is "
        "no longer ago than this; else it is recorded as missed.",
    )
    output_limit_bytes: int = Field(
        MIB,
        ge=1024,
        le=64 * MIB,
        description="How much of a script's output is kept, from its beginning (1 MiB).",
    )
    user: str | None = Field(
        None,
        min_length=1,
        description="The account of this machine that scripts run as; null is the server's own, "
        "whose files they can read.",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"jobs": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _has_distinct_names(self) -> Self:
        titles = [job.title for job in self.jobs]
        twice = sorted({title for title in titles if titles.count(title) > 1})
        if twice:
            raise ValueError(f"has two jobs called {twice[0]!r}: give each its own `name`")
        return self
