"""Logging in at an SSH server that was known by its key: by private key, by password, by both."""

import time
from contextlib import suppress

import paramiko

from baselayer.app.connections.tunnels.hop import SshHop
from baselayer.app.connections.tunnels.keys import signing_key
from baselayer.app.connections.tunnels.wire import Wire
from baselayer.app.errors import SshLoginError, SshUnreachableError

_LOST = "the server ended the connection during the login"


def log_in(wire: Wire, hop: SshHop, *, deadline: float) -> None:
    """Log in with what `hop` holds; SshLoginError or SshKeyError. No agent, no file is asked."""
    wire.auth_timeout = max(0.1, deadline - time.monotonic())
    if hop.private_key is None and hop.password is None:
        raise SshLoginError(
            f"For the SSH server {hop.name} neither a password nor a private key is stored: enter "
            "one.",
            **_details(hop, []),
        )
    cause: Exception | None = None
    try:
        _try_all(wire, hop)
    except (paramiko.SSHException, EOFError, OSError) as error:
        cause = error
    if not wire.is_authenticated():  # also when the server asks for a second method
        raise _refusal(wire, hop, time.monotonic() >= deadline) from cause


def _try_all(wire: Wire, hop: SshHop) -> None:
    if hop.private_key is not None:
        key = signing_key(hop)
        if hop.password is None:
            wire.auth_publickey(hop.username, key)
            return
        with suppress(paramiko.AuthenticationException):
            wire.auth_publickey(hop.username, key)
    if hop.password is not None and not wire.is_authenticated():
        wire.auth_password(hop.username, hop.password)


def _refusal(wire: Wire, hop: SshHop, is_late: bool) -> SshLoginError | SshUnreachableError:
    if is_late:
        return SshUnreachableError(
            f"The SSH server {hop.name} did not answer the login in time.",
            host=hop.host,
            port=hop.port,
        )
    offered = _offered(wire, hop)
    tried = [
        word
        for word, value in (("the private key", hop.private_key), ("the password", hop.password))
        if value is not None
    ]
    accepts = f"It accepts: {', '.join(offered)}." if offered else f"Then {_LOST}."
    return SshLoginError(
        f"The SSH server {hop.name} refused the user {hop.username!r} with {' and '.join(tried)}. "
        f"{accepts} Check the user name and enter the credentials again.",
        **_details(hop, offered),
    )


def _offered(wire: Wire, hop: SshHop) -> list[str]:
    """Ask what the server would accept; it tells so when it refuses the method "none"."""
    try:
        if wire.is_active():
            wire.auth_none(hop.username)
    except paramiko.BadAuthenticationType as refusal:
        return [str(name) for name in refusal.allowed_types]
    except (paramiko.SSHException, EOFError, OSError):
        pass
    return []


def _details(hop: SshHop, offered: list[str]) -> dict[str, object]:
    return {"host": hop.host, "port": hop.port, "methods": offered}
