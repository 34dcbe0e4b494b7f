"""PostgreSQL through libpq: typed fields become keywords, the address is pinned, TLS is as asked.

Nothing ambient is used: no password file, service file, client certificate of the service
account, Kerberos ticket, nor a `PG*` variable for anything that is set here.
"""

import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType

from psycopg.conninfo import make_conninfo
from psycopg.pq.abc import PGconn

from baselayer.app.connections.drivers import postgresql_wire as wire
from baselayer.app.connections.drivers.base import (
    TLS_MODES,
    VERIFIED,
    Session,
    Target,
    check_options,
)
from baselayer.app.connections.drivers.ldap import check_ldap, is_ldap
from baselayer.app.connections.drivers.postgresql_errors import login_error, unreachable
from baselayer.app.connections.drivers.postgresql_session import PostgresqlSession
from baselayer.app.connections.drivers.tls_files import PemFiles
from baselayer.app.egress.way import GRACE_SECONDS, Endpoints, Way
from baselayer.app.errors import (
    RunCancelledError,
    TargetError,
    TargetTlsError,
    TargetUnreachableError,
)

ABSENT = "/dev/null/none"  # a path that never exists: libpq then goes without, and silently

# libpq itself follows whatever the system trusts only if its OpenSSL knows where that is.
_SYSTEM_AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


class PostgresqlDriver:
    """PostgreSQL 12 or later, and what speaks its protocol as it does."""

    name = "postgresql"
    dialect = "postgres"
    default_port = 5432
    options: Mapping[str, str] = MappingProxyType(
        {
            "application_name": "The name shown in pg_stat_activity; default baselayer.",
            "search_path": "The schemas in which unqualified names are looked up.",
            "timezone": "The session's time zone (an IANA name); default UTC.",
            "work_mem": "The memory of one sort or hash, e.g. 64MB.",
            "jit": "Whether long queries are compiled: on or off.",
        }
    )

    def open(
        self, target: Target, way: Way, *, cancelled: threading.Event | None = None
    ) -> Session:
        """Have libpq dial and log in, as `Driver.open` says."""
        check_options(self, target.options)
        check_ldap(target, way)
        flag = cancelled or threading.Event()
        patience = wire.Patience(
            time.monotonic() + target.connect_timeout_seconds + GRACE_SECONDS,
            flag,
            grace_seconds=0,
        )
        with ExitStack() as held:
            endpoints = way.endpoints(
                target.host, target.port, timeout_seconds=target.connect_timeout_seconds
            )
            held.callback(endpoints.close)
            files = _files(target, held)
            pgconn = _connect_any(target, endpoints, patience, files)
            # libpq goes there again, and reads the files again, for every cancel.
            return _prepared(PostgresqlSession(pgconn, target, flag, held.pop_all()))


def keywords(target: Target, endpoint: tuple[str, int], files: PemFiles | None) -> dict[str, str]:
    """Return libpq's parameters for one endpoint; each is set, so that no variable can set it."""
    address, port = endpoint
    return {
        "host": target.host,
        "hostaddr": address,
        "port": str(port),
        "dbname": target.database,
        "user": target.username,
        "password": target.password or "",
        "passfile": ABSENT,
        "options": "",
        "application_name": target.options.get("application_name", "baselayer"),
        "client_encoding": "UTF8",
        "gssencmode": "disable",
        "target_session_attrs": "any",
        "load_balance_hosts": "disable",
        "replication": "false",
        "requirepeer": "",
        "connect_timeout": str(max(2, round(target.connect_timeout_seconds))),
        "keepalives": "1",
        "keepalives_idle": "30",
        "keepalives_interval": "10",
        "keepalives_count": "3",
        "tcp_user_timeout": "30000",
        "require_auth": _allowed_logins(target),
        **_tls(target, files),
    }


def _prepared(session: PostgresqlSession) -> PostgresqlSession:
    try:
        session.prepare()
    except BaseException:
        session.close()
        raise
    return session


def _connect_any(
    target: Target,
    endpoints: Endpoints,
    patience: wire.Patience,
    files: PemFiles | None,
) -> PGconn:
    """Try one endpoint after the other; only one that nobody answers leads to the next."""
    failure: TargetError = unreachable(target)
    for endpoint in endpoints.addresses:
        conninfo = make_conninfo(**keywords(target, endpoint, files))
        try:
            return wire.connect(conninfo, patience)
        except wire.ConnectError as error:
            failure = login_error(error.text, target, needs_password=error.needs_password)
        except wire.WaitExpiredError:
            failure = unreachable(target)
        except wire.WaitCancelledError:
            raise RunCancelledError("The run was cancelled before it started.") from None
        if not isinstance(failure, TargetUnreachableError):
            break
    raise endpoints.failure() or failure from None


def _allowed_logins(target: Target) -> str:
    """Say how the server may ask who we are (libpq's require_auth).

    A password goes out in clear only to a server that proved who it is. Without a verified
    certificate the server must itself know the password (SCRAM) or at least not learn it (MD5).
    """
    if target.password is None:
        return "none"
    if is_ldap(target):
        return "password"
    if target.tls_mode in VERIFIED:
        return "scram-sha-256,md5,password,none"
    return "scram-sha-256,md5"


def _files(target: Target, held: ExitStack) -> PemFiles | None:
    if not any((target.tls_ca, target.tls_certificate, target.tls_key)):
        return None
    files = PemFiles()
    held.callback(files.remove)
    return files


def _tls(target: Target, files: PemFiles | None) -> dict[str, str]:
    if target.tls_mode not in TLS_MODES:
        raise TargetTlsError(
            f"{target.tls_mode!r} is not a TLS mode; the modes are: {', '.join(TLS_MODES)}."
        )
    own_certificate = bool(files and target.tls_certificate)
    return {
        "sslmode": target.tls_mode,
        "sslnegotiation": "postgres",
        "ssl_min_protocol_version": "TLSv1.2",
        "channel_binding": "prefer",
        "sslcrl": ABSENT,
        "sslcrldir": "",
        "sslrootcert": _authorities(target, files),
        "sslcertmode": "allow" if own_certificate else "disable",
        "sslcert": _pem(files, "certificate.pem", target.tls_certificate),
        "sslkey": _pem(files, "key.pem", target.tls_key),
        "sslpassword": "",
    }


def _authorities(target: Target, files: PemFiles | None) -> str:
    if target.tls_ca:
        return _pem(files, "authority.pem", target.tls_ca)
    if target.tls_mode == "verify-ca":
        # Any certificate that any public authority ever signed would pass: that proves nothing.
        raise TargetTlsError(
            "The TLS mode verify-ca needs the certificate of your authority (tls_ca)."
        )
    if target.tls_mode != "verify-full":
        return ABSENT  # a file that exists would ask libpq to verify
    known = (ssl.get_default_verify_paths().cafile, *_SYSTEM_AUTHORITIES)
    for path in known:
        if path and Path(path).is_file():
            return path
    raise TargetTlsError("This machine has no list of trusted authorities: set tls_ca.")


def _pem(files: PemFiles | None, name: str, text: str | None) -> str:
    if files is None or not text:
        return ABSENT
    path = files.directory / name
    return str(path) if path.exists() else files.write(name, text)
