"""Host keys: what is stored as known_hosts text, and whether a server's key is among it.

The form is that of sshd(8), section SSH_KNOWN_HOSTS FILE FORMAT. No file is read: what is not in
the text is unknown.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from baselayer.app.errors import (
    SshHostKeyChangedError,
    SshHostKeyUnknownError,
    SshKnownHostsError,
)

DEFAULT_PORT = 22


@dataclass(frozen=True)
class HostKey:
    """The public key of a server: its type and its bytes as they travel."""

    type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """Return it as `ssh-keygen -l` prints it."""
        digest = hashlib.sha256(self.blob).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def line(self, host: str, port: int) -> str:
        """Return the known_hosts line that knows this key as that of `host`."""
        return f"{known_name(host, port)} {self.type} {base64.b64encode(self.blob).decode()}"


@dataclass(frozen=True)
class KnownKeys:
    """The keys on file for one server: those to trust, and those never to trust."""

    trusted: tuple[HostKey, ...]
    revoked: tuple[HostKey, ...]

    def check(self, seen: HostKey, host: str, port: int) -> None:
        """Raise SshHostKeyUnknownError or SshHostKeyChangedError unless `seen` is trusted."""
        if seen in self.revoked:
            raise SshHostKeyChangedError(
                f"The SSH server {host}:{port} showed the key {seen.fingerprint} ({seen.type}), "
                "which is stored as revoked. Do not use it; ask the server's administrator.",
                **_details(seen, host, port),
                stored_fingerprints=[key.fingerprint for key in self.trusted],
            )
        if seen in self.trusted:
            return
        if self.trusted:
            raise changed(seen, self.trusted, host, port)
        raise SshHostKeyUnknownError(
            f"The SSH server {host}:{port} showed the key {seen.fingerprint} ({seen.type}), and no "
            "key is stored for it. Compare it with what the server's administrator says, then "
            "store it.",
            **_details(seen, host, port),
            stored_fingerprints=[],
        )


def changed(
    seen: HostKey, trusted: tuple[HostKey, ...], host: str, port: int
) -> SshHostKeyChangedError:
    """Return the error for a server whose key is `seen`, none of those on file."""
    stored = [key.fingerprint for key in trusted]
    return SshHostKeyChangedError(
        f"The SSH server {host}:{port} showed the key {seen.fingerprint} ({seen.type}), but stored "
        f"is {', '.join(stored)}. Nothing was sent. Ask the server's administrator whether the key "
        "was replaced.",
        **_details(seen, host, port),
        stored_fingerprints=stored,
    )


def known_name(host: str, port: int) -> str:
    """Return how known_hosts names a server: with its port unless that is 22."""
    lowered = host.lower()
    return lowered if port == DEFAULT_PORT else f"[{lowered}]:{port}"


def known_keys(text: str, host: str, port: int) -> KnownKeys:
    """Return the keys that `text` holds for a server; SshKnownHostsError for what is no such text.

    All lines are read, also those of other servers: a mistyped one shall not go unnoticed.
    """
    name = known_name(host, port)
    trusted: list[HostKey] = []
    revoked: list[HostKey] = []
    for is_revoked, names, key in _entries(text):
        if _matches(names, name):
            (revoked if is_revoked else trusted).append(key)
    return KnownKeys(tuple(trusted), tuple(revoked))


def _details(seen: HostKey, host: str, port: int) -> dict[str, str | int]:
    return {
        "host": host,
        "port": port,
        "key_type": seen.type,
        "fingerprint": seen.fingerprint,
        "known_hosts_line": seen.line(host, port),
    }


def _entries(text: str) -> Iterator[tuple[bool, str, HostKey]]:
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        marker = fields.pop(0) if fields[0].startswith("@") else ""
        if marker == "@cert-authority":
            raise SshKnownHostsError(
                f"Line {number} of the known hosts is a certificate authority, which is not "
                "supported: store the key of the server itself."
            )
        if marker not in ("", "@revoked") or len(fields) < 3:
            raise _unreadable(number)
        yield marker == "@revoked", fields[0], _key(fields[1], fields[2], number)


def _key(kind: str, encoded: str, number: int) -> HostKey:
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise _unreadable(number) from None
    head = kind.encode()
    # RFC 4253 section 6.6: the bytes begin with the length and the name of the type.
    if blob[: 4 + len(head)] != len(head).to_bytes(4, "big") + head:
        raise _unreadable(number)
    return HostKey(kind, blob)


def _unreadable(number: int) -> SshKnownHostsError:
    return SshKnownHostsError(
        f"Line {number} of the known hosts cannot be read: it must be names, a key type and the "
        "key, as `ssh-keyscan` prints them."
    )


def _matches(names: str, name: str) -> bool:
    """Tell whether a list of patterns names the server; one negated match takes the line out."""
    if names.startswith("|"):
        return _matches_hash(names, name)
    found = False
    for pattern in names.lower().split(","):
        is_negated = pattern.startswith("!")
        if _fits(pattern.removeprefix("!"), name):
            if is_negated:
                return False
            found = True
    return found


def _fits(pattern: str, name: str) -> bool:
    """Only `*` and `?` are wild: brackets are part of the name."""
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def _matches_hash(hashed: str, name: str) -> bool:
    """Compare with |1|salt|hash, the HMAC-SHA1 of the name (OpenSSH's hostfile.c)."""
    try:
        _, version, salt, digest = hashed.split("|")
        found = hmac.new(base64.b64decode(salt), name.encode(), hashlib.sha1).digest()
        return version == "1" and hmac.compare_digest(found, base64.b64decode(digest))
    except (ValueError, binascii.Error):
        return False
