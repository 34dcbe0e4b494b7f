"""What libpq and the server complain about, told as our errors, once, at the edge.

A driver's text is never passed on as it is: only the server's primary message, after the secrets
that this session knows were taken out of it.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from psycopg.pq import DiagnosticField
from psycopg.pq.abc import PGresult

from baselayer.app.connections.drivers.base import Target
from baselayer.app.errors import (
    QueryFailedError,
    TargetError,
    TargetLoginError,
    TargetPasswordMissingError,
    TargetTlsError,
    TargetUnreachableError,
)

CANCELLED_STATE = "57014"
MASK = "•••"

_FATAL = re.compile(r"FATAL:\s+(?P<reason>[^\n]{1,300})")
_TLS = re.compile(r"SSL|certificate|TLS|server name|sslrootcert|no encryption", re.IGNORECASE)
_METHOD = re.compile(r"authentication method requirement|require_auth", re.IGNORECASE)
_BUSY = re.compile(r"too many (clients|connections)|starting up|shutting down|in recovery mode")


@dataclass(frozen=True)
class Complaint:
    """What the server said about a statement."""

    state: str
    message: str
    hint: str | None
    position: int | None

    @classmethod
    def read(cls, result: PGresult, target: Target) -> "Complaint":
        """Take the fields of an error result, scrubbed of the target's secrets."""

        def text(field: DiagnosticField) -> str | None:
            raw = result.error_field(field)
            return None if raw is None else scrub(raw.decode("utf-8", "replace"), target)

        position = text(DiagnosticField.STATEMENT_POSITION)
        return cls(
            state=text(DiagnosticField.SQLSTATE) or "",
            message=text(DiagnosticField.MESSAGE_PRIMARY) or "no reason was given",
            hint=text(DiagnosticField.MESSAGE_HINT),
            position=int(position) if position and position.isdigit() else None,
        )

    def to_error(self, sql: str) -> QueryFailedError:
        """Return the refusal, with line and column where the server named a position."""
        details: dict[str, object] = {"sqlstate": self.state}
        place = ""
        if self.position is not None:
            line, column = _place(sql, self.position)
            details |= {"position": self.position, "line": line, "column": column}
            place = f", line {line}, column {column}"
        if self.hint:
            details["hint"] = self.hint
        return QueryFailedError(
            f"The database refused the statement: {self.message} "
            f"(SQLSTATE {self.state or 'unknown'}{place}).",
            **details,
        )


def login_error(text: str, target: Target, *, needs_password: bool) -> TargetError:
    """Return our error for libpq's `text` about a connection that could not be made."""
    where = f"{target.host}:{target.port}"
    fatal = _FATAL.search(text)
    reason = scrub(fatal["reason"].strip(), target) if fatal else None
    details = {"reason": reason} if reason else {}
    wants_proof = needs_password or _METHOD.search(text)
    if wants_proof and target.password is None:
        return TargetPasswordMissingError(
            f"The database at {where} asks for a password and the connection has none: enter it.",
            **details,
        )
    if _METHOD.search(text):
        return TargetLoginError(
            f"The database at {where} asks for a login that would not keep the password safe, or "
            "for none at all: use a verified TLS mode or scram-sha-256, or remove the password."
        )
    if fatal and _BUSY.search(text):
        return TargetUnreachableError(
            f"The database at {where} takes no connections now.", **details
        )
    if _TLS.search(text):
        return TargetTlsError(
            f"TLS to {where} failed in mode {target.tls_mode!r}: check the mode, the authority "
            "(tls_ca) and that the server's certificate names the host.",
            **details,
        )
    if fatal:
        return TargetLoginError(
            f"The database at {where} refused user {target.username!r}, its password, or the "
            f"database {target.database!r}.",
            **details,
        )
    return unreachable(target)


def unreachable(target: Target) -> TargetUnreachableError:
    """Return the error for a server that nobody reaches, the same whatever was met there."""
    return TargetUnreachableError(
        f"No PostgreSQL answered at {target.host}:{target.port} within "
        f"{target.connect_timeout_seconds:g} s: check host and port."
    )


def connection_lost(target: Target) -> TargetUnreachableError:
    """Return the error for a server that went away while it worked for us."""
    return TargetUnreachableError(
        f"The connection to {target.host}:{target.port} was lost while the statement ran."
    )


def scrub(text: str, target: Target) -> str:
    """Return `text` without the secrets of `target`, plain or percent-encoded."""
    for secret in (target.password, target.tls_key):
        if secret:
            for form in (secret, quote(secret), quote(secret, safe="")):
                text = text.replace(form, MASK)
    return text


def _place(sql: str, position: int) -> tuple[int, int]:
    before = sql[: position - 1]
    return before.count("\n") + 1, position - 1 - (before.rfind("\n") + 1) + 1
