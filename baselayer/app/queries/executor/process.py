"""The executor's process: nothing ambient inside, nothing to spy out, gone with its parent."""

import ctypes
import os
import resource
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib.abc import MetaPathFinder
from pathlib import Path

_PR_SET_DUMPABLE = 4  # prctl(2)
# A home that does not exist: libpq then finds no .pgpass, no service file, no certificate.
_HOME = "/nonexistent"
COURTESY = 15  # of 19, see nice(2)


def shed_surroundings() -> None:
    """Forget the environment: no `PG*` variable, no home, messages of libraries in English."""
    os.environ.clear()
    os.environ.update(HOME=_HOME, LC_ALL="C.UTF-8", TZ="UTC")


def yield_to_others() -> None:
    """Take what processors the web process leaves: it has people waiting, a statement has time.

    The group counts too, not only the process: Linux shares processors out by session first
    (sched(7), "The autogroup feature"), and an executor is a session of its own.
    """
    os.nice(COURTESY)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(COURTESY))


def forgo_pandas() -> None:
    """Answer at once that there is no pandas, whether installed or not.

    pyarrow looks for it at every conversion until it finds it. Searching the path each time took a
    quarter of an export (measured); finding it would cost the executor its memory.
    """
    sys.meta_path.insert(0, _NoPandas())


class _NoPandas(MetaPathFinder):
    """Refuses one import. A None in `sys.modules` would not do: pyarrow takes it for the module."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Raise ImportError for pandas; leave the rest to others."""
        if fullname == "pandas":
            raise ModuleNotFoundError("the executor does without pandas", name=fullname)


def take_own_directory(path: Path) -> None:
    """Make `path`, empty and private, the place of temporary files; a dead one's are removed."""
    shutil.rmtree(path, ignore_errors=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.mkdir(mode=0o700)
    tempfile.tempdir = str(path)


def refuse_inspection() -> None:
    """Keep secrets in memory from core dumps and from other processes of the same user."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def watch_parent(when_gone: Callable[[], object]) -> None:
    """Call `when_gone`, in a thread, once the parent's end of standard input is closed."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        when_gone()

    threading.Thread(target=wait, daemon=True, name="parent").start()
