"""The data directory: the one place under which a process writes."""

import os
from collections.abc import Mapping
from pathlib import Path

HOME_VARIABLE = "BASELAYER_HOME"
ROOT_HOME = Path("/var/lib/baselayer")


def home_directory(environ: Mapping[str, str]) -> Path:
    """Return BASELAYER_HOME as an absolute path, or where data lives for this user."""
    named = environ.get(HOME_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    if os.geteuid() == 0:
        return ROOT_HOME
    return Path("~/.local/share/baselayer").expanduser()
