"""The settings that a server is started with; they win over its own configuration files."""

from collections.abc import Mapping
from pathlib import Path

UNSAFE_BUT_FAST = {"fsync": "off", "full_page_writes": "off"}


def server_options(
    own: Mapping[str, str], *, socket_directory: Path, port: int, tcp: bool, mark: str, fsync: bool
) -> list[str]:
    """Return the server's arguments: the caller's `own` settings, then those that must hold."""
    settings = {"timezone": "UTC", "log_timezone": "UTC"}
    settings |= {} if fsync else UNSAFE_BUT_FAST
    settings |= own
    settings |= {
        "listen_addresses": "127.0.0.1" if tcp else "",
        "port": str(port),
        "unix_socket_directories": _quoted(socket_directory),
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "cluster_name": mark,
        "logging_collector": "off",  # standard error is the log that our messages name
        "log_destination": "stderr",
    }
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _quoted(path: Path) -> str:
    """Quote a path for a setting that is a list, where spaces and commas would divide it."""
    return '"' + str(path).replace('"', '""') + '"'
