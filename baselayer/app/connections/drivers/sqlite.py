"""SQLite: a file below a configured directory, read by a child process."""

import threading
from collections.abc import Mapping
from types import MappingProxyType

from baselayer.app.connections.drivers.base import Session, Target, check_options
from baselayer.app.connections.drivers.file_session import open_session
from baselayer.app.egress.way import Way


class SqliteDriver:
    """SQLite 3 files; `database` is the path, host and port mean nothing."""

    name = "sqlite"
    dialect = "sqlite"
    default_port = 0
    options: Mapping[str, str] = MappingProxyType({})

    def open(
        self, target: Target, way: Way, *, cancelled: threading.Event | None = None
    ) -> Session:
        """Open the file in a child; nothing is dialled."""
        check_options(self, target.options)
        return open_session(target, cancelled)
