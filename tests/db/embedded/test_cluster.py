"""A server from its first start to its last stop."""

import socket
import time
from pathlib import Path

import psycopg
import pytest

from baselayer.app.db.embedded.cluster import Cluster, StopMode
from baselayer.app.db.embedded.processes import is_alive
from baselayer.app.errors import DatabaseStartError
from tests.targets import SOON_SECONDS


def started_at(cluster: Cluster) -> object:
    with cluster.connect() as connection:
        return connection.execute("SELECT pg_postmaster_start_time()").fetchone()


def listening_ports(pid: int) -> set[int]:
    """The TCP ports that a process listens on, from its sockets' inodes: proc(5)."""
    descriptors = Path(f"/proc/{pid}/fd").iterdir()
    inodes = {str(one.readlink())[8:-1] for one in descriptors if "socket:[" in str(one.readlink())}
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[9] in inodes}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_fresh_directory_serves_after_one_call_and_again_after_a_stop(place: Path) -> None:
    cluster = Cluster(place / "some" / "where", fsync=False)
    assert not cluster.is_running()
    cluster.start()
    first = started_at(cluster)
    cluster.stop()
    assert not cluster.is_running()
    before = time.monotonic()
    cluster.start()
    assert time.monotonic() - before < SOON_SECONDS
    assert started_at(cluster) != first


def test_second_start_takes_the_running_server(cluster: Cluster) -> None:
    cluster.start()
    first = started_at(cluster)
    Cluster(cluster.directory, fsync=False).start()
    assert started_at(cluster) == first


@pytest.mark.parametrize("mode", ["smart", "fast", "immediate"])
def test_every_mode_stops(cluster: Cluster, mode: StopMode) -> None:
    cluster.start()
    pid = cluster.pid()
    cluster.stop(mode)
    assert not cluster.is_running()
    assert pid
    assert not is_alive(pid)


def test_stop_of_what_does_not_run_does_nothing(cluster: Cluster, place: Path) -> None:
    cluster.stop()
    Cluster(place / "nowhere").stop()
    assert not (place / "nowhere").exists()


def test_stop_that_takes_too_long_is_told(cluster: Cluster) -> None:
    cluster.start()
    with cluster.connect(), pytest.raises(DatabaseStartError, match="still runs after 0 s"):
        cluster.stop("smart", timeout_seconds=0.05)
    cluster.stop("fast")


def test_server_started_a_moment_ago_without_pid_file_is_stopped(cluster: Cluster) -> None:
    cluster.start()
    pid = cluster.pid()
    (cluster.places.data / "postmaster.pid").unlink()
    assert pid
    cluster.stop("immediate")
    assert not is_alive(pid)


def test_server_of_another_container_is_used_but_not_stopped(cluster: Cluster) -> None:
    """Its process id means nothing here, but its socket in a shared volume answers."""
    cluster.start()
    pid_file = cluster.places.data / "postmaster.pid"
    whole = pid_file.read_text()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("baselayer.app.db.embedded.processes.Identity.owns", lambda *_: False)
        assert cluster.is_running()
        cluster.start()
        with pytest.raises(DatabaseStartError, match="another container"):
            cluster.stop()
    assert pid_file.read_text() == whole


def test_no_tcp_by_default(cluster: Cluster) -> None:
    cluster.start()
    pid = cluster.pid()
    assert pid
    assert listening_ports(pid) == set()


def test_tcp_on_request_is_loopback_only_and_asks_for_the_password(cluster: Cluster) -> None:
    port = free_port()
    cluster = Cluster(cluster.directory, tcp_port=port, fsync=False)
    cluster.start()
    pid = cluster.pid()
    assert pid
    assert listening_ports(pid) == {port}
    target = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
    with psycopg.connect(f"{target} password={cluster.superuser_password}") as connection:
        row = connection.execute("SHOW listen_addresses").fetchone()
    assert row == ("127.0.0.1",)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"{target} password=wrong")


def test_port_is_that_of_the_server_that_runs(cluster: Cluster) -> None:
    port = free_port()
    Cluster(cluster.directory, tcp_port=port, fsync=False).start()
    cluster.start()
    assert cluster.port == port


def test_nobody_else_can_enter_data_or_socket(cluster: Cluster) -> None:
    cluster.start()
    for path in (cluster.places.data, cluster.socket_directory):
        assert path.stat().st_mode & 0o777 == 0o700
        assert path.stat().st_uid == cluster.identity().uid
    assert cluster.places.log.stat().st_mode & 0o777 == 0o600
    assert cluster.identity().uid != 0


def test_long_path_moves_the_socket_and_not_the_data(cluster: Cluster, place: Path) -> None:
    deep = place / ("x" * 100)
    deep.mkdir(mode=0o711)
    (place / "postgres").rename(deep / "postgres")
    (place / "secrets").rename(deep / "secrets")
    cluster = Cluster(deep / "postgres", fsync=False)
    cluster.start()
    assert started_at(cluster)
    sockets = cluster.socket_directory
    assert not sockets.is_relative_to(place)
    assert sockets.stat().st_mode & 0o777 == 0o700
    cluster.stop()
    sockets.rmdir()


def test_path_with_shell_characters_is_only_a_path(cluster: Cluster, place: Path) -> None:
    odd = place / 'it\'s "$HOME" `x` %s'
    odd.mkdir(mode=0o711)
    (place / "postgres").rename(odd / "postgres")
    (place / "secrets").rename(odd / "secrets")
    cluster = Cluster(odd / "postgres", fsync=False)
    cluster.start()
    assert started_at(cluster)
