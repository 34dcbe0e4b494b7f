"""A cluster seen from outside: where it is, whether it runs, and how to connect to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from baselayer.app.db.embedded.account import service_account
from baselayer.app.db.embedded.passwords import read_passwords
from baselayer.app.db.embedded.places import Places
from baselayer.app.db.embedded.postmaster import answers, read_postmaster, socket_file
from baselayer.app.db.embedded.processes import Identity
from baselayer.app.errors import DatabaseStartError

SUPERUSER = "postgres"
DEFAULT_PORT = 5432  # names the socket file; nothing listens on TCP unless `tcp_port` is given
CONNECT_TIMEOUT_SECONDS = 5


@dataclass
class Server:
    """What can be known and done without starting or stopping; see `cluster.Cluster`."""

    directory: Path
    tcp_port: int | None = field(default=None, kw_only=True)
    fsync: bool = field(default=True, kw_only=True)
    settings: Mapping[str, str] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        self.directory = self.directory.expanduser().resolve()
        self.places = Places(self.directory)

    @property
    def superuser(self) -> str:
        return SUPERUSER

    @property
    def superuser_password(self) -> str:
        """Return the generated password; raises DatabaseStartError when its file is lost."""
        path = self.places.superuser_file
        found = read_passwords(path).get(SUPERUSER)
        if found is None:
            raise DatabaseStartError(
                f"{path} should hold the superuser's password of {self.directory} and does not. "
                "Restore it from a backup."
            )
        return found

    @property
    def port(self) -> int:
        """Return the port of the server that runs, which another process may have chosen."""
        recorded = read_postmaster(self.places.data)
        return (recorded and recorded.port) or self.tcp_port or DEFAULT_PORT

    @property
    def socket_directory(self) -> Path:
        return self.places.socket_directory(self.port)

    def url(self, user: str, password: str, database: str) -> str:
        """Return a SQLAlchemy URL over the Unix socket."""
        name = f"{quote(user, safe='')}:{quote(password, safe='')}"
        host = quote(str(self.socket_directory), safe="")
        return f"postgresql+psycopg://{name}@/{database}?host={host}&port={self.port}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """Return an autocommitting connection of the superuser; the caller closes it."""
        return psycopg.connect(
            host=str(self.socket_directory),
            port=self.port,
            user=SUPERUSER,
            password=self.superuser_password,
            dbname=database,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            options="-c timezone=UTC",  # stated, or the caller's PGOPTIONS would be used
            autocommit=True,
        )

    def is_running(self) -> bool:
        """Whether a server runs in the directory, ready or not, whoever started it."""
        return self.pid() is not None or self.socket_answers()

    def pid(self) -> int | None:
        """Return the recorded process, unless it is dead or its number means another program."""
        recorded = read_postmaster(self.places.data)
        return recorded.pid if recorded and self.identity().owns(recorded.pid) else None

    def socket_answers(self) -> bool:
        """Whether somebody listens at the socket: a server in another container has no pid here."""
        return answers(socket_file(self.socket_directory, self.port))

    def identity(self) -> Identity:
        """Return what tells this cluster's processes from others."""
        return Identity(self.places.mark, service_account(self.places.data).uid)
