"""Generated passwords of database roles, kept in a file that only its owner can read."""

import json
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

from baselayer.app.db.embedded.failures import file_errors_told
from baselayer.app.errors import DatabaseStartError


def read_passwords(path: Path) -> dict[str, str]:
    """Return the passwords by role stored at `path`; none when there is no such file."""
    with file_errors_told(path.parent):
        if not path.exists():
            return {}
        _refuse_readable_by_others(path)
        text = path.read_text(encoding="utf-8")
    return _parse(text, path)


def ensure_passwords(path: Path, roles: Sequence[str]) -> dict[str, str]:
    """Return the passwords at `path`, generating those that are missing.

    The caller holds a lock: two processes must not generate at once.
    """
    passwords = read_passwords(path)
    missing = [role for role in roles if role not in passwords]
    if missing:
        passwords |= {role: secrets.token_urlsafe(32) for role in missing}
        with file_errors_told(path.parent):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(path, json.dumps(passwords, indent=2) + "\n")
    return passwords


def write_private(path: Path, text: str) -> None:
    """Write `text` to a new file that only its owner can read; replaces nothing."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f"{path.name}.partial-{secrets.token_hex(4)}")
    try:
        write_private(partial, text)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _refuse_readable_by_others(path: Path) -> None:
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise DatabaseStartError(
            f"{path} holds database passwords and is open to other accounts. "
            "Close it with chmod 600, and check who could have read it."
        )


def _parse(text: str, path: Path) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise _damaged(path) from error
    if not isinstance(found, dict) or not all(isinstance(word, str) for word in found.values()):
        raise _damaged(path)
    return found


def _damaged(path: Path) -> DatabaseStartError:
    return DatabaseStartError(
        f"{path} holds the passwords of the embedded database and is damaged. "
        "Restore it from a backup."
    )
