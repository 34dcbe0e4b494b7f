"""Bytes of a proxy's answer: never one too many, and never for ever."""

import socket
import time

import pytest

from baselayer.app.egress.proxy_answers import (
    LIMIT_ANSWER_BYTES,
    Greeting,
    HungUpError,
    Knock,
    KnockedError,
    failure,
)
from baselayer.app.errors import ProxyLoginError, ProxyUnreachableError


def greeting_with(answer: bytes) -> tuple[Greeting, socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    theirs.sendall(answer)
    return Greeting(ours, time.monotonic() + 5), ours, theirs


def test_head_is_read_and_what_follows_is_left() -> None:
    greeting, ours, theirs = greeting_with(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nrest")
    with ours, theirs:
        assert greeting.read() == b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
        assert ours.recv(10) == b"rest"


def test_exact_number_is_read_and_an_end_is_an_error() -> None:
    greeting, ours, theirs = greeting_with(b"abcd")
    with ours:
        assert greeting.read_exactly(3) == b"abc"
        theirs.close()
        with pytest.raises(HungUpError):
            greeting.read_exactly(2)


def test_endless_head_and_passed_deadline_are_errors() -> None:
    greeting, ours, theirs = greeting_with(b"x" * (LIMIT_ANSWER_BYTES + 10))
    with ours, theirs:
        with pytest.raises(HungUpError):
            greeting.read()
        late = Greeting(ours, time.monotonic())
        with pytest.raises(TimeoutError):
            late.read()


@pytest.mark.parametrize("status", [200, 403, 500, 502])
def test_any_answer_but_log_in_is_a_welcome_to_who_knocks(status: int) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(f"HTTP/1.1 {status} x\r\n\r\n".encode())
        with pytest.raises(KnockedError):
            Knock(ours, time.monotonic() + 5, "http").read()


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 x\r\n\r\n", b"HTTP/1.0 401\r\n\r\n", b"?\r\n\r\n"]
)
def test_refusals_and_rubbish_are_no_welcome(answer: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(answer)
        assert Knock(ours, time.monotonic() + 5, "http").read() == answer


def test_socks_login_that_ends_in_silence_is_a_refused_login() -> None:
    greeting, ours, theirs = greeting_with(b"")
    with ours, theirs:
        greeting.write(b"\x01\x01u\x01p")
        assert isinstance(failure("socks5", "p:1", "t:2", greeting, None), ProxyLoginError)
        greeting.write(b"\x05\x01\x00")
        assert isinstance(failure("socks5", "p:1", "t:2", greeting, None), ProxyUnreachableError)
