"""Names are resolved once, every answer is checked, and only what was checked is dialled."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from baselayer.app.egress.dialler import dial, resolve
from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.errors import AddressNotAllowedError, TargetUnreachableError
from tests.targets import SOON_SECONDS

OPEN = EgressPolicy(allow_loopback=True, allow_private=True)
CLOSED = EgressPolicy()


class FakeDns:
    """Answers with the lists given, one per question, and counts the questions."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        found = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [(0, 0, 0, "", (ip, port)) for ip in found]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        "/tmp",
        "/var/run/postgresql",
        "@abstract",
        "a,b",
        "db user=super",
        "host=/tmp/pgd",
        "x?host=/tmp",
        "user@db",
        "db\n",
        "db\0",
        "h%00",
        "db:5432",
        "[::1]",
        "fe80::1%lo",
        "-db",
        "①②⑦.⓪.⓪.①",
        "bücher.example",
        "a" * 300,
        "a" * 64 + ".example",
        "a..b",
    ],
)
def test_host_that_is_not_plain_is_refused_unresolved(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dns = FakeDns(["8.8.8.8"])
    monkeypatch.setattr(socket, "getaddrinfo", dns)
    with pytest.raises(AddressNotAllowedError):
        resolve(host, 5432, OPEN)
    assert dns.asked == 0


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "::1"]
)
def test_loopback_in_every_spelling_is_refused(host: str) -> None:
    with pytest.raises(AddressNotAllowedError):
        resolve(host, 80, CLOSED)


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.1", "::ffff:a9fe:a9fe"])
def test_metadata_service_is_refused_even_when_all_is_open(host: str) -> None:
    with pytest.raises(AddressNotAllowedError):
        resolve(host, 80, OPEN)


def test_one_bad_answer_refuses_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", FakeDns(["8.8.8.8", "127.0.0.1"]))
    with pytest.raises(AddressNotAllowedError):
        resolve("mixed.example", 80, CLOSED)


def test_answers_come_back_unmapped_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", FakeDns(["::ffff:8.8.8.8", "8.8.8.8", "1.1.1.1"]))
    assert resolve("db.example", 80, CLOSED) == ["8.8.8.8", "1.1.1.1"]


def test_rebinding_name_is_asked_once_and_the_checked_address_dialled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dns = FakeDns(["8.8.8.8"], ["127.0.0.1"])
    dialled: list[str] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        dialled.append(address[0])
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", dns)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(TargetUnreachableError):
        dial("rebind.example", 80, CLOSED, timeout_seconds=5)
    assert (dns.asked, dialled) == (1, ["8.8.8.8"])


def test_name_without_address_is_unreachable() -> None:
    with pytest.raises(TargetUnreachableError):
        resolve("no-such-host.invalid", 80, OPEN, timeout_seconds=5)


def test_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        release.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    begun = time.monotonic()
    with pytest.raises(TargetUnreachableError, match="not resolved within"):
        resolve("slow.example", 80, OPEN, timeout_seconds=0.1)
    assert time.monotonic() - begun < SOON_SECONDS
    release.set()


@pytest.mark.parametrize("port", [0, 65_536, -5])
def test_port_out_of_range_is_refused(port: int) -> None:
    with pytest.raises(AddressNotAllowedError):
        resolve("8.8.8.8", port, OPEN)


def test_dial_returns_a_connected_blocking_socket(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with dial("127.0.0.1", port, OPEN, timeout_seconds=5) as connected:
        assert connected.getpeername() == ("127.0.0.1", port)
        assert connected.gettimeout() is None


def test_refused_address_gets_no_packet(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    policy = EgressPolicy(allow_loopback=True, refused=frozenset({("127.0.0.1", port)}))
    for attempt in (CLOSED, policy):
        with pytest.raises(AddressNotAllowedError):
            dial("127.0.0.1", port, attempt, timeout_seconds=5)
    listener.settimeout(0.05)
    with pytest.raises(TimeoutError):
        listener.accept()


def test_nobody_at_the_port_is_unreachable(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    with pytest.raises(TargetUnreachableError):
        dial("127.0.0.1", port, OPEN, timeout_seconds=5)
