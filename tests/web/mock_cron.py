"""Cron jobs of the mock server and their runs."""

from datetime import UTC, datetime, timedelta
from typing import Any

Record = dict[str, Any]
OUTPUT = "2013-01-01 02:30:01  reading flights\n2013-01-01 02:30:04  336776 rows   842 changed\n"


def _at(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def _run(number: int, name: str, hours_ago: float, state: str, **values: Any) -> Record:
    return {
        "id": f"01990000-0000-7000-a000-{number:012d}", "name": name,
        "script": f"/srv/jobs/{name}.py", "schedule": "30 2 * * *", "source": "schedule",
        "nominal_time": _at(-hours_ago), "state": state, "message": None, "owner_id": 1,
        "started_at": _at(-hours_ago), "finished_at": _at(-hours_ago), "duration_seconds": 3.217,
        "host": "app-1", "pid": 4711, "exit_status": 0, "output_truncated": False,
        "output": OUTPUT,
    } | values  # fmt: skip


class Cron:
    """What ran, newest first, and what runs next."""

    def __init__(self) -> None:
        skipped = {"started_at": None, "duration_seconds": None, "exit_status": None, "pid": None}
        self.runs = [
            _run(5, "refresh_extracts", 0.6, "succeeded"),
            _run(4, "mail_report", 5, "failed", exit_status=2, output="no such mailbox\n" * 80),
            _run(3, "refresh_extracts", 24.6, "timed_out", exit_status=-9, duration_seconds=900.4),
            _run(
                2, "refresh_extracts", 48.6, "skipped", output=None, host=None,
                message="The run before it had not ended.", **skipped,
            ),
            _run(1, "mail_report", 53, "succeeded", output="", duration_seconds=0.42),
        ]  # fmt: skip
        self.may_see_jobs = True

    def answer(self, rest: list[str]) -> Any:
        """Answer /api/cron…; None for what is not there."""
        if rest == ["jobs"]:
            return self._jobs() if self.may_see_jobs else None
        if rest == ["runs"]:
            listed = [{k: v for k, v in run.items() if k != "output"} for run in self.runs]
            return {"items": listed, "next": None}
        return next((run for run in self.runs if rest == ["runs", run["id"]]), None)

    def _jobs(self) -> list[Record]:
        return [
            self._job("refresh_extracts", "30 2 * * *", []),
            self._job("mail_report", "0 6 * * MON-FRI", ["--to", "analysts"]),
        ]

    def _job(self, name: str, schedule: str, arguments: list[str]) -> Record:
        return {
            "name": name, "script": f"/srv/jobs/{name}.py", "arguments": arguments,
            "schedule": f"{schedule} in Europe/Berlin", "zone": "Europe/Berlin", "owner": "admin",
            "acls": ["Run queries"], "timeout_seconds": 900.0,
            "next_times": [_at(3.4), _at(27.4), _at(51.4)],
            "last_run": next((run for run in self.runs if run["name"] == name), None),
        }  # fmt: skip
