"""Telling our processes from others with the same number."""

import os
import subprocess
import sys

from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.processes import Identity, is_alive, wait_until_gone


def test_other_program_is_not_ours_even_if_it_shows_the_mark() -> None:
    identity = Identity("baselayer-mark", os.geteuid())
    script = "import sys; sys.stdin.read()"
    command = [sys.executable, "-c", script, "cluster_name=baselayer-mark"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert not identity.owns(process.pid)
        assert identity.postmaster() is None
        assert process.stdin
        process.stdin.close()


def test_server_and_its_children_are_ours(cluster: Cluster) -> None:
    cluster.start()
    identity = cluster.identity()
    assert identity.postmaster() == cluster.pid()
    with cluster.connect() as connection:
        assert connection.info.backend_pid in set(identity.processes())
    assert not list(Identity(cluster.places.mark, identity.uid + 1).processes())
    assert not list(Identity("baselayer-other", identity.uid).processes())


def test_zombie_is_not_alive() -> None:
    process = subprocess.Popen(["/bin/true"])
    assert wait_until_gone([process.pid], 5)
    assert not is_alive(process.pid)
    process.wait()


def test_waiting_has_an_end() -> None:
    assert not wait_until_gone([os.getpid()], 0.02)
