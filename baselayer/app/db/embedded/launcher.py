"""Using a cluster together: the first user starts it, the last one out stops it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from baselayer.app.db.embedded.account import service_account
from baselayer.app.db.embedded.cluster import LOCK_TIMEOUT_SECONDS, Cluster
from baselayer.app.db.embedded.failures import file_errors_told
from baselayer.app.db.embedded.locks import is_last_holder, shared_lock
from baselayer.app.db.embedded.places import make_directory


@contextmanager
def using(cluster: Cluster) -> Iterator[Cluster]:
    """Have the cluster running for the block, shared with all other processes that use it.

    If no process is left the server stops, unless it is kept. A killed process leaves it running:
    the next one finds it and takes over. Signals must arrive as exceptions, as SIGINT does.
    """
    make_directory(cluster.places, service_account(cluster.places.data))
    entered_in = os.getpid()
    with shared_lock(cluster.places.use_lock, timeout_seconds=LOCK_TIMEOUT_SECONDS) as handle:
        try:
            cluster.start()
            yield cluster
        finally:
            if os.getpid() == entered_in:  # a forked child that leaves does not leave for us
                _leave(cluster, handle)


def keep(cluster: Cluster) -> None:
    """Start the cluster and let it run without users, until `release`."""
    with using(cluster), file_errors_told(cluster.directory):
        cluster.places.keep.touch(mode=0o600)


def release(cluster: Cluster) -> bool:
    """Stop the cluster, or let its last user stop it; true when it does not run any more."""
    if not cluster.directory.exists():
        return True
    with file_errors_told(cluster.directory):
        cluster.places.keep.unlink(missing_ok=True)
    with shared_lock(cluster.places.use_lock, timeout_seconds=LOCK_TIMEOUT_SECONDS) as handle:
        return _leave(cluster, handle)


def is_kept(cluster: Cluster) -> bool:
    """Whether the cluster shall run without users."""
    return cluster.places.keep.exists()


def _leave(cluster: Cluster, handle: int) -> bool:
    if not is_last_holder(handle) or is_kept(cluster):
        return False
    cluster.stop()
    return True
