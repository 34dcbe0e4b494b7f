"""baselayer connection."""

import subprocess
import sys
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa

from baselayer.app.connections.credentials import password_binding
from baselayer.app.connections.models import SqlConnection
from tests.cli.conftest import Cli

pytestmark = pytest.mark.usefixtures("people")

PASSWORD = f"canary-{uuid.uuid4().hex}"
WHERE = ("--owner", "olga", "--host", "db.example.org", "--database", "d", "--username", "u")


def create(cli: Cli, name: str, *more: str, password: str = PASSWORD) -> str:
    asked = ("connection", "create", name, *WHERE, "--password-stdin", *more)
    return cli.must(*asked, stdin=password).out.strip()


def opened(cli: Cli, ident: str) -> str:
    with cli.house() as house, house.database.plain() as session:
        wanted = sa.select(SqlConnection).where(SqlConnection.id == uuid.UUID(ident))
        record = session.scalars(wanted).one()
        assert record.sealed_password is not None
        return house.key_ring.open(record.sealed_password, password_binding(record))


def places_of(text: str, home: Path) -> list[Path]:
    needle = text.encode()
    return [file for file in home.rglob("*") if file.is_file() and needle in file.read_bytes()]


def test_password_is_sealed_as_it_was_entered(cli: Cli, tmp_path: Path) -> None:
    assert opened(cli, create(cli, "one", password=f"  {PASSWORD} \n")) == f"  {PASSWORD} "
    (tmp_path / "password").write_text(f"{PASSWORD}\r\n")
    asked = ("connection", "create", "two", *WHERE, "--password-file", "password")
    assert opened(cli, cli.must(*asked).out.strip()) == PASSWORD


def test_password_from_standard_input_is_seen_nowhere(cli: Cli) -> None:
    """In no argument list, no output, no log, and no file of the installation, not even its WAL."""
    command = [sys.executable, "-c", "from baselayer.cli import main; main()"]
    asked = ["connection", "create", "canary", *WHERE, "--password-stdin"]
    with subprocess.Popen(
        [*command, *asked],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        arguments = Path(f"/proc/{process.pid}/cmdline").read_text()
        told, _ = process.communicate(PASSWORD, timeout=60)
    assert process.returncode == 0, told
    assert PASSWORD not in arguments + told
    leak = cli.home / "planted"
    leak.write_text(f"...{PASSWORD}...")
    assert places_of(PASSWORD, cli.home) == [leak]  # this search does find what there is
    leak.unlink()
    assert PASSWORD not in cli.must("connection", "show", "canary").out
    assert PASSWORD not in str([line.details for line in cli.audit("connection.create")])


def test_password_is_no_argument(cli: Cli) -> None:
    told = cli.run("connection", "create", "three", *WHERE, "--password", PASSWORD)
    assert told.status == 2
    assert PASSWORD not in told.err


def test_missing_password_is_told(cli: Cli, tmp_path: Path) -> None:
    asked = ("connection", "create", "four", *WHERE)
    assert "no terminal to ask" in cli.fails(*asked)
    assert "is empty" in cli.fails(*asked, "--password-stdin", stdin="\n")
    assert "cannot be read" in cli.fails(*asked, "--password-file", "nowhere")
    assert "either" in cli.fails(*asked, "--password-file", "x", "--password-stdin")


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--host", "/tmp/socket", "host: "),
        ("--port", "70000", "port: "),
        ("--engine", "oracle", "engine: "),
        ("--tls-mode", "maybe", "tls_mode: "),
    ],
)
def test_bad_field_is_named_and_nothing_stored(
    cli: Cli, option: str, value: str, told: str
) -> None:
    asked = ("connection", "create", "bad", *WHERE, "--password-stdin", option, value)
    refusal = cli.fails(*asked, stdin=PASSWORD)
    assert told in refusal
    assert "Nothing was changed" in refusal
    assert "bad" not in cli.must("connection", "list").out


def test_sharing_says_who_may_what(cli: Cli) -> None:
    create(cli, "shared")
    cli.must("connection", "share", "shared", "--owner", "olga", "--group", "team")
    assert "team (see)" in cli.must("connection", "show", "shared").out
    cli.must("connection", "share", "shared", "--group", "team", "--run", "--update")
    assert "team (see, run, update)" in cli.must("connection", "show", "shared").out
    cli.must("connection", "unshare", "shared", "--group", "team")
    assert "nobody" in cli.must("connection", "show", "shared").out
    assert "is not shared with" in cli.fails("connection", "unshare", "shared", "--group", "team")
    assert cli.audit("connection.share")[-1].details["can_run"] is True


def test_name_of_two_owners_needs_one(cli: Cli) -> None:
    ident = create(cli, "twin")
    create(cli, "twin", "--owner", "anton")
    assert "say --owner" in cli.fails("connection", "show", "twin")
    assert ident in cli.must("connection", "show", "twin", "--owner", "olga").out
    assert ident in cli.must("connection", "show", ident).out
    assert "name is taken" in cli.fails(
        "connection", "create", "twin", *WHERE, "--password-stdin", stdin=PASSWORD
    )


def test_deleted_connection_is_gone(cli: Cli) -> None:
    create(cli, "brief", "--write")
    assert "write" in cli.must("connection", "list").out
    cli.must("connection", "delete", "brief")
    assert "There is no connection 'brief'" in cli.fails("connection", "show", "brief")


def test_any_field_is_set_and_secrets_come_from_files(cli: Cli) -> None:
    Path("proxy").write_text("  hidden \n")
    way = ("--set", "proxy_host=proxy.example", "--set", "proxy_protocol=socks5")
    create(cli, "way", *way, "--set", "proxy_port=1080", "--file", "proxy_password=proxy")
    shown = cli.must("connection", "show", "way").out
    assert "password, proxy_password" in shown
    assert "socks5" in shown
    assert "hidden" not in shown
    assert PASSWORD not in shown
    for secret in ("password", "ssh_private_key", "proxy-password"):
        refusal = cli.fails("connection", "update", "way", "--set", f"{secret}=visible")
        assert "is a secret" in refusal
        assert "visible" not in refusal
    assert "visible" not in cli.fails("connection", "update", "way", "--set", "visible")
    assert "no terminal" in cli.fails("connection", "update", "way", "--ask", "password")
    assert "nonsense: " in cli.fails("connection", "update", "way", "--set", "nonsense=1")


def test_update_that_leads_elsewhere_clears_the_secrets(cli: Cli) -> None:
    create(cli, "led")
    cli.must("connection", "update", "led", "--set", "name=led two", "--set", "tags=[a, b]")
    assert "password" in _stored(cli, "led two")
    cli.must("connection", "update", "led two", "--set", "host=other.example")
    assert _stored(cli, "led two") == "none"
    Path("new").write_text(PASSWORD)
    change = ("--set", "host=third.example", "--file", "password=new")
    cli.must("connection", "update", "led two", *change)
    assert _stored(cli, "led two") == "password"
    assert cli.audit("connection.update")[-1].details["fields"] == ["host", "password"]


def test_what_was_exported_is_applied_without_secrets(cli: Cli) -> None:
    create(cli, "origin", "--set", "version=1.2.3", "--set", "annotations=[{team: a}]")
    text = cli.must("connection", "export", "origin").out
    assert PASSWORD not in text
    assert "sealed" not in text
    Path("origin.yaml").write_text(text.replace("name: origin", "name: applied"))
    ident = cli.must("connection", "apply", "origin.yaml", "--owner", "olga").out.strip()
    assert _stored(cli, "applied") == "none"
    again = cli.must("connection", "apply", "-", "--owner", "olga", stdin='{"name": "applied"}')
    assert again.out.strip() == ident
    applied = cli.must("connection", "export", "applied").out
    assert applied == text.replace("name: origin", "name: applied")
    Path("led.yaml").write_text("name: origin\nhost: evil.example\n")
    cli.must("connection", "apply", "led.yaml", "--owner", "olga")
    assert _stored(cli, "origin") == "none"
    for bad, told in (("[]", "mapping"), ("name: origin\nengine: mysql", "engine"), ("x: 1", "x")):
        assert told in cli.fails("connection", "apply", "-", "--owner", "olga", stdin=bad)


def test_copy_has_no_secret_and_another_owner(cli: Cli) -> None:
    create(cli, "pattern")
    cli.must("connection", "clone", "pattern", "--to", "anton")
    shown = cli.must("connection", "show", "pattern (clone)").out
    assert "anton" in shown
    assert _stored(cli, "pattern (clone)") == "none"
    cli.must("connection", "clone", "pattern", "--to", "anton")
    cli.must("connection", "show", "pattern (clone 2)", "--owner", "anton")


def test_file_has_no_password(cli: Cli) -> None:
    where = ("--owner", "olga", "--engine", "sqlite", "--database", "a.db")
    cli.must("connection", "create", "file", *where)
    assert _stored(cli, "file") == "none"
    text = cli.must("connection", "export", "file").out
    cli.must("connection", "apply", "-", "--owner", "anton", stdin=text)


def _stored(cli: Cli, name: str) -> str:
    shown = cli.must("connection", "show", name).out
    (line,) = [line for line in shown.splitlines() if line.startswith("secrets stored")]
    return line.removeprefix("secrets stored").strip(" |│")
