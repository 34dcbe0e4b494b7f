"""The forwarder leads one process to one place, says why when it cannot, and leaves nothing."""

import gc
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from baselayer.app.egress import forwarding
from baselayer.app.egress.forwarding import LIMIT_DIALLING, forwarded, is_own
from baselayer.app.errors import TargetUnreachableError
from tests.targets import HERE, SOON_SECONDS

CYCLES = 200


@pytest.fixture
def echo() -> Iterator[Callable[[], socket.socket]]:
    """Serve who dials by sending back what comes; the fixture is how to dial it."""

    def answer(client: socket.socket) -> None:
        with client:
            while data := client.recv(65_536):
                client.sendall(data)

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(client,), daemon=True).start()

    with socket.create_server((HERE, 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield lambda: socket.create_connection(listener.getsockname(), timeout=5)
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON_SECONDS
    while not is_true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.02)


def open_files() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def unused() -> socket.socket:
    raise AssertionError("nobody may dial")


def ask(address: tuple[str, int], text: bytes = b"ping") -> bytes:
    with socket.create_connection(address, timeout=5) as near:
        near.sendall(text)
        try:
            return near.recv(100)
        except ConnectionResetError:
            return b""


def test_own_connection_gets_what_was_dialled(echo: Callable[[], socket.socket]) -> None:
    endpoints = forwarded(echo)
    (address,) = endpoints.addresses
    assert address[0] == HERE
    assert ask(address) == b"ping"
    assert ask(address, b"again") == b"again"
    assert endpoints.failure() is None
    endpoints.close()
    endpoints.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)


def test_other_process_is_closed_unheard() -> None:
    endpoints = forwarded(unused)
    program = (
        "import socket,sys\n"
        f"s = socket.create_connection({endpoints.addresses[0]!r}, timeout=5)\n"
        "s.settimeout(5)\n"
        "try: sys.stdout.write(repr(s.recv(1)))\n"
        "except ConnectionResetError: sys.stdout.write('reset')\n"
    )
    heard = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    endpoints.close()
    assert heard.stdout in ("b''", "reset")


def test_nobody_is_let_in_where_the_system_does_not_say_whose_a_socket_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("_TCP_TABLE", "_OWN_FILES"):
        with monkeypatch.context() as patch:
            patch.setattr(forwarding, name, tmp_path / "absent")
            endpoints = forwarded(unused)
            assert ask(endpoints.addresses[0]) == b""
            endpoints.close()


def test_process_that_nobody_may_inspect_knows_its_own_sockets() -> None:
    program = (
        "import ctypes, encodings.idna, os, socket\n"
        "from baselayer.app.egress.forwarding import is_own\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n"
        "listener = socket.create_server(('127.0.0.1', 0))\n"
        "near = socket.create_connection(listener.getsockname())\n"
        "print(is_own(near.getsockname(), listener.getsockname()))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert said.stdout == "True\n"


def test_socket_that_was_closed_is_nobodys() -> None:
    with closing(socket.create_server((HERE, 0))) as listener:
        near = socket.create_connection(listener.getsockname())
        peer, here = near.getsockname(), listener.getsockname()
        assert is_own(peer, here)
        near.close()
        assert not is_own(peer, here)


def test_failed_dial_closes_the_connection_and_says_why() -> None:
    refusal = TargetUnreachableError("The proxy is away.")

    def dial() -> socket.socket:
        raise refusal

    endpoints = forwarded(dial)
    assert ask(endpoints.addresses[0]) == b""
    assert endpoints.failure() is refusal
    endpoints.close()


def test_dials_at_a_time_are_bounded_and_closing_does_not_wait_for_them(
    echo: Callable[[], socket.socket],
) -> None:
    release = threading.Event()
    begun: list[int] = []
    dialled: list[socket.socket] = []

    def dial() -> socket.socket:
        begun.append(1)
        release.wait(20)
        dialled.append(echo())
        return dialled[-1]

    endpoints = forwarded(dial)
    waiting = [
        socket.create_connection(endpoints.addresses[0], timeout=5) for _ in range(LIMIT_DIALLING)
    ]
    wait_until(lambda: len(begun) == LIMIT_DIALLING)
    assert ask(endpoints.addresses[0]) == b""
    begun_closing = time.monotonic()
    endpoints.close()
    assert time.monotonic() - begun_closing < SOON_SECONDS
    assert [near.recv(1) for near in waiting] == [b""] * LIMIT_DIALLING
    release.set()
    wait_until(lambda: len(dialled) == LIMIT_DIALLING and all(s.fileno() < 0 for s in dialled))
    for near in waiting:
        near.close()


def test_closing_cuts_what_is_still_connected(echo: Callable[[], socket.socket]) -> None:
    endpoints = forwarded(echo)
    with socket.create_connection(endpoints.addresses[0], timeout=5) as near:
        near.sendall(b"ping")
        assert near.recv(10) == b"ping"
        endpoints.close()
        assert near.recv(10) == b""


def test_many_cycles_leave_no_thread_and_no_socket(echo: Callable[[], socket.socket]) -> None:
    def cycle(number: int) -> None:
        endpoints = forwarded(echo if number % 3 else failing)
        if number % 2:
            assert ask(endpoints.addresses[0]) == (b"ping" if number % 3 else b"")
            endpoints.close()
        else:
            with socket.create_connection(endpoints.addresses[0], timeout=5):
                endpoints.close()

    def failing() -> socket.socket:
        raise TargetUnreachableError("The proxy is away.")

    cycle(1)
    wait_until(lambda: not _ours())
    threads, files = threading.active_count(), open_files()
    for number in range(CYCLES):
        cycle(number)
    wait_until(lambda: threading.active_count() <= threads and open_files() <= files)


def _ours() -> list[str]:
    names = ("forwarder", "forward", "pump")
    return [thread.name for thread in threading.enumerate() if thread.name in names]
