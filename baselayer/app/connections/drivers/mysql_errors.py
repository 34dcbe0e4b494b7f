"""What PyMySQL and the server complain about, told as our errors, once, at the edge."""

import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pymysql

from baselayer.app.connections.drivers import mysql_wire as wire
from baselayer.app.connections.drivers.base import Target
from baselayer.app.connections.drivers.postgresql_errors import scrub
from baselayer.app.errors import (
    QueryFailedError,
    TargetError,
    TargetLoginError,
    TargetPasswordMissingError,
    TargetTlsError,
    TargetUnreachableError,
)

TIMED_OUT = frozenset({1969, 3024})  # MariaDB's max_statement_time, MySQL's max_execution_time
INTERRUPTED = 1317
LOCK_WAIT_EXPIRED = 1205
_LIMIT_CHARACTERS = 600
_BUSY = frozenset({1040, 1203, 1226, 1053, 1129})
_TLS_NEEDED = 3159  # require_secure_transport is on
_NO_TLS = 2026  # PyMySQL: we require TLS and the server has none

# What a server that does not speak the protocol makes the parser raise.
_NONSENSE = (wire.GarbledError, struct.error, IndexError, ValueError, TypeError, AssertionError)


def query_error(error: wire.ServerError, target: Target) -> QueryFailedError:
    """Return the server's refusal of a statement."""
    text = scrub(error.text, target)[:_LIMIT_CHARACTERS]
    return QueryFailedError(
        f"The database refused the statement: {text} "
        f"(SQLSTATE {error.state or 'unknown'}, error {error.number}).",
        sqlstate=error.state,
        number=error.number,
    )


def login_error(error: Exception, target: Target) -> TargetError:
    """Return what a login that failed with `error` means."""
    where = f"{target.host}:{target.port}"
    if isinstance(error, wire.ClearPasswordError):
        return TargetLoginError(
            f"The database at {where} asks for the password itself, and the TLS mode "
            f"{target.tls_mode!r} does not prove who it is: use verify-full or verify-ca."
        )
    if isinstance(error, wire.UnknownLoginError | RuntimeError):
        return TargetLoginError(
            f"The database at {where} asks for a kind of login that is not offered here: give the "
            "user mysql_native_password or caching_sha2_password."
        )
    if isinstance(error, wire.ServerError):
        return _refused(error, target)
    cause = getattr(error, "original_exception", error)
    is_without_tls = isinstance(error, pymysql.OperationalError) and error.args[0] == _NO_TLS
    if isinstance(cause, ssl.SSLError) or is_without_tls:
        return TargetTlsError(
            f"TLS to {where} failed in mode {target.tls_mode!r}: check the mode, the authority "
            "(tls_ca) and that the server's certificate names the host."
        )
    return unreachable(target)


def _refused(error: wire.ServerError, target: Target) -> TargetError:
    where = f"{target.host}:{target.port}"
    reason = scrub(error.text, target)[:_LIMIT_CHARACTERS]
    if error.number in _BUSY:
        return TargetUnreachableError(
            f"The database at {where} takes no connections now.", reason=reason
        )
    if error.number == _TLS_NEEDED:
        return TargetTlsError(f"The database at {where} takes only encrypted connections.")
    if target.password is None:
        return TargetPasswordMissingError(
            f"The database at {where} asks for a password and the connection has none: enter it.",
            reason=reason,
        )
    return TargetLoginError(
        f"The database at {where} refused user {target.username!r}, its password, or the "
        f"database {target.database!r}.",
        reason=reason,
    )


def unreachable(target: Target) -> TargetUnreachableError:
    """Return the error for a server that nobody reaches, the same whatever was met there."""
    return TargetUnreachableError(
        f"No MySQL or MariaDB answered at {target.host}:{target.port} within "
        f"{target.connect_timeout_seconds:g} s: check host and port."
    )


def connection_lost(target: Target) -> TargetUnreachableError:
    """Return the error for a server that went away while it worked for us."""
    return TargetUnreachableError(
        f"The connection to {target.host}:{target.port} was lost while the statement ran."
    )


@contextmanager
def plain(target: Target) -> Iterator[None]:
    """Turn everything but a ServerError of a statement into our errors, without its text."""
    try:
        yield
    except wire.FileAskedError:
        raise TargetError(
            "The database asked for a file of this machine, which nobody may have: nothing was "
            "sent. Do not trust this server."
        ) from None
    except wire.RowTooLongError:
        raise QueryFailedError(
            f"A row is longer than {wire.LIMIT_ROW_BYTES} bytes: select less of it."
        ) from None
    except (pymysql.MySQLError, OSError, *_NONSENSE):
        raise connection_lost(target) from None
