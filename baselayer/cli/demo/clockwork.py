"""The demo's cron job: a script in its directory, and what the settings say of it."""

import shlex
import sys
from pathlib import Path
from typing import Any

NAME = "daily delays"
MODULE = "baselayer.cli.demo.daily_delays"
LONGEST_FIRST_LINE = 120  # old kernels cut it


def write_script(place: Path) -> Path:
    """Write the script, which finds its interpreter without any environment."""
    path = place / "cron" / "daily_delays"
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.write_text(script_text(sys.executable))
    path.chmod(0o755)
    return path


def script_text(python: str) -> str:
    """Return a script that runs the module with this interpreter."""
    if " " in python or len(python) > LONGEST_FIRST_LINE:
        return f"#!/bin/sh\nexec {shlex.quote(python)} -m {MODULE}\n"
    return f"#!{python}\nfrom {MODULE} import main\n\nmain()\n"


def job_of(script: Path) -> dict[str, Any]:
    """Return the job as the settings have it: every minute, as the analyst."""
    return {
        "name": NAME,
        "script": str(script),
        "cron": "* * * * *",
        "owner": "ana",
        "acls": ["Run queries"],
        "timeout_seconds": 50.0,
    }
