"""MySQL and MariaDB through PyMySQL: the socket comes from the dialler, TLS is as asked.

Nothing ambient is used: no option file, no Unix socket, no name of the system's user.
"""

import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pymysql

from baselayer.app.connections.drivers import mysql_wire as wire
from baselayer.app.connections.drivers.base import (
    TLS_MODES,
    VERIFIED,
    Session,
    Target,
    check_options,
)
from baselayer.app.connections.drivers.ldap import check_ldap, is_ldap
from baselayer.app.connections.drivers.mysql_errors import login_error, unreachable
from baselayer.app.connections.drivers.mysql_grants import check_reads_only
from baselayer.app.connections.drivers.mysql_session import MysqlSession
from baselayer.app.connections.drivers.mysql_settings import OPTIONS
from baselayer.app.connections.drivers.tls_files import PemFiles
from baselayer.app.egress.way import GRACE_SECONDS, Way
from baselayer.app.errors import (
    BaselayerError,
    RoleMayWriteError,
    RunCancelledError,
    TargetLoginError,
    TargetTlsError,
)

KILL_SECONDS = 2.0
_SLICE_SECONDS = 0.1


@dataclass(frozen=True)
class MysqlDriver:
    """MySQL 5.7 or MariaDB 10.5 and later, and what speaks their protocol as they do.

    The two share one driver: which of them answers is seen in its greeting, not in `name`.
    """

    name: str
    dialect: str = "mysql"
    default_port: int = 3306
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(OPTIONS))

    def open(
        self, target: Target, way: Way, *, cancelled: threading.Event | None = None
    ) -> Session:
        """Dial and log in, as `Driver.open` says."""
        check_options(self, target.options)
        check_ldap(target, way)
        if not target.username:
            raise TargetLoginError("The connection has no user name: enter one.")
        flag = cancelled or threading.Event()
        login = _Login(target, way, target.host)
        connected = login.within(target.connect_timeout_seconds, flag)
        session = MysqlSession(connected, target, flag, _killer(target, way, login, connected))
        try:
            session.prepare()
            if target.read_only:
                _refuse_writer(session)
        except BaseException:
            session.close()
            raise
        return session


def tls_context(target: Target) -> ssl.SSLContext | None:
    """Return what TLS must be like, None where there shall be none; never "if it happens to be"."""
    if target.tls_mode not in TLS_MODES:
        raise TargetTlsError(
            f"{target.tls_mode!r} is not a TLS mode; the modes are: {', '.join(TLS_MODES)}."
        )
    if target.tls_mode == "disable":
        return None
    if target.tls_mode == "verify-ca" and not target.tls_ca:
        raise TargetTlsError(
            "The TLS mode verify-ca needs the certificate of your authority (tls_ca)."
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = target.tls_mode == "verify-full"
    if target.tls_mode not in VERIFIED:
        context.verify_mode = ssl.CERT_NONE
    try:
        if target.tls_ca:
            context.load_verify_locations(cadata=target.tls_ca)
        elif target.tls_mode == "verify-full":
            context.load_default_certs()
        _load_own_certificate(context, target)
    except (ssl.SSLError, ValueError):
        raise TargetTlsError(
            "A certificate or key of the connection is no PEM text that can be read."
        ) from None
    return context


def _load_own_certificate(context: ssl.SSLContext, target: Target) -> None:
    if not target.tls_certificate:
        return
    files = PemFiles()  # the ssl module reads a certificate of ours from files only
    try:
        certificate = files.write("certificate.pem", target.tls_certificate)
        key = files.write("key.pem", target.tls_key) if target.tls_key else None
        context.load_cert_chain(certificate, key, password=lambda: b"")
    finally:
        files.remove()


class _Login:
    """One attempt, in a thread that may be left: neither connect nor TLS can be interrupted."""

    def __init__(self, target: Target, way: Way, host: str) -> None:
        self._target = target
        self._way = way
        self._host = host
        self.reached = host
        self._wire = wire.Wire(
            target.host,
            target.username,
            target.password,
            target.database,
            context=tls_context(target),
            # An LDAP login that is not over TLS goes through SSH: check_ldap saw to it.
            is_proven=target.tls_mode in VERIFIED or is_ldap(target),
        )
        self._done = threading.Event()
        self._failure: BaseException | None = None
        self._given_up = False

    def within(self, seconds: float, flag: threading.Event) -> wire.Wire:
        """Return the connection; our error when it failed, took too long, or was cancelled."""
        deadline = time.monotonic() + seconds + GRACE_SECONDS
        threading.Thread(target=self._work, args=(seconds,), daemon=True, name="login").start()
        while not self._done.wait(_SLICE_SECONDS):
            if flag.is_set():
                self._give_up()
                raise RunCancelledError("The run was cancelled before it started.")
            if time.monotonic() >= deadline:
                self._give_up()
                raise unreachable(self._target)
        if self._failure is None:
            return self._wire
        self._wire.leave()
        if isinstance(self._failure, BaselayerError):
            raise self._failure
        raise login_error(self._as_exception(self._failure), self._target) from None

    def _work(self, seconds: float) -> None:
        try:
            connected = self._way.dial(self._host, self._target.port, timeout_seconds=seconds)
            self.reached = self._way.again(self._host, connected)
            self._wire.login(connected)
        except BaseException as error:  # noqa: BLE001 - handed to the waiting thread
            self._failure = error
        finally:
            self._done.set()
            if self._given_up:
                self._wire.leave()

    def _give_up(self) -> None:
        self._given_up = True
        self._wire.cut()

    @staticmethod
    def _as_exception(error: BaseException) -> Exception:
        return error if isinstance(error, Exception) else RuntimeError(type(error).__name__)


def _killer(target: Target, way: Way, login: _Login, connected: wire.Wire) -> "_Kill":
    return _Kill(target, way, login.reached, connected.session_id)


@dataclass(frozen=True)
class _Kill:
    """Stops a session's statement, on a connection of its own as safe as the first."""

    target: Target
    way: Way
    host: str  # where the session itself went: the same name may lead to another server
    session_id: int

    def __call__(self) -> None:
        second = _Login(self.target, self.way, self.host)
        killer = second.within(KILL_SECONDS, threading.Event())
        timer = threading.Timer(KILL_SECONDS, killer.cut)
        timer.daemon = True
        timer.start()
        try:
            killer.run(f"KILL QUERY {self.session_id:d}")
        except (wire.ServerError, wire.GarbledError, pymysql.MySQLError, OSError):
            pass  # it had ended, or the connection will be cut
        finally:
            timer.cancel()
            killer.leave()


def _refuse_writer(session: MysqlSession) -> None:
    try:
        check_reads_only(session.ask)
    except wire.ServerError:
        raise RoleMayWriteError(
            "The connection is read-only, and the database does not show what its user may do: "
            "let the user see the grants of its roles, or set `read_only: false`."
        ) from None
