"""A throw-away SSH server: real OpenSSH, a port, host keys and authorised keys of its own.

with sshd() as server:
    way = SshWay(LOCAL_WAY, (server.hop(),), tunnels, "a")
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from baselayer.app.connections.tunnels.hop import SshHop
from tests.targets import HERE, free_port

PROGRAM = Path("/usr/sbin/sshd")
NEEDED = "needs sshd: install openssh-server"
NEEDS_ROOT = "needs root: OpenSSH checks passwords as root only"

# The first of several values counts.
_SETTINGS = """
{more}
Port {port}
ListenAddress 127.0.0.1
{host_keys}
AuthorizedKeysFile {home}/authorized_keys
StrictModes no
PidFile none
UsePAM no
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
MaxStartups 100
MaxAuthTries 6
UseDNS no
LogLevel VERBOSE
"""


@dataclass
class Sshd:
    """A running server, and what a client needs to use it."""

    port: int
    home: Path
    username: str
    private_key: str = field(repr=False)
    known_hosts: str
    process: "subprocess.Popen[bytes] | None" = None

    def hop(self, **changes: Any) -> SshHop:
        """Return the hop of a login by key, unless changed."""
        plain = SshHop(
            HERE,
            self.port,
            self.username,
            private_key=self.private_key,
            known_hosts=self.known_hosts,
        )
        return replace(plain, **changes)

    def fingerprint(self, kind: str = "ed25519") -> str:
        """Return the fingerprint of a host key, as ssh-keygen prints it."""
        public = self.home / f"host_{kind}.pub"
        told = subprocess.run(
            ["ssh-keygen", "-l", "-f", str(public)], capture_output=True, check=True, text=True
        )
        return told.stdout.split()[1]

    def known_line(self, kind: str = "ed25519") -> str:
        """Return the known_hosts line of a host key."""
        return _known_line(self.home, kind, self.port)

    def start(self) -> None:
        """Start it, again after `kill`, and wait until it answers."""
        with (self.home / "sshd.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(PROGRAM), "-D", "-e", "-f", str(self.home / "sshd_config")],
                stdout=log,
                stderr=log,
                env={"PATH": os.defpath},
            )
        deadline = time.monotonic() + 20
        while True:
            with suppress(OSError), socket.create_connection((HERE, self.port), 1):
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.home / "sshd.log").read_text())
            time.sleep(0.05)

    def signal(self, number: int) -> None:
        """Send a signal to the server and to all its sessions."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def kill(self) -> None:
        """End the server and all its sessions at once."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(10)

    def sessions(self) -> int:
        """Return how many clients it serves."""
        return max(0, len(self._processes()) - 1)

    def log(self) -> str:
        """Return what it has told."""
        return (self.home / "sshd.log").read_text(errors="replace")

    def _processes(self) -> list[psutil.Process]:
        if self.process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        return []


def has_sshd() -> bool:
    """Tell whether this machine has the server."""
    return PROGRAM.exists()


@contextmanager
def sshd(settings: str = "") -> Iterator[Sshd]:
    """Start a server with `settings` besides ours; stop and remove it afterwards."""
    home = Path(tempfile.mkdtemp(prefix="baselayer-sshd-"))
    home.chmod(0o755)  # a user whom it lets in reads authorized_keys
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    server = _written(home, settings)
    try:
        server.start()
        yield server
    finally:
        server.signal(signal.SIGCONT)
        server.kill()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def password_user() -> Iterator[tuple[str, str]]:
    """Make a user of this machine who can log in by password; only root can."""
    name, password = f"bl{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    hashed = subprocess.run(
        ["openssl", "passwd", "-6", "-stdin"],
        input=password,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()
    subprocess.run(["useradd", "-M", "-d", "/", "-s", "/bin/sh", "-p", hashed, name], check=True)
    try:
        yield name, password
    finally:
        subprocess.run(["userdel", "-f", name], check=False, capture_output=True)


def make_key(
    path: Path, *, kind: str = "ed25519", passphrase: str = "", form: tuple[str, ...] = ()
) -> str:
    """Write a new key pair by ssh-keygen; return the private half."""
    bits = ("-b", "2048") if kind == "rsa" else ()  # quickly made
    subprocess.run(
        [
            "ssh-keygen",
            "-q",
            "-t",
            kind,
            *bits,
            "-N",
            passphrase,
            "-C",
            "test",
            "-f",
            str(path),
            *form,
        ],
        check=True,
    )
    return path.read_text()


def _written(home: Path, settings: str) -> Sshd:
    for kind in ("ed25519", "ecdsa", "rsa"):
        make_key(home / f"host_{kind}", kind=kind)
    port = free_port()
    private_key = make_key(home / "client")
    shutil.copy(home / "client.pub", home / "authorized_keys")
    keys = "\n".join(f"HostKey {home}/host_{kind}" for kind in ("ed25519", "ecdsa", "rsa"))
    text = _SETTINGS.format(port=port, home=home, host_keys=keys, more=settings)
    (home / "sshd_config").write_text(text)
    user = pwd.getpwuid(os.geteuid()).pw_name
    return Sshd(port, home, user, private_key, _known_line(home, "ed25519", port))


def _known_line(home: Path, kind: str, port: int) -> str:
    public = (home / f"host_{kind}.pub").read_text().split()
    return f"[{HERE}]:{port} {public[0]} {public[1]}\n"
