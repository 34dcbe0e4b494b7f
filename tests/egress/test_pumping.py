"""Bytes go both ways at once, half-closes are passed on, and nothing stays open."""

import socket
import threading

import pytest

from baselayer.app.egress import pumping
from baselayer.app.egress.pumping import Pump, bridged

MEGABYTES = 8 * 1_048_576


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pumping, "LINGER_SECONDS", 0.2)


def read_all(source: socket.socket) -> bytes:
    parts = []
    while data := source.recv(65_536):
        parts.append(data)
    return b"".join(parts)


def test_both_directions_fill_and_neither_waits_for_the_other() -> None:
    ours, far = socket.socketpair()
    near = bridged(far)
    got: dict[str, bytes] = {}

    def send(end: socket.socket) -> None:
        end.sendall(bytes(MEGABYTES))
        end.shutdown(socket.SHUT_WR)

    threads = [threading.Thread(target=send, args=(end,)) for end in (near, ours)]
    threads += [
        threading.Thread(target=lambda: got.update(near=read_all(near))),
        threading.Thread(target=lambda: got.update(ours=read_all(ours))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert {name: len(data) for name, data in got.items()} == {"near": MEGABYTES, "ours": MEGABYTES}
    near.close()
    ours.close()


def test_half_close_is_passed_on_and_the_answer_still_comes() -> None:
    ours, far = socket.socketpair()
    near = bridged(far)
    near.sendall(b"question")
    near.shutdown(socket.SHUT_WR)
    assert read_all(ours) == b"question"
    ours.sendall(b"answer")
    ours.close()
    assert read_all(near) == b"answer"
    near.close()


def test_end_that_never_says_goodbye_is_cut_after_a_while() -> None:
    ours, far = socket.socketpair()
    near, middle = socket.socketpair()
    pump = Pump(middle, far)
    pump.start()
    near.close()
    assert pump.wait(5)
    assert (middle.fileno(), far.fileno()) == (-1, -1)
    ours.close()


def test_cut_ends_both_at_once() -> None:
    ours, far = socket.socketpair()
    near, middle = socket.socketpair()
    ended: list[Pump] = []
    pump = Pump(middle, far, ended.append)
    pump.start()
    pump.cut()
    assert pump.wait(5)
    assert ended == [pump]
    assert near.recv(1) == ours.recv(1) == b""
    pump.cut()
    near.close()
    ours.close()
