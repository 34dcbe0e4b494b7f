"""The child that reads a file: confined, killed when it does not listen, never left behind."""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from baselayer.app.errors import QueryFailedError, QueryTimeoutError, RunCancelledError
from tests.connections.drivers.files import file_root, opened, write_sqlite
from tests.connections.drivers.reading import rows, wait_until
from tests.processes import environment_of
from tests.targets import SOON_SECONDS

MANY = "select a.id, a.name from items a, items b"


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    with file_root() as home:
        items = "create table items as with recursive c(i) as (select 1 union all select i + 1"
        write_sqlite(home / "a.db", f"{items} from c where i < 1000) select i id, 'x' name from c")
        yield home


def test_child_is_confined(root: Path) -> None:
    with opened(root, "sqlite", "a.db", timeout_seconds=7) as session:
        child = psutil.Process(session.backend_id)
        assert child.rlimit(psutil.RLIMIT_AS) == (1_610_612_736, 1_610_612_736)
        assert child.rlimit(psutil.RLIMIT_CPU) == (17, 17)
        assert child.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
        assert child.rlimit(psutil.RLIMIT_NOFILE) == (64, 64)
        assert session.rowcount is None


def test_child_knows_nothing_that_it_was_not_given(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_COOKIE", "leak")
    known = {"PYTHONPATH", "PATH", "HOME", "LC_ALL", "TZ", "ARROW_DEFAULT_MEMORY_POOL"}
    with opened(root, "sqlite", "a.db") as session:
        child = psutil.Process(session.backend_id)
        assert set(environment_of(child)) <= known | {"MALLOC_ARENA_MAX"}
        if os.geteuid() == 0:  # nobody else may look
            assert child.cwd() == str(root)


def test_child_is_gone_when_the_session_is_closed(root: Path) -> None:
    with opened(root, "sqlite", "a.db") as session:
        child = psutil.Process(session.backend_id)
        _, batches = session.stream(MANY, 1_000)
        next(batches)
    assert not child.is_running()


def test_statement_that_does_not_listen_is_killed(root: Path) -> None:
    with opened(root, "sqlite", "a.db", timeout_seconds=0.3) as session:
        child = psutil.Process(session.backend_id)
        child.suspend()
        begun = time.monotonic()
        with pytest.raises(QueryTimeoutError):
            rows(session, "select 1")
        assert time.monotonic() - begun < SOON_SECONDS
        assert not child.is_running()


def test_cancel_kills_what_does_not_listen(root: Path) -> None:
    with opened(root, "sqlite", "a.db") as session:
        psutil.Process(session.backend_id).suspend()
        threading.Timer(0.2, session.cancel).start()
        begun = time.monotonic()
        with pytest.raises(RunCancelledError):
            rows(session, "select 1")
        assert time.monotonic() - begun < SOON_SECONDS


def test_child_that_dies_is_told(root: Path) -> None:
    with opened(root, "sqlite", "a.db") as session:
        assert session.backend_id is not None
        child = psutil.Process(session.backend_id)
        child.suspend()
        threading.Timer(0.2, child.kill).start()
        with pytest.raises(QueryFailedError, match="memory"):
            rows(session, "select 1")
        with pytest.raises(QueryFailedError):
            rows(session, "select 1")


def test_reader_that_wants_no_more_is_obeyed(root: Path) -> None:
    with opened(root, "sqlite", "a.db") as session:
        _, batches = session.stream(MANY, 1_000)
        assert next(batches).num_rows == 512
        batches.close()
        session.commit()
        assert rows(session, "select count(*) from items") == [(1000,)]


def test_rows_are_streamed_in_bounded_memory(root: Path) -> None:
    with opened(root, "sqlite", "a.db") as session:
        _, batches = session.stream(MANY, 16_384)
        sizes = [next(batches).num_rows]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        sizes += [batch.num_rows for batch in batches]
        assert sum(sizes) == 1_000_000
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


def test_child_ends_with_the_process_that_started_it(root: Path) -> None:
    script = (
        "import sys, time\n"
        "from tests.connections.drivers.files import *\n"
        f"with opened(Path({str(root)!r}), 'sqlite', 'a.db') as session:\n"
        "    print(session.backend_id, flush=True)\n"
        "    time.sleep(60)\n"
    )
    here = Path(__file__).parents[3]
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=here) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    wait_until(lambda: not child.is_running())
