"""Cron jobs and their runs, as they are shown."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from baselayer.app.schemas.connection_fields import Plain
from baselayer.app.schemas.paging import TableViewRequest

CronState = Literal[
    "running", "succeeded", "failed", "timed_out", "stopped", "lost", "skipped", "missed"
]


class CronRunsRequest(TableViewRequest):
    """Which runs of cron jobs."""

    name: Plain | None = None
    """Only of the job of this name."""
    state: CronState | None = None
    """Only those in this state."""


class CronRunRead(BaseModel):
    """A nominal time of a cron job, and how it stands."""

    model_config = {"from_attributes": True}

    id: UUID
    name: str
    script: str
    schedule: str
    source: Literal["schedule", "manual"]
    nominal_time: datetime
    state: CronState
    message: str | None
    """Why it did not succeed, when its exit status does not say it."""
    owner_id: int | None
    started_at: datetime | None
    finished_at: datetime | None
    duration_seconds: float | None
    host: str | None
    pid: int | None
    exit_status: int | None
    """What the script returned; minus the number of the signal that ended it."""
    output_truncated: bool


class CronRunOutput(CronRunRead):
    """The same, with what the script wrote."""

    output: str | None


class CronJobRead(BaseModel):
    """A cron job of the settings."""

    name: str
    script: str
    arguments: list[str]
    schedule: str
    zone: str
    owner: str | None
    acls: list[str]
    timeout_seconds: float
    next_times: list[datetime]
    """The next three nominal times."""
    last_run: CronRunRead | None
    """The latest run that the caller may see."""
