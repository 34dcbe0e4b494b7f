"""The same tests as a user who is not root: most people's case."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from baselayer.app.db.embedded.account import Account, closed_part

HERE = Path(__file__).parent
ORDINARY = Account("nobody", 65534, 65534, is_other=True)


def interpreter() -> str:
    """An interpreter of this version that `nobody` may run: a private one may be under /root."""
    system = f"/usr/bin/python3.{sys.version_info.minor}"
    for path in (sys.executable, system):
        if Path(path).exists() and closed_part(Path(path), ORDINARY) is None:
            return path
    pytest.skip(f"no Python 3.{sys.version_info.minor} that an ordinary user can run")


def test_everything_passes_as_an_ordinary_user(as_root: None) -> None:
    command = [interpreter(), "-m", "pytest", str(HERE), "-q", "-p", "no:cacheprovider"]
    command += [f"--confcutdir={HERE}", f"--ignore={__file__}", f"--rootdir={HERE.parents[2]}"]
    result = subprocess.run(
        command,
        user=ORDINARY.uid,
        group=ORDINARY.gid,
        extra_groups=[],
        cwd=HERE.parents[2],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-2000:]
