"""A throw-away MariaDB to be a stored connection's database: TCP, TLS, a login per purpose.

with mariadb_target() as server:
    session = driver_for("mariadb").open(server.target(), server.way)
"""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pymysql

from baselayer.app.connections.drivers.base import Target
from baselayer.app.egress.way import DirectWay
from tests.targets import HERE, LOCAL_WAY, Certificates, free_port, make_certificates

SERVER = Path("/usr/sbin/mariadbd")
INSTALL = Path("/usr/bin/mariadb-install-db")
NEEDED = "needs mariadbd: install mariadb-server"

_SCHEMA = """
create database shop character set utf8mb4;
create table shop.items (id int primary key, name varchar(40), price decimal(10,2), at datetime(6));
insert into shop.items select seq, concat('item ', seq), seq * 1.25,
    timestamp'2024-01-01 00:00:00' + interval seq minute from shop.seq_1_to_1000;
grant select, show view on shop.* to reader@'%' identified by '{reader}';
grant select, insert, update, delete, create, drop on shop.* to writer@'%' identified by '{writer}';
grant all on *.* to owner@'%' identified by '{owner}' with grant option;
create role auditors with admin owner@'%';
grant insert on shop.* to auditors;
create user roled@'%' identified by '{roled}';
grant select on shop.* to roled@'%';
"""
LOGINS = ("reader", "writer", "owner", "roled")


@dataclass(frozen=True)
class MariadbTarget:
    """A running server: `reader` may only SELECT, `writer` may write, `owner` may all."""

    port: int
    passwords: dict[str, str] = field(repr=False)
    certificates: Certificates
    host: str = HERE
    database: str = "shop"
    way: DirectWay = LOCAL_WAY

    def target(self, role: str = "reader", **changes: Any) -> Target:
        """Return the parameters of a login as `role`, read-only unless changed."""
        plain = Target(
            engine="mariadb",
            host=self.host,
            port=self.port,
            database=self.database,
            username=role,
            password=self.passwords.get(role),
            tls_mode="disable",
            timeout_seconds=20,
            connect_timeout_seconds=10,
        )
        return replace(plain, **changes)

    def admin(self, sql: str, values: tuple[object, ...] | None = None) -> list[tuple[Any, ...]]:
        """Run `sql` as the one who may all, committed; return its rows."""
        with pymysql.connect(
            host=HERE,
            port=self.port,
            user="owner",
            password=self.passwords["owner"],
            database=self.database,
            charset="utf8mb4",
            autocommit=True,
            ssl_disabled=True,
        ) as connection:
            cursor = connection.cursor()
            cursor.execute(sql, values)
            return list(cursor.fetchall())


def has_mariadb() -> bool:
    """Tell whether this machine has the server."""
    return SERVER.exists() and INSTALL.exists()


@contextmanager
def mariadb_target() -> Iterator[MariadbTarget]:
    """Start a server of its own, and stop and remove it afterwards."""
    home = Path(tempfile.mkdtemp(prefix="baselayer-mariadb-"))
    account = "nobody" if os.geteuid() == 0 else None
    server = MariadbTarget(
        free_port(), {name: secrets.token_urlsafe(16) for name in LOGINS}, make_certificates()
    )
    try:
        _write(home, server)
        if account:
            for path in (home, *home.iterdir()):
                shutil.chown(path, account)
        _install(home, account)
        process = _start(home, account, server)
        try:
            _await(server, process, home)
            yield server
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()
            process.wait(10)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _write(home: Path, server: MariadbTarget) -> None:
    """Store what the server reads at start; a statement of an init file is one line."""
    schema = _SCHEMA.format(**server.passwords).strip().removesuffix(";")
    lines = [" ".join(statement.split()) + ";" for statement in schema.split(";\n")]
    (home / "init.sql").write_text("\n".join(lines) + "\n")
    (home / "ca.pem").write_text(server.certificates.authority)
    (home / "cert.pem").write_text(server.certificates.certificate)
    (home / "key.pem").write_text(server.certificates.key)
    for path in home.iterdir():
        path.chmod(0o600)


def _install(home: Path, account: str | None) -> None:
    subprocess.run(
        [
            str(INSTALL),
            *("--no-defaults", f"--datadir={home / 'data'}", "--skip-test-db"),
            *("--auth-root-authentication-method=normal", "--skip-name-resolve"),
        ],
        check=True,
        capture_output=True,
        user=account,
        cwd=home,
        env={"PATH": os.defpath, "HOME": str(home)},
    )


def _start(home: Path, account: str | None, server: MariadbTarget) -> subprocess.Popen[bytes]:
    with (home / "server.log").open("wb") as log:
        return subprocess.Popen(
            [
                *(str(SERVER), "--no-defaults", f"--datadir={home / 'data'}"),
                *(f"--socket={home / 's'}", f"--pid-file={home / 'pid'}"),
                *(f"--port={server.port}", f"--bind-address={HERE}", "--skip-name-resolve"),
                *(f"--ssl-ca={home / 'ca.pem'}", f"--ssl-cert={home / 'cert.pem'}"),
                *(f"--ssl-key={home / 'key.pem'}", f"--init-file={home / 'init.sql'}"),
                *("--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0"),
                *("--innodb-log-file-size=16M", "--skip-log-bin", "--local-infile=1"),
                *("--character-set-server=latin1", "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES"),
            ],
            stdout=log,
            stderr=log,
            user=account,
            cwd=home,
            env={"PATH": os.defpath},
        )


def _await(server: MariadbTarget, process: subprocess.Popen[bytes], home: Path) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=30)
    while True:
        try:
            server.admin("grant auditors to roled@'%'")  # nobody may, in an init file
            return
        except pymysql.MySQLError:
            if process.poll() is not None or datetime.now(UTC) > deadline:
                raise RuntimeError((home / "server.log").read_text()[-3000:]) from None
