"""One SSH server on the way, and what may keep a tunnel alive."""

from dataclasses import dataclass, field

MAX_HOPS = 4
"""Three jump hosts and the bastion."""


@dataclass(frozen=True)
class SshHop:
    """An SSH server, who logs in there and how, and the keys by which it is known.

    `known_hosts` is text of that form of OpenSSH. A key is tried before a password; a server may
    ask for both.
    """

    host: str
    port: int
    username: str
    password: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)
    known_hosts: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """Return how messages call it."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class TunnelBounds:
    """How long and how much a tunnel may live, and how its death is noticed.

    A server that went silent is noticed after at most `probe_seconds` + `answer_seconds`: 25 s.
    Old tunnels take no new connections and close with their last one.
    """

    probe_seconds: float = 15.0
    answer_seconds: float = 10.0
    idle_seconds: float = 300.0
    age_seconds: float = 3_600.0
    transferred_bytes: int = 32 << 30
    tunnels: int = 100
    channels: int = 64
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 30.0
