"""Strays: processes of a script that outlived it, found by session or by the token they hold."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from baselayer.app.identity.tokens import hash_of

ROUNDS = 5  # one that forks while it is being killed is met again
TOKEN = b"BASELAYER_TOKEN="
SESSION = 3  # of the fields that follow the name of the program in /proc/PID/stat


def end_strays(session: int, mark: bytes | None) -> None:
    """Kill what is left of a session, and every process whose environment holds `mark`.

    A daemon leaves the session, but keeps the environment. On systems without /proc nothing is
    found.
    """
    _end(lambda process: _session(process) == session or _holds(process, mark))


def end_orphans(token_hash: str) -> None:
    """Kill the processes of a run whose server died: those that hold the token with this hash."""
    _end(lambda process: token_hash in map(hash_of, _tokens(process)))


def _end(is_stray: Callable[[Path], bool]) -> None:
    for _ in range(ROUNDS):
        found = [process for process in _processes() if is_stray(process)]
        if not found:
            return
        for process in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(int(process.name), signal.SIGKILL)


def _processes() -> Iterator[Path]:
    own = str(os.getpid())
    if Path("/proc/self/stat").exists():
        yield from (p for p in Path("/proc").iterdir() if p.name.isdigit() and p.name != own)


def _session(process: Path) -> int | None:
    fields = _read(process / "stat").rpartition(b")")[2].split()
    is_dead = not fields or fields[0] == b"Z"
    return None if is_dead else int(fields[SESSION])


def _holds(process: Path, mark: bytes | None) -> bool:
    return mark is not None and mark in _read(process / "environ").split(b"\0")


def _tokens(process: Path) -> Iterator[str]:
    for variable in _read(process / "environ").split(b"\0"):
        if variable.startswith(TOKEN):
            yield variable.removeprefix(TOKEN).decode(errors="replace")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended, or is not ours
        return b""
