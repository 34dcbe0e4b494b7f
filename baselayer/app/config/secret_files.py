"""Secrets that are made at the first start: one file each, for the eyes of its owner only."""

import os
import secrets
import stat
import tempfile
from pathlib import Path

from baselayer.app.errors import ConfigError

SECRET_BYTES = 32
MAX_FILE_BYTES = 4096


def generate_secret(path: Path) -> str:
    """Return the secret kept at `path`, made there from 32 random bytes if there is none yet.

    The file has mode 0600 in a 0700 directory; ConfigError when others could read it.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_open(path.parent, path.parent.stat(), wanted="0700")
        if not path.exists():
            _create(path)
        return _read(path)
    except OSError as error:
        raise ConfigError(f"The secret {path} cannot be kept: {error.strerror}.") from None


def _create(path: Path) -> None:
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret-")  # 0600 from birth
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(SECRET_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link never replaces: of two first starts, one makes the secret.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink(missing_ok=True)


def _read(path: Path) -> str:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise ConfigError(f"The secret {path} is not a regular file.")
        _refuse_open(path, state, wanted="0600")
        text = file.read(MAX_FILE_BYTES).decode("ascii", "replace").strip()
    if len(text) < SECRET_BYTES:
        raise ConfigError(f"The secret {path} is damaged: restore it, or remove it to get another.")
    return text


def _refuse_open(path: Path, state: os.stat_result, *, wanted: str) -> None:
    if state.st_mode & 0o077:
        mode = stat.S_IMODE(state.st_mode)
        raise ConfigError(f"{path} is open to others (mode {mode:04o}): chmod {wanted} it.")
    if state.st_uid not in (os.geteuid(), 0):
        raise ConfigError(f"{path} belongs to another user: chown it to the user of baselayer.")
