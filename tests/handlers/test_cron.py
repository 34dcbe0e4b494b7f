"""Cron in a running server: the script calls the API with its token, and who sees its runs."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.server import Caller, Served, data, refusal, serving, wait_until

CALL = """
import os, sys
from baselayer.client import Client, ClientError
value = os.environ["BASELAYER_TOKEN"]
with Client(os.environ["BASELAYER_URL"], value) as client:
    profile = client.profile()
    print(profile["username"], *profile["permissions"], sep="|")
    rows = client.run("select 6 * 7 as answer", sys.argv[1]).wait().rows()
    print(*next(rows))
    try:
        client._transport.call("POST", "/api/tokens", body={"name": "longer"})
    except ClientError as error:
        print(error.message)
with open(f"/proc/{os.getppid()}/status") as status:
    pass
print(sorted(part.partition(b"=")[0].decode()
    for part in open("/proc/self/environ", "rb").read().split(b"\\0") if part))
print(value)
"""


@dataclass
class Clockwork:
    """A second server of the house, with jobs."""

    house: Served
    base: str
    pid: int
    call: dict[str, Any]

    def as_(self, caller: Caller) -> Caller:
        """Return a caller who asks this server."""
        return Caller(caller.name, self.base, caller.value, caller.user_id)


@pytest.fixture(scope="module")
def clockwork(house: Served) -> Iterator[Clockwork]:
    """A server whose job missed its last time, so that it runs at once."""
    directory = Path(tempfile.mkdtemp(prefix="cron-api-"))
    script = directory / "call"
    script.write_text(f"#!{sys.executable}\n{CALL}")
    script.chmod(0o755)
    hourly = {"cron": "0 * * * *", "owner": "analyst", "acls": ["Run queries", "Manage users"]}
    jobs = [
        {"name": "call", "script": str(script), "arguments": [house.connection_id]} | hourly,
        {"name": "other", "script": "/bin/true", "interval": 1440, "owner": "owner"},
    ]
    _pretend_that_it_ran(house, "call", "0 * * * * in UTC", script)
    settings = {"BASELAYER__CRON": json.dumps(jobs)}
    with serving(house.home, CANARY="canary 7731", **settings) as (process, base):
        found = Clockwork(house, base, process.pid, {})
        found.call.update(wait_until(lambda: _ended(found)))
        yield found
    shutil.rmtree(directory)


def _pretend_that_it_ran(house: Served, name: str, schedule: str, script: Path) -> None:
    now = datetime.now(UTC)
    before = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    house.rows(
        "insert into cron_job_runs (id, name, script, schedule, source, nominal_time, state,"
        " output_truncated, created_at, modified)"
        " values ('00000000-0000-7000-8000-000000000001', %s, %s, %s, 'schedule', %s,"
        " 'succeeded', false, %s, %s)",
        *(name, str(script), schedule, before, before, before),
    )


def _ended(clockwork: Clockwork) -> Any:
    admin = clockwork.as_(clockwork.house.admin)
    runs = data(admin.get("/api/cron/runs?name=call"))["items"]
    return next((run for run in runs if run["state"] != "running" and run["started_at"]), None)


def _output(clockwork: Clockwork) -> list[str]:
    path = f"/api/cron/runs/{clockwork.call['id']}"
    found = data(clockwork.as_(clockwork.house.analyst).get(path))
    assert (found["state"], found["exit_status"]) == ("succeeded", 0), found
    return str(found["output"]).splitlines()


def test_script_asks_the_server_as_its_owner(clockwork: Clockwork) -> None:
    who, answer, *_ = _output(clockwork)
    assert who == "analyst|Run queries"  # the owner may not manage users, so neither may it
    assert answer == "42"
    house = clockwork.house
    runs = data(house.analyst.get("/api/runs"))["items"]
    assert any(run["text"] == "select 6 * 7 as answer" for run in runs)


def test_environment_of_the_script_holds_nothing_else(clockwork: Clockwork) -> None:
    assert _output(clockwork)[-2] == "['BASELAYER_TOKEN', 'BASELAYER_URL']"


def test_token_is_dead_after_the_run(clockwork: Clockwork) -> None:
    value = _output(clockwork)[-1]
    assert value.startswith("bl_")
    refusal(Caller("script", clockwork.base, value).get("/api/profile"), 401, "token_invalid")
    assert clockwork.house.rows("select 1 from tokens where name like 'cron:call:%%'") == []


def test_token_of_a_script_cannot_make_another(clockwork: Clockwork) -> None:
    assert "cannot make another" in _output(clockwork)[2]
    assert clockwork.house.rows("select 1 from tokens where name = 'longer'") == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read whatever it likes")
def test_environment_of_the_server_is_not_for_its_scripts(clockwork: Clockwork) -> None:
    with pytest.raises(PermissionError):
        Path(f"/proc/{clockwork.pid}/environ").read_bytes()


def test_server_cannot_be_inspected_by_others_of_its_user(clockwork: Clockwork) -> None:
    # What is not dumpable belongs to root; as root, the limit on core dumps shows it.
    limits = Path(f"/proc/{clockwork.pid}/limits").read_text()
    (line,) = (line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert line.split()[4:6] == ["0", "0"]


def test_owner_and_who_manages_cron_jobs_see_the_run(clockwork: Clockwork) -> None:
    house, run = clockwork.house, clockwork.call
    for caller in (house.analyst, house.admin):
        listed = data(clockwork.as_(caller).get("/api/cron/runs?name=call"))["items"]
        assert run["id"] in [item["id"] for item in listed]
        assert all("output" not in item for item in listed)
        assert data(clockwork.as_(caller).get(f"/api/cron/runs/{run['id']}"))["output"]


def test_stranger_sees_neither_job_nor_run(clockwork: Clockwork) -> None:
    stranger = clockwork.as_(clockwork.house.stranger)
    assert data(stranger.get("/api/cron/runs"))["items"] == []
    assert data(stranger.get("/api/cron/jobs")) == []
    refusal(stranger.get(f"/api/cron/runs/{clockwork.call['id']}"), 404, "not_found")
    anybody = Caller("nobody", clockwork.base)
    for path in ("/api/cron/jobs", "/api/cron/runs", f"/api/cron/runs/{clockwork.call['id']}"):
        refusal(anybody.get(path), 401, "unauthenticated")


def test_job_is_shown_with_its_next_times_and_last_run(clockwork: Clockwork) -> None:
    (job,) = data(clockwork.as_(clockwork.house.analyst).get("/api/cron/jobs"))
    assert (job["name"], job["schedule"]) == ("call", "0 * * * * in UTC")
    times = [datetime.fromisoformat(text) for text in job["next_times"]]
    assert times[0] > datetime.now(UTC) - timedelta(minutes=1)
    assert [time.minute for time in times] == [0, 0, 0]
    assert job["last_run"]["state"] == "succeeded"
    everything = data(clockwork.as_(clockwork.house.admin).get("/api/cron/jobs"))
    assert [(job["name"], job["last_run"] is None) for job in everything] == [
        ("call", False),
        ("other", True),
    ]


def test_runs_are_paged_and_filtered(clockwork: Clockwork) -> None:
    admin = clockwork.as_(clockwork.house.admin)
    first = data(admin.get("/api/cron/runs?limit=1"))
    assert len(first["items"]) == 1 and first["next"]
    second = data(admin.get(f"/api/cron/runs?limit=1&after_id={first['next']}"))
    assert second["items"][0]["id"] != first["items"][0]["id"]
    assert data(admin.get("/api/cron/runs?name=nothing"))["items"] == []
    assert data(admin.get("/api/cron/runs?state=lost"))["items"] == []
    refusal(admin.get("/api/cron/runs?state=odd"), 422, "request_invalid")


def test_nobody_writes_runs(clockwork: Clockwork) -> None:
    admin = clockwork.as_(clockwork.house.admin)
    path = f"/api/cron/runs/{clockwork.call['id']}"
    refusal(admin.delete(path), 405, "method_not_allowed")
    refusal(admin.post("/api/cron/runs", {}), 405, "method_not_allowed")
