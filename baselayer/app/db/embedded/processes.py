"""Which processes belong to a cluster: read from /proc, because a process id alone may be reused.

Every server that we start has `cluster_name` set to the cluster's mark. PostgreSQL shows it in the
command line of the postmaster (`-c cluster_name=MARK`) and of its children (`postgres: MARK: …`).
Command lines can be read even where /proc/PID/cwd cannot (root in a container without SYS_PTRACE).
"""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Identity:
    """What tells the processes of one cluster from all others."""

    mark: str
    uid: int

    def owns(self, pid: int) -> bool:
        """Whether `pid` is a living process of the cluster."""
        if not (PROC / "self").exists():  # not Linux: the number is all there is to go by
            return is_alive(pid)
        return _program(pid) == "postgres" and _uid(pid) == self.uid and self._is_marked(pid)

    def postmaster(self) -> int | None:
        """Return the process id of a running postmaster, found without its pid file.

        A child just forked still shows its parent's command line, so the parent tells.
        """
        found = {pid for pid in self.processes() if self._looks_like_postmaster(pid)}
        return next((pid for pid in found if _parent(pid) not in found), None)

    def processes(self) -> Iterator[int]:
        """Yield the process ids of the cluster."""
        if PROC.exists():
            names = (entry.name for entry in PROC.iterdir())
            yield from (int(name) for name in names if name.isdigit() and self.owns(int(name)))

    def end_orphans(self, timeout_seconds: float) -> None:
        """End server processes whose postmaster is gone: they hold the shared memory.

        Losing them harms nothing: the next start recovers from the write-ahead log anyway.
        """
        for number in (signal.SIGQUIT, signal.SIGKILL):
            orphans = list(self.processes())
            for pid in orphans:
                send(pid, number)
            if wait_until_gone(orphans, timeout_seconds):
                return

    def _is_marked(self, pid: int) -> bool:
        return self.mark in _command_line(pid)

    def _looks_like_postmaster(self, pid: int) -> bool:
        return f"cluster_name={self.mark}" in _command_line(pid)


def is_alive(pid: int) -> bool:
    """Whether `pid` runs; a zombie, dead but not yet collected by its parent, does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state(pid) not in ("Z", "X")


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal; nothing happens if the process has gone meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def wait_until_gone(pids: list[int], timeout_seconds: float) -> bool:
    """Wait until none of `pids` runs; false when the time is up before."""
    deadline = time.monotonic() + timeout_seconds
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _command_line(pid: int) -> str:
    return _read(PROC / str(pid) / "cmdline")


def _program(pid: int) -> str:
    return _read(PROC / str(pid) / "comm").strip()


def _state(pid: int) -> str:
    return _stat(pid)[0]


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _stat(pid: int) -> tuple[str, str]:
    """The state and the parent, which follow the parenthesised name: proc(5), /proc/pid/stat."""
    words = _read(PROC / str(pid) / "stat").rpartition(")")[2].split()
    return (words[0], words[1]) if len(words) > 1 else ("", "0")


def _uid(pid: int) -> int | None:
    try:
        return (PROC / str(pid)).stat().st_uid
    except OSError:
        return None
