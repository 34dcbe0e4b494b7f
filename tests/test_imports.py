"""Importing does nothing: no file, no socket, no settings read; and rooms load no more than need.

Each probe is a fresh process, see house/import_probe.py.
"""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PROBE = ROOT / "tests/house/import_probe.py"

# Rooms that serve a process without a web server: they load no Tornado.
WITHOUT_TORNADO = [
    *("access", "audit", "config", "connections", "controls", "db", "egress", "env", "errors"),
    *("events", "files", "identity", "models", "openapi", "queries", "schemas", "sealing"),
]


@cache
def probe(root: Path, package: str, *wanted: str) -> dict[str, Any]:  # Any: JSON
    done = subprocess.run(
        [sys.executable, PROBE, root, package, *wanted], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def loaded(result: dict[str, Any], *packages: str) -> list[str]:
    names = result["loaded"]
    return [name for name in names if any(f"{name}.".startswith(f"{p}.") for p in packages)]


def test_importing_touches_nothing() -> None:
    result = probe(ROOT, "baselayer")
    assert len(result["imported"]) > 10
    assert result["found"] == []


def test_rooms_below_the_web_load_no_tornado() -> None:
    result = probe(ROOT, "baselayer", *(f"baselayer.app.{room}" for room in WITHOUT_TORNADO))
    assert loaded(result, "tornado") == []


def test_executor_loads_no_people_and_no_web() -> None:
    places = ["queries.executor", "connections.drivers", "connections.tunnels"]
    result = probe(ROOT, "baselayer", *(f"baselayer.app.{place}" for place in places))
    foreign = ["db", "identity", "audit", "models", "handlers"]
    assert loaded(result, "tornado", *(f"baselayer.app.{room}" for room in foreign)) == []


def test_client_loads_nothing_of_the_app() -> None:
    result = probe(ROOT, "baselayer", "baselayer.client")
    assert loaded(result, "baselayer.app") == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("open('/etc/hostname').close()", "open"),
        ("from pathlib import Path\nPath('/etc/hostname').read_text()", "open"),
        ("import os\nos.listdir('/')", "os.listdir"),
        ("import socket\nsocket.socket().close()", "socket.__new__"),
        ("import socket\nsocket.getaddrinfo('127.0.0.1', 1)", "socket.getaddrinfo"),
        ("import subprocess, sys\nsubprocess.run([sys.executable, '-V'])", "subprocess.Popen"),
        ("import os\nos.environ.get('HOME')", "os.environ['HOME']"),
        ("import os\nos.getenv('HOME')", "os.environ['HOME']"),
        ("import os\ndict(os.environ)", "os.environ, all"),
        ("class C:\n    x = open('/etc/hostname').close()", "open"),
        ("from planted.other import read\nread()", "open"),
    ],
)
def test_planted_fault_is_found(tmp_path: Path, text: str, told: str) -> None:
    package = tmp_path / "planted"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "other.py").write_text("def read():\n    open('/etc/hostname').close()\n")
    (package / "bad.py").write_text(text)
    (first, *_) = probe(tmp_path, "planted")["found"]
    assert first.startswith("planted/")
    assert told in first


def test_importing_others_is_no_fault(tmp_path: Path) -> None:
    package = tmp_path / "planted"
    package.mkdir()
    (package / "__init__.py").write_text("import email.mime.text, certifi\nfrom planted import b")
    (package / "b.py").write_text("import requests\ndef f():\n    open('/etc/hostname')")
    result = probe(tmp_path, "planted")
    assert (result["imported"], result["found"]) == (["planted", "planted.b"], [])
