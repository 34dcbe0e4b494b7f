"""The executor is started clean, restarted when it dies, and ends with its parent."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from baselayer.app.errors import ExecutorUnavailableError, RunLostError
from baselayer.app.queries.executor.protocol import Finished
from baselayer.app.queries.executor.supervise import Executor
from tests.processes import environment_of
from tests.queries.executor.conftest import Bench, eventually
from tests.targets import SOON_SECONDS


def test_killed_executor_is_seen_at_once_and_started_again(bench: Bench) -> None:
    async def act(executor: Executor) -> float:
        stream = await bench.begin(bench.job("select pg_sleep(60)"))
        await anext(stream)
        first = executor.pid
        assert first is not None
        begun = time.monotonic()
        os.kill(first, signal.SIGKILL)
        with pytest.raises(RunLostError):
            [event async for event in stream]
        seconds = time.monotonic() - begun

        async def is_back() -> bool:
            return executor.pid not in (None, first) and executor.restarts == 1

        await eventually(is_back)

        async def takes_jobs() -> bool:
            try:
                return isinstance((await bench.events(bench.job("select 1")))[-1], Finished)
            except ExecutorUnavailableError:
                return False

        await eventually(takes_jobs)

        async def is_gone() -> bool:  # the server notices that its client died
            found = await bench.query(
                "select 1 from pg_stat_activity where state = 'active' and pid <> pg_backend_pid()"
            )
            return not found

        await eventually(is_gone, seconds=5)
        return seconds

    assert bench.drive(act) < SOON_SECONDS


def test_stopped_executor_is_gone_with_its_socket(bench: Bench) -> None:
    async def act(executor: Executor) -> int:
        assert executor.pid is not None
        return executor.pid

    pid = bench.drive(act)
    assert not psutil.pid_exists(pid)
    assert not bench.settings.socket_path.exists()


def test_no_executor_is_told_as_such(bench: Bench) -> None:
    with pytest.raises(ExecutorUnavailableError):
        asyncio.run(bench.events(bench.job("select 1")))


def test_executor_that_cannot_start_is_told_as_such(bench: Bench) -> None:
    bench.settings.keys_path.chmod(0o644)

    async def act(_: Executor) -> None:
        pytest.fail("it started")

    with pytest.raises(ExecutorUnavailableError):
        bench.drive(act)
    assert bench.settings.log_path is not None
    assert "open to others" in bench.settings.log_path.read_text()


def test_environment_of_the_executor_is_empty(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "leak")
    monkeypatch.setenv("SECRET_COOKIE", "leak")

    async def act(executor: Executor) -> dict[str, str]:
        return environment_of(psutil.Process(executor.pid))

    assert set(bench.drive(act)) <= {"PYTHONPATH", "LC_ALL"}


_PARENT = """
import asyncio, os, sys
from pathlib import Path
from baselayer.app.queries.executor.supervise import Executor, ExecutorSettings

async def main():
    home = Path(sys.argv[1])
    executor = Executor(ExecutorSettings(
        home / "run" / "executor.sock", home / "secrets" / "keys.json", home / "results"))
    await executor.start()
    print(executor.pid, flush=True)
    os.kill(os.getpid(), 9)

asyncio.run(main())
"""


def test_executor_ends_when_its_parent_is_killed(bench: Bench) -> None:
    root = Path(__file__).parents[3]
    parent = subprocess.run(
        [sys.executable, "-c", _PARENT, str(bench.home)],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=30,
    )
    pid = int(parent.stdout)
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "it outlived its parent"
        time.sleep(0.05)
