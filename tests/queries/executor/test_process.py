"""The process sheds what surrounds it; the secrets of a run are found nowhere outside it."""

import base64
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from baselayer.app.queries.executor.process import take_own_directory
from baselayer.app.queries.executor.protocol import (
    Event,
    ExportJob,
    Failed,
    Finished,
    Job,
    Step,
    TestJob,
    encode,
)
from baselayer.app.queries.executor.supervise import Executor
from tests.processes import command_of, environment_of, open_paths_of
from tests.queries.executor.conftest import Bench
from tests.targets import free_port

CANARY = "CANARY/7b1e-épée+42"

_SHED = """
import os, resource
from baselayer.app.queries.executor.process import refuse_inspection, shed_surroundings
shed_surroundings()
refuse_inspection()
print(sorted(os.environ))
print(os.environ["HOME"], os.path.exists(os.environ["HOME"]))
print(resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_environment_is_forgotten_and_no_core_is_dumped() -> None:
    environment = {**os.environ, "PGPASSWORD": "x", "PGSERVICE": "y"}
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", _SHED], cwd=root, env=environment, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == [
        "['HOME', 'LC_ALL', 'TZ']",
        "/nonexistent False",
        "(0, 0)",
    ]


def forms(secret: str) -> list[bytes]:
    raw = secret.encode()
    return [
        raw,
        raw.hex().encode(),
        base64.b64encode(raw),
        base64.urlsafe_b64encode(raw).rstrip(b"="),
        quote(secret).encode(),
        quote(secret, safe="").encode(),
        repr(secret).encode(),
    ]


def leaks(places: dict[str, bytes]) -> list[str]:
    return [name for name, text in places.items() if any(form in text for form in forms(CANARY))]


def everything(bench: Bench, pid: int, events: list[Event]) -> dict[str, bytes]:
    """Collect whatever a run leaves: frames, files, log, and what the system shows of it."""
    places = {str(path): path.read_bytes() for path in bench.home.rglob("*") if path.is_file()}
    for number, event in enumerate(events):
        places[f"frame {number}"] = encode(event)
        places[f"event {number}"] = repr(event).encode()
        if isinstance(event, Failed):
            error = event.to_error()
            places[f"error {number}"] = repr((error, error.details)).encode()
    process = psutil.Process(pid)
    places["command"] = command_of(process).encode()
    places["environment"] = repr(environment_of(process)).encode()
    for path in open_paths_of(process):
        places[f"open {path}"] = Path(path).read_bytes()
    return places


def test_search_for_the_secret_finds_a_planted_one(bench: Bench) -> None:
    for number, form in enumerate(forms(CANARY)):
        (bench.home / f"leak-{number}").write_bytes(b"xx" + form + b"yy")
    found = leaks(everything(bench, os.getpid(), [Failed("x", f"bad {CANARY}")]))
    assert len([name for name in found if "leak-" in name]) == len(forms(CANARY))
    assert {"frame 0", "event 0", "error 0"} <= set(found)


def test_password_of_a_run_is_found_nowhere(bench: Bench) -> None:
    quoted = CANARY.replace("'", "''")
    bench.shop.admin("drop role if exists canary")
    bench.shop.admin(f"create role canary login password '{quoted}'")
    login = {"username": "canary", "password": CANARY}

    async def act(executor: Executor) -> None:
        good = bench.job("select 1 as a", target=bench.frame(**login))
        jobs: list[Job] = [
            good,
            bench.job(f"select '{quoted}'::int", target=bench.frame(**login)),
            bench.job("select pg_sleep(9)", target=bench.frame(**login, timeout_seconds=0.2)),
            bench.job("select 1", target=bench.frame("reader", password=CANARY)),
            bench.job("select 1", target=bench.frame(**login, database="nothing")),
            bench.job("select 1", target=bench.frame(**login, port=free_port())),
            bench.job("select 1", target=bench.frame(**login, host="no.invalid")),
            bench.job("select 1", target=bench.frame(**login, tls_mode="require")),
            bench.job("select 1", target=bench.frame(**login, options={"timezone": CANARY})),
            TestJob(bench.frame(**login), bench.egress),
            TestJob(bench.frame("reader", password=CANARY), bench.egress),
            ExportJob(good.file_name, "csv"),
        ]
        events = [event for job in jobs for event in await bench.events(job)]
        assert sum(isinstance(event, Finished) for event in events) == 1
        assert sum(isinstance(event, Failed) for event in events) == 8
        assert sum(isinstance(event, Step) and event.failure is not None for event in events) == 1
        assert executor.pid is not None
        assert leaks(everything(bench, executor.pid, events)) == []

    bench.drive(act)


def test_own_directory_is_private_and_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    path = tmp_path / "run" / "executor.tmp"
    take_own_directory(path)
    (path / "key.pem").write_text("left by one that was killed")
    take_own_directory(path)
    assert list(path.iterdir()) == []
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)] == [0o700, 0o700]
    assert tempfile.gettempdir() == str(path)


def test_installed_pandas_is_neither_loaded_nor_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "pandas.py").write_text("raise SystemExit('loaded after all')")
    program = (
        "from baselayer.app.queries.executor.process import forgo_pandas; forgo_pandas()\n"
        "import pyarrow as pa; print(pa.array(['kept'], pa.string())[0])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "kept"
