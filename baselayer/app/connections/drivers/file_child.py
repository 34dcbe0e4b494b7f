"""The process that reads one database file for one run: `python -m …sqlite_engine`, for example.

It has no secret, no network, little memory and no file to write to; whatever a statement does to
it, the executor only sees a pipe that ends.
"""

import ctypes
import json
import os
import queue
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyarrow as pa

from baselayer.app.connections.drivers import file_frames
from baselayer.app.connections.drivers.file_failures import EngineError

LIMIT_MEMORY_BYTES = 1_610_612_736  # of address space: 1.5 GiB
LIMIT_OPEN_FILES = 64
# What the interpreter and a clean end may take beyond the statement's own time.
SPARE_CPU_SECONDS = 10
LIMIT_CHARACTERS = 600

_CLONE_NEWUSER = 0x1000_0000
_CLONE_NEWNET = 0x4000_0000
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38


class Engine(Protocol):
    """A database file that is open."""

    def run(
        self, sql: str, *, batch_rows: int, limit_cell_bytes: int, timeout_seconds: float
    ) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Start one statement; EngineError when it fails."""

    def interrupt(self) -> None:
        """Stop what runs, from another thread."""


def serve(open_file: Callable[[str], Engine]) -> None:
    """Serve the requests on standard input until it ends."""
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no frame
    opening = json.loads(sys.stdin.buffer.readline())
    confine(opening["timeout_seconds"])
    try:
        engine = _opened(open_file, opening)
    except EngineError as failure:
        _fail(sink, failure)
        return
    file_frames.write(sink, file_frames.READY)
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(engine, requests), daemon=True).start()
    while True:
        _answer(engine, requests.get(), opening, sink)


def confine(timeout_seconds: float) -> None:
    """Give up what a statement might misuse: for good, and before the file is opened."""
    seconds = round(timeout_seconds) + SPARE_CPU_SECONDS
    for what, limit in (
        (resource.RLIMIT_AS, LIMIT_MEMORY_BYTES),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, LIMIT_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write is refused, which is enough
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        # Without a network where the machine lets us; the engines are told to use none anyway.
        if libc.unshare(_CLONE_NEWNET) != 0 and os.geteuid() != 0:
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _opened(open_file: Callable[[str], Engine], opening: dict[str, Any]) -> Engine:
    os.fchdir(opening["directory"])
    os.close(opening["directory"])
    name = opening["name"]
    engine = open_file(name)
    found = Path(name).lstat()
    if (found.st_dev, found.st_ino) != (opening["device"], opening["inode"]):
        raise EngineError(file_frames.BY_FILE, "The file was exchanged while it was opened.")
    return engine


def _listen(engine: Engine, requests: "queue.SimpleQueue[dict[str, Any]]") -> None:
    """Pass requests on, act on interrupts at once, and end with the executor."""
    for text in sys.stdin.buffer:
        request = json.loads(text)
        if "interrupt" in request:
            engine.interrupt()
        else:
            requests.put(request)
    os._exit(0)


def _answer(
    engine: Engine, request: dict[str, Any], opening: dict[str, Any], sink: BinaryIO
) -> None:
    try:
        schema, batches = engine.run(
            request["sql"],
            batch_rows=request["batch_rows"],
            limit_cell_bytes=opening["limit_cell_bytes"],
            timeout_seconds=opening["timeout_seconds"],
        )
        file_frames.write(sink, file_frames.COLUMNS, schema.serialize().to_pybytes())
        for batch in batches:
            file_frames.write(sink, file_frames.BATCH, file_frames.batch_bytes(batch))
        file_frames.write(sink, file_frames.FINISHED)
    except EngineError as failure:
        _fail(sink, failure)
    except (MemoryError, pa.ArrowMemoryError):
        _fail(sink, EngineError(file_frames.BY_MEMORY, ""))
    except BrokenPipeError:
        os._exit(0)


def _fail(sink: BinaryIO, failure: EngineError) -> None:
    told = json.dumps([failure.cause, failure.text[:LIMIT_CHARACTERS].rstrip(".")])
    file_frames.write(sink, file_frames.FAILED, told.encode())
