"""On CI a test that lacks a server fails; elsewhere it is skipped and says so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

@pytest.mark.skip(reason="needs an LDAP server")
def test_of_a_server(): ...

@pytest.mark.skip(reason="only on Windows")
def test_of_something_else(): ...

@pytest.mark.xfail(reason="needs thought")
def test_expected_to_fail(): assert False
"""
FILE_THAT_SKIPS = "import pytest\npytest.skip('needs sshd', allow_module_level=True)\n"


@pytest.mark.parametrize(
    ("ci", "outcome"),
    [("", "3 skipped, 1 xfailed"), ("true", "1 skipped, 1 xfailed, 2 errors")],
)
def test_skip_for_want_of_a_server(tmp_path: Path, ci: str, outcome: str) -> None:
    (tmp_path / "conftest.py").write_bytes((Path(__file__).parent / "conftest.py").read_bytes())
    (tmp_path / "test_a.py").write_text(TESTS)
    (tmp_path / "test_b.py").write_text(FILE_THAT_SKIPS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--continue-on-collection-errors", "-c", os.devnull],
        cwd=tmp_path,
        env=os.environ | {"CI": ci},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert outcome in done.stdout.splitlines()[-1]
    assert ("On CI nothing may be missing" in done.stdout) is bool(ci)
