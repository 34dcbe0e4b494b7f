"""Programs get a clean environment, no terminal, and no shell."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from baselayer.app.db.embedded.account import Account, service_account
from baselayer.app.db.embedded.commands import run, start_in_background
from baselayer.app.db.embedded.processes import is_alive, wait_until_gone
from baselayer.app.errors import DatabaseStartError


def current() -> Account:
    return Account("me", os.geteuid(), os.getegid())


def sh(place: Path, script: str, *, account: Account | None = None) -> str:
    command = ["/bin/sh", "-c", script]
    return run(command, account or current(), directory=place, timeout_seconds=10)


def test_callers_environment_does_not_pass(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    output = sh(place, "env")
    assert "PGHOST" not in output
    assert "LANG=" not in output
    assert "LC_ALL=C" in output


def test_root_becomes_the_account_without_its_groups(as_root: None, place: Path) -> None:
    account = service_account(place / "data")
    output = sh(place, "id -u; id -G", account=account)
    assert output.split() == [str(account.uid), str(account.gid)]


def test_program_runs_in_a_session_of_its_own(place: Path) -> None:
    output = sh(place, "cut -d' ' -f6 /proc/self/stat")
    assert int(output) != os.getsid(0)


def test_failure_carries_the_output(place: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        sh(place, "echo told >&2; exit 3")
    assert caught.value.output == "told\n"


def test_timeout_ends_the_program_and_its_children(place: Path) -> None:
    script = f"sleep 60 & echo $! > {place}/pid; wait"
    with pytest.raises(subprocess.TimeoutExpired):
        run(["/bin/sh", "-c", script], current(), directory=place, timeout_seconds=0.3)
    assert wait_until_gone([int((place / "pid").read_text())], 5)


def test_missing_program_is_told(place: Path) -> None:
    with pytest.raises(DatabaseStartError, match="no-such-program is missing"):
        run([f"{place}/no-such-program"], current(), directory=place, timeout_seconds=1)


def test_unreachable_program_is_told(place: Path) -> None:
    (place / "program").write_text("")
    with pytest.raises(DatabaseStartError, match="could not be run as me"):
        run([f"{place}/program"], current(), directory=place, timeout_seconds=1)


def test_background_server_is_nobodys_child_and_no_word_is_shell_code(place: Path) -> None:
    script = "import sys, time; print(sys.argv[1:], flush=True); time.sleep(60)"
    words = ["$(touch owned)", "`touch owned`", '"; touch owned; "', "a b"]
    with (place / "log").open("wb") as log:
        command = [sys.executable, "-c", script, *words]
        pid = start_in_background(command, current(), directory=place, log=log)
    try:
        assert is_alive(pid)
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        while not (written := (place / "log").read_text()):
            assert is_alive(pid)
        assert written == f"{words}\n"
        assert not (place / "owned").exists()
    finally:
        os.kill(pid, signal.SIGKILL)
    assert wait_until_gone([pid], 5)
