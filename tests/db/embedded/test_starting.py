"""Starting after every kind of bad end."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from baselayer.app.db.embedded import starting
from baselayer.app.db.embedded.account import service_account
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.processes import wait_until_gone
from baselayer.app.errors import DatabaseStartError, DatabaseVersionError, DiskFullError


def serves(cluster: Cluster) -> bool:
    with cluster.connect() as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def write_pid_file(cluster: Cluster, pid: int) -> None:
    lines = [str(pid), str(cluster.places.data), "1700000000", "5432", "", "", "1 2", "ready"]
    (cluster.places.data / "postmaster.pid").write_text("\n".join(lines) + "\n")


def test_pid_file_of_a_dead_process_does_not_matter(cluster: Cluster) -> None:
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    write_pid_file(cluster, process.pid)
    assert not cluster.is_running()
    cluster.start()
    assert serves(cluster)


def test_pid_that_another_program_of_the_account_has_now_does_not_matter(cluster: Cluster) -> None:
    account = service_account(cluster.places.data)
    who = {"user": account.uid, "group": account.gid} if account.is_other else {}
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, **who) as other:  # type: ignore[call-overload]
        write_pid_file(cluster, other.pid)
        assert not cluster.is_running()
        cluster.start()
        assert serves(cluster)
        cluster.stop()
        assert other.poll() is None
        other.stdin.close()


def test_killed_server_recovers_what_was_committed(cluster: Cluster) -> None:
    cluster.start()
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    pid = cluster.pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    cluster.start()
    with cluster.connect() as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert cluster.pid() != pid


def test_orphans_of_a_killed_server_do_not_block_the_next(cluster: Cluster) -> None:
    """A busy backend outlives its postmaster and holds the shared memory."""
    cluster.start()
    busy = cluster.connect()
    busy.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
    backend, pid = busy.info.backend_pid, cluster.pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    assert wait_until_gone([pid], 5)
    cluster.start()
    assert wait_until_gone([backend], 0)
    assert serves(cluster)
    busy.close()


def test_other_major_version_is_refused_and_left_alone(cluster: Cluster) -> None:
    version = cluster.places.data / "PG_VERSION"
    version.write_text("13\n")
    before = sorted(cluster.directory.rglob("*"))
    with pytest.raises(DatabaseVersionError, match="PostgreSQL 13"):
        cluster.start()
    assert sorted(cluster.directory.rglob("*")) == before


def test_refused_setting_is_told_with_the_place_of_the_log(cluster: Cluster) -> None:
    wrong = Cluster(cluster.directory, fsync=False, settings={"wrk_mem": "1MB"})
    with pytest.raises(DatabaseStartError, match="setting that it was given") as caught:
        wrong.start()
    assert str(cluster.places.log) in caught.value.message
    assert "wrk_mem" in cluster.places.log.read_text()
    assert not wrong.is_running()


def test_full_disk_at_start_is_told_and_start_works_once_there_is_room(
    as_root: None, place: Path, stopped: Path
) -> None:
    disk = place / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m,mode=711", "tmpfs", disk], check=True)
    try:
        subprocess.run(["cp", "-a", f"{stopped}/.", str(disk)], check=True)
        cluster = Cluster(disk / "postgres", fsync=False)
        with pytest.raises(DiskFullError):
            fill_and_start(disk / "filler", cluster)
        (disk / "filler").unlink()
        cluster.start()
        assert serves(cluster)
        cluster.stop()
    finally:
        subprocess.run(["umount", disk], check=True)


def fill_and_start(filler: Path, cluster: Cluster) -> None:
    subprocess.run(
        ["dd", "if=/dev/zero", f"of={filler}", "bs=64k"], stderr=subprocess.DEVNULL, check=False
    )
    with filler.open("ab", buffering=0) as rest, pytest.raises(OSError, match="No space"):
        while True:
            rest.write(b"x")
    cluster.start()


def test_wrong_stored_password_is_told(cluster: Cluster) -> None:
    cluster.places.superuser_file.write_text(json.dumps({"postgres": "not this"}))
    with pytest.raises(DatabaseStartError, match="refuses the password"):
        cluster.start()


def test_server_that_does_not_answer_in_time_is_told(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baselayer.app.db.embedded.server.CONNECT_TIMEOUT_SECONDS", 2)
    cluster.start()
    pid = cluster.pid()
    assert pid
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(DatabaseStartError, match="does not answer after 0 s"):
            Cluster(cluster.directory, fsync=False).start(timeout_seconds=0.2)
    finally:
        os.kill(pid, signal.SIGCONT)


def test_long_log_is_set_aside(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "LOG_LIMIT_BYTES", 10)
    before = cluster.places.log.read_text()
    cluster.start()
    assert (cluster.directory / "server.log.old").read_text() == before
    assert cluster.places.log.stat().st_mode & 0o777 == 0o600


def test_taken_port_is_told(cluster: Cluster, place: Path) -> None:
    script = (
        "import socket, sys; s = socket.create_server(('127.0.0.1', 0));"
        "print(s.getsockname()[1], flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin
        assert other.stdout
        taken = int(other.stdout.readline())
        with pytest.raises(DatabaseStartError, match="another program listens"):
            Cluster(cluster.directory, tcp_port=taken, fsync=False).start()
        other.stdin.close()


def test_hostile_environment_does_not_matter(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGHOST": "elsewhere",
        "PGPORT": "1",
        "PGUSER": "x",
        "PGPASSWORD": "x",
        "PGDATABASE": "x",
        "PGDATA": "/nowhere",
        "PGOPTIONS": "-c work_mem=nonsense",
        "LC_ALL": "xx_XX.UTF-8",
    }.items():
        monkeypatch.setenv(name, value)
    cluster.start()
    assert serves(cluster)


def test_connection_of_a_stopped_server_fails_plainly(cluster: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError):
        cluster.connect()
