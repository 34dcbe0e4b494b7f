"""PEM texts as files, for drivers that take only paths: private, and gone with the session."""

import os
import shutil
import tempfile
from pathlib import Path


class PemFiles:
    """A 0700 directory of its own that holds 0600 files until `remove`."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="baselayer-tls-"))  # mkdtemp makes it 0700

    def write(self, name: str, text: str) -> str:
        """Store `text` under `name`; return the path."""
        path = self.directory / name
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, 0o600), "w") as file:
            file.write(text if text.endswith("\n") else text + "\n")
        return str(path)

    def remove(self) -> None:
        """Delete the directory and everything in it."""
        shutil.rmtree(self.directory, ignore_errors=True)
