"""CronJobRun: one nominal time of a script, and what came of it."""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.controls.constant import restricted
from baselayer.app.controls.permitted import AccessibleIfPermitted
from baselayer.app.controls.users import accessible_by_owner
from baselayer.app.db.base import Base
from baselayer.app.db.mixins.uuid import UUIDTableBaseMixin
from baselayer.app.identity.users import User

RUNNING, SUCCEEDED, FAILED, TIMED_OUT = "running", "succeeded", "failed", "timed_out"
STOPPED, LOST, SKIPPED, MISSED = "stopped", "lost", "skipped", "missed"
STATES = (RUNNING, SUCCEEDED, FAILED, TIMED_OUT, STOPPED, LOST, SKIPPED, MISSED)

SCHEDULE, MANUAL = "schedule", "manual"

IS_RUNNING = sa.text("state = 'running'")


class CronJobRun(UUIDTableBaseMixin, Base):
    """A run of a script, or why there was none. Written by the system only.

    One per job and nominal time, and at most one of a job that is running: the database sees to it,
    however many servers there are.
    """

    noun: ClassVar[str] = "run of a cron job"
    __tablename__ = "cron_job_runs"
    __table_args__ = (
        sa.UniqueConstraint("name", "nominal_time"),
        sa.Index("cron_job_runs_running_ix", "name", unique=True, postgresql_where=IS_RUNNING),
        sa.Index("cron_job_runs_name_id_ix", "name", "id"),
        sa.Index("cron_job_runs_owner_id_id_ix", "owner_id", "id"),
    )
    create = update = delete = restricted
    read = accessible_by_owner | AccessibleIfPermitted("Manage cron jobs")

    name: Mapped[str]
    script: Mapped[str]
    schedule: Mapped[str]
    """When the job ran at the time, in words."""
    source: Mapped[str] = mapped_column(default=SCHEDULE)
    """`schedule`, or `manual` when somebody started it."""
    nominal_time: Mapped[datetime]
    """When it was to start."""
    state: Mapped[str]
    message: Mapped[str | None]
    """Why it did not succeed, when its exit status does not say it."""
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    token_id: Mapped[int | None]
    """Its token, which is deleted when it ends; kept without foreign key, for the audit."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    duration_seconds: Mapped[float | None]
    lease_until: Mapped[datetime | None]
    """Until when its server is believed alive; one that does not renew it is lost."""
    host: Mapped[str | None]
    pid: Mapped[int | None]
    exit_status: Mapped[int | None]
    """What the script returned; minus the number of the signal that ended it."""
    output: Mapped[str | None]
    """What it wrote, errors among it, from the beginning."""
    output_truncated: Mapped[bool] = mapped_column(default=False)

    owner: Mapped[User | None] = relationship()
