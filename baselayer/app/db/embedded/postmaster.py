"""What a running server says about itself in its pid file, and whether its socket answers."""

import socket
from dataclasses import dataclass
from pathlib import Path

PROBE_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True)
class Postmaster:
    """The lines of `postmaster.pid` that we use; it is written line by line, so some may lack."""

    pid: int
    port: int | None
    is_ready: bool


def read_postmaster(data_directory: Path) -> Postmaster | None:
    """Return what the pid file says; None when there is none, or it cannot be read yet."""
    try:
        lines = (data_directory / "postmaster.pid").read_text(errors="replace").splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    port = lines[3] if len(lines) > 3 else ""  # the order of lines: src/include/utils/pidfile.h
    status = lines[7] if len(lines) > 7 else ""
    return Postmaster(pid, int(port) if port.isdigit() else None, status.strip() == "ready")


def socket_file(socket_directory: Path, port: int) -> Path:
    """Return the path of the server's socket."""
    return socket_directory / f".s.PGSQL.{port}"


def answers(path: Path) -> bool:
    """Whether somebody listens at a Unix socket, be it from another container."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_TIMEOUT_SECONDS)
        try:
            probe.connect(str(path))
        except TimeoutError:
            return True
        except OSError:
            return False
    return True


def remove_leftovers(data_directory: Path, socket_path: Path) -> None:
    """Remove the pid file and socket of a dead server.

    PostgreSQL refuses to start while their process id belongs to any other process of the account.
    """
    lock = socket_path.with_name(f"{socket_path.name}.lock")
    for path in (data_directory / "postmaster.pid", socket_path, lock):
        path.unlink(missing_ok=True)
