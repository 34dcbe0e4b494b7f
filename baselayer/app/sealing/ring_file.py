"""The file of a key ring: made once, readable by its owner only, never overwritten."""

import base64
import binascii
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from baselayer.app.errors import KeyRingError

FORMAT = 1
MAX_BYTES = 65_536


@dataclass(frozen=True)
class RingKeys:
    """What the file holds: key id -> 32 bytes, and which one seals new values."""

    active: str
    keys: Mapping[str, bytes] = field(repr=False)


def create_ring_file(path: Path, ring: RingKeys) -> None:
    """Write `ring` to `path` with mode 0600 in a 0700 directory, unless somebody else just did."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_open_directory(path.parent)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".keys-")  # 0600 from birth
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(_to_json(ring), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename, this never replaces what is there
        except FileExistsError:
            return
        _sync_directory(path.parent)
    except OSError as error:
        raise KeyRingError(f"The key ring {path} could not be written: {error.strerror}.") from None
    finally:
        Path(draft).unlink(missing_ok=True)


def read_ring_file(path: Path) -> RingKeys:
    """Return what `path` holds; KeyRingError when it is missing, damaged or open to others."""
    _refuse_open_directory(path.parent)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise KeyRingError(f"The key ring {path} could not be read: {error.strerror}.") from None
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise KeyRingError(f"The key ring {path} is not a regular file.")
        _refuse_open(path, state, wanted="0600")
        text = os.read(handle, MAX_BYTES)
    finally:
        os.close(handle)
    try:
        return _from_json(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        # Nothing of the file goes into the message, nor into the chain of exceptions.
        raise KeyRingError(f"The key ring {path} is damaged: restore it from its backup.") from None


def _to_json(ring: RingKeys) -> dict[str, Any]:
    keys = {key_id: base64.b64encode(key).decode() for key_id, key in ring.keys.items()}
    return {"format": FORMAT, "active": ring.active, "keys": keys}


def _from_json(document: dict[str, Any]) -> RingKeys:
    if document["format"] != FORMAT:
        raise ValueError("unknown format")
    keys = {
        str(key_id): base64.b64decode(key, validate=True)
        for key_id, key in document["keys"].items()
    }
    active = document["active"]
    if active not in keys or any(len(key) != 32 or "." in name for name, key in keys.items()):
        raise ValueError("not a ring")
    return RingKeys(active, keys)


def _refuse_open_directory(directory: Path) -> None:
    try:
        state = directory.stat()
    except OSError as error:
        raise KeyRingError(
            f"The directory of the key ring, {directory}, could not be read: {error.strerror}."
        ) from None
    _refuse_open(directory, state, wanted="0700")


def _refuse_open(path: Path, state: os.stat_result, *, wanted: str) -> None:
    if state.st_mode & 0o077:
        mode = stat.S_IMODE(state.st_mode)
        raise KeyRingError(f"{path} is open to others (mode {mode:04o}): chmod {wanted} it.")
    if state.st_uid not in (os.geteuid(), 0):
        raise KeyRingError(f"{path} belongs to another user: chown it to the user of baselayer.")


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
