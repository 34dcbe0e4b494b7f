"""The guides: every block of Python in them runs, from top to bottom."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from baselayer.app.db.embedded.cluster import Cluster
from tests.factories.metadata import fresh_database

ROOT = Path(__file__).parent.parent
RUNNABLE = ["docs/howto/mixins.md"]

# In a process of its own, as the guides declare models. Blocks may await.
RUN = """
import ast, asyncio, inspect, os, sys, warnings
warnings.simplefilter("error")
names = {"url": os.environ["URL"], "__name__": "guide"}
async def run():
    for number, block in enumerate(sys.stdin.read().split("\\f"), 1):
        code = compile(block, f"block {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        found = eval(code, names)
        if inspect.iscoroutine(found):
            await found
    await names["database"].dispose()
asyncio.run(run())
print("all blocks have run")
"""


def blocks(page: str) -> list[str]:
    """Return the Python of a page, each block where it stands, so that errors name its lines."""
    found = re.finditer(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return ["\n" * page[: match.start(1)].count("\n") + match[1] for match in found]


def run(page: str, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN],
        input="\f".join(blocks(page)),
        env={**os.environ, "URL": url, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture
def url(metadata_cluster: Cluster) -> Iterator[str]:
    """An empty database."""
    with fresh_database(metadata_cluster) as made:
        yield made


@pytest.mark.parametrize("page", RUNNABLE)
def test_every_block_runs(page: str, url: str) -> None:
    done = run((ROOT / page).read_text(), url)
    assert done.stdout == "all blocks have run\n", done.stderr


def test_block_that_fails_is_found_with_its_line(url: str) -> None:
    page = "# Title\n\n```python\nx = 1\n```\n\n```python\nassert x == 2\n```\n"
    assert [block.strip() for block in blocks(page)] == ["x = 1", "assert x == 2"]
    done = run(page, url)
    assert 'File "block 2", line 8' in done.stderr and done.returncode == 1


# Added to the application: a plain method answers, and refuses, from a thread of its own.
PLAIN = """

class CountHandler(BaseHandler):
    @auth_or_token
    @operation("Count your shelves")
    def get(self) -> None:
        with self.services.database.verified(self.caller) as session:
            self.success({"shelves": Shelf.count_accessible(session, self.caller)})


routes += [Route("/reading/count", CountHandler)]
"""


def test_application_of_the_guide_serves_its_shelves(tmp_path: Path) -> None:
    """The files are written as the page names them, and used as it says."""
    _write_files((ROOT / "docs/howto/application.md").read_text(), tmp_path)
    home = Path(tempfile.mkdtemp(prefix="guide-"))
    home.chmod(0o711)  # the database's own account passes through, when root starts it
    environment = {
        **{"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        **{"BASELAYER_HOME": str(home), "BASELAYER__SERVER__PORT": "0"},
    }
    command = [sys.executable, "-m", "reading_list"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            base = next(line for line in server.stdout if "ready at" in line).split()[-1]
            _walk(base, environment)
        finally:
            server.terminate()
            server.communicate(timeout=60)
            shutil.rmtree(home, ignore_errors=True)


def _write_files(page: str, place: Path) -> None:
    files = re.findall(r"`(reading_list/[\w/.]+)`:\n\n```python\n(.*?)^```", page, re.S | re.M)
    assert len(files) == 4
    for name, text in [("reading_list/__init__.py", ""), *files]:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    with (place / "reading_list/shelves.py").open("a") as shelves:
        shelves.write(PLAIN)


def _walk(base: str, environment: dict[str, str]) -> None:
    """Do what "Try it out" says; noor may read, and for a stranger there is nothing."""
    tokens = {}
    for name, role in {"mira": "Manager", "noor": "Analyst", "odd": "Analyst"}.items():
        _command(environment, "user", "create", name, "--role", role)
        tokens[name] = _command(environment, "token", "create", "--user", name, "--name", "mine")
    _command(environment, "group", "create", "club", "--admin", "mira")
    _command(environment, "group", "add", "club", "noor")

    def ask(who: str, method: str, path: str, **body: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"token {tokens[who]}"}
        answer = requests.request(
            method, base + path, json=body or None, headers=headers, timeout=60
        )
        return answer.status_code, answer.json().get("data")

    (club,) = [
        g["id"] for g in ask("mira", "GET", "/api/groups")[1]["items"] if g["name"] == "club"
    ]
    shelf = ask("mira", "POST", "/reading/shelves", name="physics")[1]["id"]
    place = f"/reading/shelves/{shelf}"
    assert ask("noor", "GET", place)[0] == 404
    assert ask("mira", "POST", f"{place}/shares", group_id=club)[0] == 201
    assert ask("mira", "POST", f"{place}/shares", group_id=club)[0] == 409
    assert ask("mira", "POST", f"{place}/books", title="QED")[0] == 201
    assert [book["title"] for book in ask("noor", "GET", f"{place}/books")[1]["items"]] == ["QED"]
    assert ask("noor", "POST", f"{place}/books", title="Dune")[0] == 403
    assert ask("noor", "PATCH", place, name="mine")[0] == 403
    assert ask("mira", "PATCH", place, name="atoms")[1]["name"] == "atoms"
    assert ask("odd", "GET", place)[0] == 404
    assert [len(ask(who, "GET", "/reading/shelves")[1]["items"]) for who in tokens] == [1, 1, 0]
    counted = [ask(who, "GET", "/reading/count")[1]["shelves"] for who in tokens]
    assert counted == [1, 1, 0]
    linted = _command(environment, "check-policies", "--of", "reading_list.models:Base")
    assert linted == ""


def _command(environment: dict[str, str], *arguments: str) -> str:
    """Run a command of baselayer and return what it writes."""
    program = [sys.executable, "-c", "from baselayer.cli import main; main()", *arguments]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()
