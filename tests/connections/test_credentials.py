"""The password of a connection is nowhere: each search first finds a leak that was planted."""

import base64
import contextlib
import json
import re
import urllib.parse
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from baselayer.app.app_server import all_routes
from baselayer.app.connections.credentials import password_binding, seal_secrets, tls_key_binding
from baselayer.app.connections.models import SqlConnection
from baselayer.app.errors import SealError
from baselayer.app.sealing.ring import KeyRing
from tests.server import CANARY, Served, data, shared_house, wait_until


@pytest.fixture(scope="module")
def house() -> Iterator[Served]:
    yield from shared_house()


@pytest.fixture(scope="module", autouse=True)
def _used(house: Served) -> None:
    """Use the password in every way there is: it works, it fails, it is changed."""
    house.analyst.run(house.connection_id, "select * from items")
    house.analyst.run(house.connection_id, "select 1/0")
    data(house.owner.post(f"/api/connections/{house.connection_id}/test"))
    for changes in (
        {"port": 1},
        {"database": CANARY[:20]},
        {"tls_mode": "require"},
        {"username": "reader"},
        {"host": "no-such-host.invalid"},
    ):
        ident = house.new_connection(**changes)
        assert not leaks(str(house.owner.run(ident, "select 1")).encode())
        assert not leaks(house.owner.post(f"/api/connections/{ident}/test").content)
        house.owner.patch(f"/api/connections/{ident}", {"password": CANARY, "port": "x"})
        house.owner.patch(f"/api/connections/{ident}", {"password": CANARY, "port": 2})
    house.owner.post("/api/connections", house.connection_body(password=CANARY, port="x"))
    house.owner.post("/api/connections", house.connection_body(password=[CANARY]))
    house.owner.post("/api/connections", house.connection_body(password=CANARY, name="shop"))
    house.owner.call("POST", "/api/connections", data=b'{"password": "' + CANARY.encode())
    house.owner.get("/api/connections", params={"password": CANARY})


def forms(secret: str) -> set[bytes]:
    """Return every way in which a secret could be written down."""
    raw = secret.encode()
    found = {
        raw,
        raw.hex().encode(),
        raw.hex().upper().encode(),
        base64.b64encode(raw).rstrip(b"="),
        base64.urlsafe_b64encode(raw).rstrip(b"="),
        urllib.parse.quote(secret).encode(),
        urllib.parse.quote(secret, safe="").encode(),
        urllib.parse.quote_plus(secret).encode(),
        json.dumps(secret)[1:-1].encode(),
        json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
        repr(secret)[1:-1].encode(),
        secret.encode("utf-16-le"),
        secret.replace("'", "''").encode(),
        re.escape(secret).encode(),
    }
    # In the midst of a longer text, base64 has one of three alignments.
    for shift in (1, 2):
        found.add(base64.b64encode(b"\0" * shift + raw)[4:-4])
    return found


FORMS = forms(CANARY)


# The tests of connections were read when they were made; the others take rights from people.
LEFT_OUT = ("/test", "/deactivate", "/activate", "/transfer")


def leaks(text: bytes) -> list[bytes]:
    """Return the forms of the password that are in `text`."""
    return [form for form in FORMS if form in text]


@pytest.mark.parametrize("form", sorted(FORMS))
def test_search_finds_each_form(form: bytes) -> None:
    assert form in leaks(b"before " + form + b" after")


def test_no_answer_holds_the_password(house: Served) -> None:
    assert leaks(house.owner.get("/api/profile").content + CANARY.encode())
    asked = 0
    for route in all_routes():
        for method in route.operations():
            for path in _paths(house, route.path):
                for caller in (house.owner, house.admin):
                    if method == "delete" or path.endswith(LEFT_OUT):
                        continue
                    answer = caller.call(method.upper(), path, {} if method != "get" else None)
                    asked += 1
                    told = answer.content + str(answer.headers).encode()
                    assert not leaks(told), f"{method} {path}"
    assert asked > 80


def test_no_log_holds_the_password(house: Served) -> None:
    log = house.log_path.read_bytes() + (house.home / "postgres" / "server.log").read_bytes()
    assert b"POST" in log  # it is the right log
    assert leaks(log + b" planted " + CANARY.encode())
    assert not leaks(log)


def test_no_process_shows_the_password(house: Served) -> None:
    def shown() -> bytes:
        found = b""
        for process in psutil.process_iter():
            with contextlib.suppress(OSError, psutil.Error):
                found += Path(f"/proc/{process.pid}/cmdline").read_bytes()
        for process in house.processes():
            with contextlib.suppress(OSError):
                found += Path(f"/proc/{process.pid}/environ").read_bytes()
        return found

    assert not leaks(shown())
    with psutil.Popen(["sleep", "60"], env={"PLANTED": CANARY}) as planted:
        try:
            environ = Path(f"/proc/{planted.pid}/environ")
            assert wait_until(lambda: leaks(environ.read_bytes()), seconds=5)
        finally:
            planted.kill()


def test_executors_environment_cannot_be_read_or_is_empty(house: Served) -> None:
    for name in ("executor", "converter"):
        path = Path(f"/proc/{house.executor(name).pid}/environ")
        with contextlib.suppress(PermissionError):
            assert b"BASELAYER" not in path.read_bytes()


def test_no_table_of_the_metadata_holds_the_password(house: Served) -> None:
    def dumped(rows: str, *values: str) -> bytes:
        return "".join(text for (text,) in house.rows(rows, *values)).encode()

    # Planted in no table: the log of the database would keep it for the next test to find.
    assert leaks(dumped("select to_jsonb(t)::text from (values (%s::text)) t(leak)", CANARY))
    tables = house.rows("select tablename from pg_tables where schemaname = 'public'")
    assert ("sql_connections",) in tables
    for (table,) in tables:
        assert not leaks(dumped(f'select to_jsonb(t)::text from "{table}" t')), table


def test_no_file_of_the_data_directory_holds_the_password(house: Served) -> None:
    def searched() -> list[str]:
        found = []
        for path in house.home.rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                if path.is_file() and leaks(path.read_bytes()):
                    found.append(path.relative_to(house.home).as_posix())
        return found

    assert list((house.home / "results").iterdir()), "the results are among the files"
    planted = house.home / "results" / "planted"
    planted.write_bytes(b"x" * 70_000 + CANARY.encode())
    assert searched() == ["results/planted"]
    planted.unlink()
    assert searched() == []


def test_seal_opens_for_its_own_record_and_server_only(tmp_path: Path) -> None:
    ring = KeyRing.load_or_create(tmp_path / "secrets" / "keys.json")
    record = _record()
    seal_secrets(record, ring, password="secret", tls_key="key")
    sealed = str(record.sealed_password)
    assert ring.open(sealed, password_binding(record)) == "secret"
    assert ring.open(str(record.sealed_tls_key), tls_key_binding(record)) == "key"
    elsewhere: list[dict[str, Any]] = [
        {"host": "evil.example"},
        {"port": 5433},
        {"tls_mode": "disable"},
        {"engine": "mysql"},
        {"id": uuid.uuid4()},
    ]
    for change in elsewhere:
        other = _record(id=record.id) if "id" not in change else _record()
        for name, value in change.items():
            setattr(other, name, value)
        with pytest.raises(SealError):
            ring.open(sealed, password_binding(other))
    with pytest.raises(SealError):
        ring.open(sealed, tls_key_binding(record))


def test_null_clears_a_secret_and_silence_keeps_it(tmp_path: Path) -> None:
    ring = KeyRing.load_or_create(tmp_path / "secrets" / "keys.json")
    record = _record()
    seal_secrets(record, ring, password="secret", tls_key="key")
    kept = record.sealed_tls_key
    seal_secrets(record, ring, password=None)
    assert (record.sealed_password, record.sealed_tls_key) == (None, kept)


def _record(**values: Any) -> SqlConnection:
    where = {"engine": "postgresql", "host": "db.example", "port": 5432, "tls_mode": "verify-full"}
    return SqlConnection(**({"id": uuid.uuid4()} | where | values))


def _paths(house: Served, path: str) -> list[str]:
    """Return the address with the id of each record of its noun."""
    nouns = {
        "connections": "connections",
        "runs": "query_runs",
        "queries": "queries",
        "groups": "groups",
        "tokens": "tokens",
        "users": "users",
        "cron": "cron_job_runs",
        "accounts": "accounts",
        "admission-requests": "group_admission_requests",
        "invitations": "invitations",
        "streams": "streams",
    }
    if "{id}" not in path:
        return [path]
    table = nouns[path.split("/")[2]]
    rows = house.rows(f"select id from {table} order by id desc limit 4")
    return [path.replace("{id}", str(i)).replace("{user_id}", "1") for (i,) in rows]
