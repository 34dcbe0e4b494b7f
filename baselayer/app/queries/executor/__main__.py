"""`python -m baselayer.app.queries.executor`: started by `supervise`, ends with its parent."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from baselayer.app.errors import KeyRingError
from baselayer.app.files.stores import LocalStore
from baselayer.app.queries.executor.jobs import Workshop
from baselayer.app.queries.executor.process import (
    forgo_pandas,
    refuse_inspection,
    shed_surroundings,
    take_own_directory,
    watch_parent,
    yield_to_others,
)
from baselayer.app.queries.executor.server import Server
from baselayer.app.sealing.ring import KeyRing
from baselayer.log import start_logging


def main() -> None:
    """Serve until SIGTERM, SIGINT, or the end of standard input."""
    arguments = _parser().parse_args()
    forgo_pandas()
    yield_to_others()
    shed_surroundings()
    refuse_inspection()
    take_own_directory(arguments.socket.with_suffix(".tmp"))
    start_logging(arguments.log_level)
    try:
        workshop = Workshop(
            KeyRing.load(arguments.keys),
            LocalStore(arguments.results),
            tuple(str(root.resolve()) for root in arguments.file_root),
        )
    except KeyRingError as error:
        sys.exit(error.message)
    asyncio.run(_serve(workshop, arguments.socket, arguments.threads))
    sys.stderr.flush()
    os._exit(0)  # threads that did not end in time are left: their databases roll back


async def _serve(workshop: Workshop, path: Path, threads: int) -> None:
    loop = asyncio.get_running_loop()
    server = Server(workshop, threads=threads)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    watch_parent(lambda: loop.call_soon_threadsafe(server.stop))
    serving = asyncio.create_task(server.serve(path))
    await asyncio.sleep(0)  # the socket is bound in the task's first step
    print("ready", flush=True)  # noqa: T201 - the line that `supervise` waits for
    await serving


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="baselayer-executor", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="where to listen")
    parser.add_argument("--keys", type=Path, required=True, help="the key ring's file")
    parser.add_argument("--results", type=Path, required=True, help="the directory of results")
    parser.add_argument(
        "--file-root",
        type=Path,
        action="append",
        default=[],
        help="a directory in which databases that are files may lie; may be given again",
    )
    parser.add_argument("--threads", type=int, default=8, help="jobs at a time")
    parser.add_argument("--log-level", default="INFO")
    return parser


if __name__ == "__main__":
    main()
