"""What the fields of a connection may hold, one type for each."""

import base64
import binascii
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from baselayer.app.schemas.base import Dto

HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")
ADDRESS = re.compile(r"[0-9A-Fa-f:.]+")
# semver.org, version 2.0.0, its own regular expression with unnamed groups.
SEMANTIC = (
    r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(-(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$"
)
KEY_TYPE = re.compile(r"(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+")
MOST_JUMPS = 3


def _is_host(host: str) -> str:
    """Refuse what a driver could read as a path, a list, an option or a part of a URL."""
    if not (HOST.fullmatch(host) or (":" in host and ADDRESS.fullmatch(host))):
        raise ValueError("a host is a name such as db.example.org, or an IP address")
    return host


def _is_known_hosts(text: str) -> str:
    """Refuse what is no such file, by its number of line; which keys count is judged later."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#") and not _is_known_host(line):
            raise ValueError(
                f"line {number} is not as OpenSSH keeps known hosts: a host, the type of its key, "
                "and the key in base64"
            )
    return text


def _is_known_host(line: str) -> bool:
    words = line.split()
    if words[0].startswith("@"):
        words = words[1:]
    if len(words) < 3 or not KEY_TYPE.fullmatch(words[1]):
        return False
    try:
        blob = base64.b64decode(words[2], validate=True)
    except (binascii.Error, ValueError):
        return False
    # RFC 4253, 6.6: a key begins with its own type, after the type's length in four bytes.
    return blob[4:].startswith(words[1].encode())


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Description = Annotated[str, Field(max_length=10_000)]
Version = Annotated[str, Field(max_length=255, pattern=SEMANTIC)]
Host = Annotated[str, Field(max_length=253), AfterValidator(_is_host)]
Port = Annotated[int, Field(ge=1, le=65535)]
Plain = Annotated[str, Field(max_length=255, pattern=r"^[^\x00-\x1f]*$")]
Tags = Annotated[list[Plain], Field(max_length=50)]
Engine = Literal["postgresql", "mysql", "mariadb", "sqlite", "duckdb"]
TlsMode = Literal["disable", "require", "verify-ca", "verify-full"]
Authentication = Literal["none", "tcpip", "tcpip_ssh", "ldap_user_pwd"]
ProxyProtocol = Literal["http", "https", "socks5"]
HostKeyPolicy = Literal["strict", "tofu"]
Pem = Annotated[str, Field(max_length=200_000)]
KnownHosts = Annotated[str, Field(max_length=200_000), AfterValidator(_is_known_hosts)]
Secret = Annotated[SecretStr, Field(max_length=10_000)]
Key = Annotated[SecretStr, Field(max_length=50_000)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
ConnectSeconds = Annotated[float, Field(gt=0, le=120)]
PoolSize = Annotated[int, Field(ge=1, le=100)]
Overflow = Annotated[int, Field(ge=0, le=100)]
Functions = Annotated[list[Plain], Field(max_length=1000)]

AnnotationKey = Annotated[str, Field(max_length=255, pattern=r"^[a-zA-Z0-9._/-]+$")]
AnnotationValue = Annotated[str, Field(max_length=2048)] | bool | int | float | None
Annotation = Annotated[dict[AnnotationKey, AnnotationValue], Field(min_length=1, max_length=50)]
Annotations = Annotated[list[Annotation], Field(max_length=50)]


class SshJump(Dto):
    """An SSH host on the way to the last one."""

    host: Host
    port: Port = 22
    username: Plain
    known_hosts: KnownHosts | None = None
    """Null is the connection's own `ssh_known_hosts`."""


Jumps = Annotated[list[SshJump], Field(max_length=MOST_JUMPS)]
