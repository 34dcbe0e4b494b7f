"""Several processes share one server; the last one out stops it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.launcher import is_kept, keep, release, using

ROOT = Path(__file__).parents[3]
Process = subprocess.Popen[str]


class Others:
    """Other processes that use clusters."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def enter(self, directory: Path) -> Process:
        """Start a process; it does not wait for it."""
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("user_process.py")), str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        )
        self._stack.callback(leave, process)
        return process


@pytest.fixture
def others() -> Iterator[Others]:
    with ExitStack() as stack:
        yield Others(stack)


def ready(process: Process) -> str:
    """Wait until `process` uses its server, and return since when that runs."""
    assert process.stdout
    word, _, since = process.stdout.readline().partition(" ")
    assert word == "ready"
    return since


def leave(process: Process, number: signal.Signals | None = None) -> int:
    if number:
        process.send_signal(number)
    process.communicate()
    return process.returncode


def test_two_starts_at_once_make_one_cluster_and_one_server(place: Path, others: Others) -> None:
    processes = [others.enter(place / "postgres") for _ in range(2)]
    assert len({ready(process) for process in processes}) == 1
    cluster = Cluster(place / "postgres")
    log = cluster.places.log.read_text()
    assert log.count("will be owned by user") == 1
    assert log.count("ready to accept connections") == 1


def test_last_one_out_stops_the_server(cluster: Cluster, others: Others) -> None:
    first, second = (others.enter(cluster.directory) for _ in range(2))
    assert ready(first) == ready(second)
    leave(first)
    assert cluster.is_running()
    leave(second)
    assert not cluster.is_running()


def test_nested_use_in_one_process_counts_twice(cluster: Cluster) -> None:
    with using(cluster):
        with using(cluster):
            pass
        assert cluster.is_running()
    assert not cluster.is_running()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signalled_user_stops_the_server(
    cluster: Cluster, others: Others, number: signal.Signals
) -> None:
    process = others.enter(cluster.directory)
    ready(process)
    leave(process, number)
    assert not cluster.is_running()


def test_killed_user_leaves_the_server_to_the_next(cluster: Cluster, others: Others) -> None:
    process = others.enter(cluster.directory)
    since = ready(process)
    leave(process, signal.SIGKILL)
    assert cluster.is_running()
    assert ready(others.enter(cluster.directory)) == since


def test_failing_user_stops_the_server_and_keeps_his_error(cluster: Cluster) -> None:
    with pytest.raises(LookupError, match="mine"), using(cluster):
        raise LookupError("mine")
    assert not cluster.is_running()


def test_interrupted_start_leaves_no_server(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("baselayer.app.db.embedded.starting._serves", interrupt)
    with pytest.raises(KeyboardInterrupt), using(cluster):
        pass
    assert cluster.identity().postmaster() is None
    assert not cluster.is_running()


def test_forked_child_does_not_leave_for_its_parent(cluster: Cluster) -> None:
    manager = using(cluster)
    manager.__enter__()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "getpid", lambda: -1)
        manager.__exit__(None, None, None)
    assert cluster.is_running()


def test_kept_server_survives_its_users_until_released(cluster: Cluster, others: Others) -> None:
    keep(cluster)
    assert cluster.is_running()
    process = others.enter(cluster.directory)
    ready(process)
    leave(process)
    assert cluster.is_running()
    assert is_kept(cluster)
    assert release(cluster)
    assert not cluster.is_running()
    assert not is_kept(cluster)


def test_released_server_waits_for_its_last_user(cluster: Cluster) -> None:
    with using(cluster):
        keep(cluster)
        assert not release(cluster)
        assert cluster.is_running()
    assert not cluster.is_running()


def test_release_of_what_was_never_made_does_nothing(place: Path) -> None:
    assert release(Cluster(place / "nowhere"))
    assert not (place / "nowhere").exists()
