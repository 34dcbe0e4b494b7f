"""What the system shows of a process, to us.

A process that is not dumpable shows its environment, its directory and its open files to root
alone: prctl(2), PR_SET_DUMPABLE. To anybody else the refusal is the proof that nothing leaks.
"""

import psutil


def environment_of(process: psutil.Process) -> dict[str, str]:
    """Return the environment of a process, or nothing where the system refuses it."""
    try:
        return dict(process.environ())
    except psutil.AccessDenied:
        return {}


def open_paths_of(process: psutil.Process) -> list[str]:
    """Return the files that a process holds open, or none where the system refuses them."""
    try:
        return [opened.path for opened in process.open_files()]
    except psutil.AccessDenied:
        return []


def command_of(process: psutil.Process) -> str:
    """Return the command line of a process; an empty one when it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""
