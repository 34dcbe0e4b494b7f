"""Each application in examples/ passes its own tests, run as its Makefile runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted(path.parent for path in Path("examples").glob("*/pyproject.toml"))


@pytest.mark.parametrize("place", EXAMPLES, ids=lambda place: place.name)
def test_example_passes_its_own_tests(place: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ran = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    assert " passed" in ran.stdout


def test_there_are_examples() -> None:
    assert [place.name for place in EXAMPLES] == ["lab_notebook"]
