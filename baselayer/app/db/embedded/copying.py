"""Putting PostgreSQL's programs where the server's account can reach them.

Needed when root runs baselayer from a private place: a virtual environment under /root is closed
to everybody else, and opening /root is not ours to do.
"""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from baselayer.app.db.embedded.account import Account, closed_part
from baselayer.app.db.embedded.binaries import Binaries
from baselayer.app.db.embedded.failures import file_errors_told
from baselayer.log import make_log

log = make_log("database")

COPIED = ("bin", "lib", "share")


def reachable_binaries(binaries: Binaries, account: Account, place: Path) -> Binaries:
    """Return `binaries`, or a copy of them in `place` when `account` cannot execute them."""
    if closed_part(binaries.directory / "postgres", account) is None:
        return binaries
    target = place / f"postgresql-{binaries.version}"
    package = binaries.directory.parent.parent
    if not target.exists():
        log(f"{account.name} cannot reach {binaries.directory}: copying it to {target}")
        with file_errors_told(place):
            _copy(binaries.directory.parent, target)
    return replace(binaries, directory=target / binaries.directory.relative_to(package.parent))


def _copy(installation: Path, target: Path) -> None:
    """Copy beside `target` and rename: a broken copy is never taken for a whole one.

    A wheel's programs look for libraries in `PACKAGE.libs` beside their package (auditwheel's
    layout), by a path relative to themselves: so the copy keeps the last three levels.
    """
    package = installation.parent
    partial = Path(tempfile.mkdtemp(prefix=f"{target.name}.partial-", dir=target.parent))
    try:
        for part in [*(installation / name for name in COPIED), _libraries(package)]:
            if part.exists():
                shutil.copytree(part, partial / part.relative_to(package.parent))
        _open_to_all(partial)
        _rename(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _libraries(package: Path) -> Path:
    return package.with_name(f"{package.name}.libs")


def _open_to_all(directory: Path) -> None:
    directory.chmod(0o755)
    for path in directory.rglob("*"):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)


def _rename(partial: Path, target: Path) -> None:
    try:
        partial.rename(target)
    except OSError:
        if not target.exists():  # else another process was faster, with the same content
            raise
