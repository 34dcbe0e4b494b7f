"""The commands that everybody starts with, and the lock files that they install from."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
COMMANDS = {
    *("help", "run", "test", "lint", "types", "docs", "check", "bench", "demo", "faults", "migrate")
}


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / lock).read_text()
    return dict(re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)", text, re.MULTILINE))


def test_help_names_every_command() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True
    ).stdout
    assert set(re.findall(r"^  make ([a-z]+) ", shown, re.MULTILINE)) >= COMMANDS


def test_missing_python_is_told(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/bootstrap.lock").touch()
    done = subprocess.run(
        ["make", "-f", ROOT / "Makefile", "PYTHON=no-such-python", ".venv/.uv-ready"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "needs Python >= 3.11, found none as: no-such-python" in done.stderr


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_has_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    entries = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


def test_running_and_developing_use_the_same_versions() -> None:
    assert pins("run.lock").items() <= pins("dev.lock").items()


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = {
        lock: {re.split(r"[\[><=;~! ]", entry)[0] for entry in entries}
        for lock, entries in (
            ("run.lock", project["project"]["dependencies"]),
            ("dev.lock", project["dependency-groups"]["dev"]),
            ("demo.lock", project["project"]["optional-dependencies"]["demo"]),
            ("build.lock", project["build-system"]["requires"]),
        )
    }
    assert [(lock, wanted - pins(lock).keys()) for lock, wanted in names.items()] == [
        (lock, set()) for lock in names
    ]
