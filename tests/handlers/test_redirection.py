"""A connection led elsewhere: nobody has a password sent to another server than it was for."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from tests.server import CANARY, Served, data

ABSENT = "01890000-0000-7000-8000-000000000000"
AUTHENTICATION_OK, CLEARTEXT, MD5, SASL = 0, 3, 5, 10


class Listener:
    """Somebody's own "database": asks for the password, and keeps every byte that it is sent."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.received = b""
        self.dialled = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                wire, _ = self.socket.accept()
            except OSError:
                return
            self.dialled += 1
            with wire:
                wire.settimeout(2)
                with suppress(OSError, struct.error):
                    self._converse(wire)

    def _converse(self, wire: socket.socket) -> None:
        while True:
            (length,) = struct.unpack("!I", wire.recv(4))
            body = wire.recv(length - 4)
            self.received += body
            if body[:4] not in (struct.pack("!I", 80877103), struct.pack("!I", 80877104)):
                break
            wire.sendall(b"N")
        wire.sendall(b"R" + struct.pack("!I", len(self.request) + 4) + self.request)
        while piece := wire.recv(65_536):
            self.received += piece

    @property
    def answered(self) -> bytes:
        """Return what came after the start-up message, which holds the user's name only."""
        return self.received.partition(b"\x00\x00")[2]


REQUESTS = {
    "cleartext": struct.pack("!I", CLEARTEXT),
    "md5": struct.pack("!I", MD5) + b"salt",
    "sasl": struct.pack("!I", SASL) + b"SCRAM-SHA-256\x00\x00",
    "trust": struct.pack("!I", AUTHENTICATION_OK),
}


@contextmanager
def listening(request: str) -> Iterator[Listener]:
    """Have a listener that asks in this way."""
    listener = Listener(REQUESTS[request])
    try:
        yield listener
    finally:
        listener.socket.close()


@pytest.mark.parametrize("request_kind", list(REQUESTS))
def test_editor_cannot_have_the_password_sent_to_his_listener(
    house: Served, shared: str, request_kind: str
) -> None:
    with listening(request_kind) as listener:
        changed = data(_patch(house, shared, host="127.0.0.1", port=listener.port))
        assert not changed["has_password"]
        steps = data(house.editor.post(f"/api/connections/{shared}/test"))
        run = house.editor.run(shared, "select 1")
        victim = house.analyst.run(shared, "select 1")
        assert listener.dialled >= 3
        assert CANARY.encode() not in listener.received
        assert b"p" not in listener.answered[:1], listener.answered
    assert not steps["ok"]
    assert run["state"] == victim["state"] == "failed"
    if request_kind != "trust":
        assert run["error_code"] == "target_password_missing"
        assert "enter" in run["error_message"].lower()


def test_password_entered_in_the_same_request_is_the_one_that_is_sent(
    house: Served, shared: str
) -> None:
    with listening("sasl") as listener:
        changed = data(_patch(house, shared, port=listener.port, password="another one"))
        assert changed["has_password"]
        house.editor.run(shared, "select 1")
        assert b"SCRAM-SHA-256" in listener.answered
        assert CANARY.encode() not in listener.received
    back = {"port": house.target.port, "password": CANARY}
    assert data(_patch(house, shared, **back))["has_password"]
    assert house.editor.run(shared, "select 1")["state"] == "succeeded"


@pytest.mark.parametrize(
    "change",
    [
        {"host": "localhost"},
        {"port": 1},
        {"tls_mode": "require"},
        {"tls_mode": "verify-full"},
        {"tls_ca": "-----BEGIN CERTIFICATE-----"},
        {"host": "127.0.0.2", "description": "together"},
    ],
)
def test_change_of_where_it_leads_clears_the_password(
    house: Served, shared: str, change: dict[str, Any]
) -> None:
    assert not data(_patch(house, shared, **change))["has_password"]
    assert house.rows("select sealed_password from sql_connections where id = %s", shared) == [
        (None,)
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"description": "better"},
        {"host": "127.0.0.1"},
        {"tls_mode": "disable"},
        {"name": "a new name"},
        {"timeout_seconds": 5},
        {"limit_rows": None},
        {},
    ],
)
def test_other_changes_keep_the_password(
    house: Served, shared: str, change: dict[str, Any]
) -> None:
    assert data(_patch(house, shared, **change))["has_password"]
    assert house.editor.run(shared, "select 1")["state"] == "succeeded"


def test_going_back_does_not_bring_the_password_back(house: Served, shared: str) -> None:
    data(_patch(house, shared, port=1))
    assert not data(_patch(house, shared, port=house.target.port))["has_password"]
    assert house.editor.run(shared, "select 1")["error_code"] == "target_password_missing"


def test_null_clears_the_password_and_spaces_are_part_of_it(house: Served, shared: str) -> None:
    assert not data(_patch(house, shared, password=None))["has_password"]
    house.target.admin("alter role canary password ' spaced '")
    try:
        data(_patch(house, shared, password=" spaced "))
        assert house.editor.run(shared, "select 1")["state"] == "succeeded"
    finally:
        house.target.admin("alter role canary password '" + CANARY.replace("'", "''") + "'")


@pytest.mark.parametrize(
    "change", ["host = 'localhost'", "port = port + 1", "tls_mode = 'require'", "engine = 'x'"]
)
def test_change_behind_our_back_fails_closed(house: Served, shared: str, change: str) -> None:
    house.rows(f"update sql_connections set {change} where id = %s", shared)
    if "engine" in change:
        answer = house.editor.post("/api/runs", {"connection_id": shared, "sql": "select 1"})
        assert answer.status_code >= 400
        house.rows("update sql_connections set engine = 'postgresql' where id = %s", shared)
    else:
        assert house.editor.run(shared, "select 1")["error_code"] == "seal_broken"


def test_password_moved_to_another_record_stays_shut(house: Served, shared: str) -> None:
    other = house.new_connection(house.editor, username="canary", password="x")
    house.rows(
        "update sql_connections set sealed_password = (select sealed_password from sql_connections"
        " where id = %s) where id = %s",
        shared,
        other,
    )
    assert house.editor.run(other, "select 1")["error_code"] == "seal_broken"


def _patch(house: Served, ident: str, **changes: Any) -> Any:
    return house.editor.patch(f"/api/connections/{ident}", changes)
