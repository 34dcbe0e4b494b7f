"""Import every module of a package, and tell as JSON what that did besides importing.

    python import_probe.py ROOT PACKAGE [MODULE…]

Only what the package's own code does counts: between an event and the nearest frame of the package
there is no import statement at work. Loading modules, ours or others', is what importing is for.

Three things that libraries do while our classes are made are let pass: pydantic looks for its
plugins and reads the sentences below fields in our sources, argparse asks for locale and width.
"""

import importlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

EVENTS = ("open", "os.", "socket.", "subprocess.", "shutil.", "sqlite3.", "tempfile.", "glob.")
IMPORT_MACHINERY = "<frozen importlib"
PLUGIN_SEARCH = str(Path("pydantic", "plugin", "_loader.py"))
LOCALE_AND_WIDTH = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS", "LINES")

found: list[str] = []


def watch(package: Path) -> None:
    """Note every file, socket, process and environment variable that `package` touches."""

    def audit(event: str, arguments: tuple[Any, ...]) -> None:  # Any: each event has its own
        is_source = event == "open" and str(arguments[0]).endswith(".py")
        if event.startswith(EVENTS) and not is_source:
            note(f"{event} {arguments[:2]}")

    def note(what: str) -> None:
        culprit = _culprit(sys._getframe(2), package)
        if culprit:
            found.append(f"{culprit}: {what}")

    class Watched(type(os.environ)):  # type: ignore[misc]  # the class has no public name
        def __getitem__(self, name: str) -> Any:
            if name not in LOCALE_AND_WIDTH:
                note(f"os.environ[{name!r}]")
            return super().__getitem__(name)

        def __iter__(self) -> Iterator[str]:
            note("os.environ, all of it")
            yield from super().__iter__()

    os.environ.__class__ = Watched
    sys.addaudithook(audit)


def _culprit(frame: FrameType | None, package: Path) -> str | None:
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(IMPORT_MACHINERY) or file.endswith(PLUGIN_SEARCH):
            return None
        if file.startswith(f"{package}{os.sep}"):
            return f"{Path(file).relative_to(package.parent)}:{frame.f_lineno}"
        frame = frame.f_back
    return None


def modules(package: Path) -> list[str]:
    """Return the dotted names of all modules, but scripts that only Alembic or -m can run."""
    files = (file.relative_to(package.parent) for file in package.rglob("*.py"))
    names = sorted(str(f.with_suffix("")).replace(os.sep, ".") for f in files)
    names = [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]
    return [name for name in names if name != f"{package.name}.migrations.env"]


def main(root: str, package: str, *wanted: str) -> None:
    """Import the modules within `wanted`, or all of them, and print what was found."""
    sys.path.insert(0, root)
    place = Path(root, package).resolve()
    names = [n for n in modules(place) if f"{n}.".startswith(tuple(f"{w}." for w in wanted) or "")]
    watch(place)
    for name in names:
        importlib.import_module(name)
    done = {"imported": names, "found": list(found), "loaded": sorted(sys.modules)}
    sys.stdout.write("\n" + json.dumps(done))


if __name__ == "__main__":
    main(*sys.argv[1:])
