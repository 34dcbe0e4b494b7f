"""baselayer serve: the whole server, in a process of its own."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.cli.conftest import Cli

COMMAND = [sys.executable, "-c", "from baselayer.cli import main; main(['serve'])"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_server_answers_until_it_is_told_to_stop(
    cli: Cli, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BASELAYER__SERVER__PORT", "0")
    with subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        assert requests.get(f"{address}/readyz", timeout=30).status_code == 200
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        cli.must("user", "list")  # which does not take the database away from the server
        assert requests.get(f"{address}/readyz", timeout=30).status_code == 200
        process.send_signal(number)
        process.wait(60)
    assert process.returncode == 0
    assert children
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert list((cli.home / "run").iterdir()) == []


def test_taken_port_is_told_in_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        monkeypatch.setenv("BASELAYER__SERVER__PORT", port)
        done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"Port {port} of 127.0.0.1 cannot be listened on" in done.stderr
