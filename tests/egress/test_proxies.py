"""Through each kind of proxy, real ones and ones that misbehave; our errors name what failed."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import pytest

from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.egress.proxies import ProxiedWay, Proxy, probe
from baselayer.app.errors import (
    AddressNotAllowedError,
    BaselayerError,
    ProxyLoginError,
    ProxyRefusedError,
    ProxyTlsError,
    ProxyUnreachableError,
    TargetUnreachableError,
)
from tests.egress.conftest import KINDS, Canary, Proxies
from tests.targets import HERE, SOON_SECONDS, free_port, make_certificates

LOCAL = EgressPolicy(allow_loopback=True)
GREETING = b"220 the server speaks first\r\n"
GOOD_METHOD, GOOD_REPLY = b"\x05\x00", b"\x05\x00\x00\x01" + bytes(6)


@dataclass
class Scripted:
    """A proxy that answers each message with the next of `answers`, and keeps what it is told."""

    port: int
    heard: list[bytes]


@contextmanager
def scripted(*answers: bytes, hold: bool = False) -> Iterator[Scripted]:
    heard: list[bytes] = []
    done = threading.Event()

    def serve() -> None:
        with suppress(OSError), listener.accept()[0] as client:
            client.settimeout(5)
            for answer in answers:
                heard.append(client.recv(65_536))
                client.sendall(answer)
            if hold:
                done.wait(10)

    with socket.create_server((HERE, 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield Scripted(listener.getsockname()[1], heard)
        done.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture
def greeter() -> Iterator[int]:
    """A server that speaks first, and sends back what it hears after that."""

    def answer(client: socket.socket) -> None:
        with client, suppress(OSError):
            client.sendall(GREETING)
            while data := client.recv(65_536):
                client.sendall(data)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client = listener.accept()[0]
                threading.Thread(target=answer, args=(client,), daemon=True).start()

    with socket.create_server((HERE, 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def dial(proxy: Proxy, host: str, port: int, *, timeout_seconds: float = 10) -> socket.socket:
    return ProxiedWay(LOCAL, proxy).dial(host, port, timeout_seconds=timeout_seconds)


def read(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := source.recv(size - len(data))):
        data += more
    return data


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_go_through_a_real_proxy_both_ways(kind: str, proxies: Proxies, greeter: int) -> None:
    way = ProxiedWay(LOCAL, proxies.of(kind))
    with way.dial("localhost", greeter, timeout_seconds=10) as connected:
        assert connected.gettimeout() is None
        assert read(connected, len(GREETING)) == GREETING
        text = bytes(range(256)) * 4_096
        sender = threading.Thread(target=connected.sendall, args=(text,))
        sender.start()
        assert read(connected, len(text)) == text
        sender.join(10)
        assert way.again("localhost", connected) == "localhost"


@pytest.mark.parametrize("kind", KINDS)
def test_library_that_dials_by_itself_goes_through_the_proxy(
    kind: str, proxies: Proxies, greeter: int
) -> None:
    way = ProxiedWay(LOCAL, proxies.of(kind))
    endpoints = way.endpoints("localhost", greeter, timeout_seconds=10)
    with socket.create_connection(endpoints.addresses[0], timeout=10) as near:
        assert read(near, len(GREETING)) == GREETING
    endpoints.close()


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_or_missing_login_is_the_proxys_and_shows_no_password(
    kind: str, proxies: Proxies, greeter: int
) -> None:
    good = proxies.of(kind)
    wrong = "wrong-canary-7f3a"
    for proxy in (
        replace(good, password=wrong),
        replace(good, username=None, password=None),
        replace(good, password=None),
    ):
        for act in (
            lambda p: dial(p, "localhost", greeter),
            lambda p: probe(p, LOCAL, timeout_seconds=10),
        ):
            with pytest.raises(ProxyLoginError) as caught:
                act(proxy)
            shown = repr(caught.value) + caught.value.message + str(caught.value.details)
            assert wrong not in shown + repr(proxy)


@pytest.mark.parametrize("kind", KINDS)
def test_target_that_is_not_there_is_the_proxys_answer_in_words(
    kind: str, proxies: Proxies
) -> None:
    with pytest.raises(ProxyRefusedError, match=r"does not lead to localhost:\d+: \w") as caught:
        dial(proxies.of(kind), "localhost", free_port())
    assert caught.value.details["answer"]


@pytest.mark.parametrize("kind", KINDS)
def test_good_proxy_is_probed_without_a_target(kind: str, proxies: Proxies) -> None:
    probe(proxies.of(kind), LOCAL, timeout_seconds=20)


def test_https_proxy_has_to_prove_its_name(proxies: Proxies, greeter: int) -> None:
    good = proxies.of("https")
    stranger = make_certificates().authority
    for proxy, said in (
        (replace(good, host=HERE), "certificate"),  # not named in the certificate
        (replace(good, tls_ca=stranger), "certificate"),
        (replace(good, tls_ca=None), "certificate"),
        (replace(good, tls_ca="no PEM"), "PEM"),
        (replace(good, port=greeter), "no TLS"),
    ):
        with pytest.raises(ProxyTlsError, match=said):
            dial(proxy, "localhost", greeter)


def test_name_goes_to_the_proxy_unresolved_and_the_greeting_behind_its_answer_is_kept() -> None:
    answer = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n" + GREETING
    with scripted(answer, hold=True) as server:
        with dial(Proxy("http", HERE, server.port), "db.internal.invalid", 5432) as connected:
            assert read(connected, len(GREETING)) == GREETING
        assert server.heard[0].startswith(b"CONNECT db.internal.invalid:5432 HTTP/1.1\r\n")
    with scripted(GOOD_METHOD, GOOD_REPLY + GREETING, hold=True) as server:
        with dial(Proxy("socks5", HERE, server.port), "db.internal.invalid", 5432) as connected:
            assert read(connected, len(GREETING)) == GREETING
        assert server.heard[1] == b"\x05\x01\x00\x03\x13db.internal.invalid\x15\x38"


@pytest.mark.parametrize("code", range(1, 9))
def test_every_socks_reply_has_words(code: int) -> None:
    with (
        scripted(GOOD_METHOD, bytes([5, code, 0, 1]) + bytes(6)) as server,
        pytest.raises(ProxyRefusedError, match="does not lead"),
    ):
        dial(Proxy("socks5", HERE, server.port), "db.example", 5432)


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "403 Forbidden"), (502, "502 Bad Gateway"), (599, "status 599")],
)
def test_status_is_told_and_the_proxys_own_text_is_not(status: int, words: str) -> None:
    answer = f"HTTP/1.1 {status} secret banner\r\nX-Secret: yes\r\n\r\n".encode()
    with (
        scripted(answer) as server,
        pytest.raises(ProxyRefusedError, match=words) as caught,
    ):
        dial(Proxy("http", HERE, server.port), "db.example", 5432)
    assert "ecret" not in caught.value.message


@pytest.mark.parametrize("protocol", ["http", "socks5"])
@pytest.mark.parametrize("answer", [b"", b"\x00", b"SSH-2.0-x\r\n\r\n", b"\r\n\r\n", b"x" * 20_000])
def test_what_is_no_proxy_is_named_so(protocol: str, answer: bytes) -> None:
    with (
        scripted(answer) as server,
        pytest.raises(ProxyUnreachableError, match=f"no {protocol} proxy"),
    ):
        dial(Proxy(protocol, HERE, server.port), "db.example", 5432)


def test_proxy_that_is_away_is_unreachable() -> None:
    proxy = Proxy("socks5", HERE, free_port())
    with pytest.raises(ProxyUnreachableError):
        dial(proxy, "db.example", 5432)
    with pytest.raises(ProxyUnreachableError):
        probe(proxy, LOCAL, timeout_seconds=5)


@pytest.mark.parametrize(
    ("protocol", "answers", "error"),
    [
        ("http", [], TargetUnreachableError),
        ("socks5", [], ProxyUnreachableError),
        ("socks5", [GOOD_METHOD], TargetUnreachableError),
    ],
)
def test_silence_ends_in_time(
    protocol: str, answers: list[bytes], error: type[BaselayerError]
) -> None:
    begun = time.monotonic()
    with (
        scripted(*answers, hold=True) as server,
        pytest.raises(error, match="in time"),
    ):
        dial(Proxy(protocol, HERE, server.port), "db.example", 5432, timeout_seconds=0.3)
    assert time.monotonic() - begun < SOON_SECONDS


def test_answer_that_drips_ends_in_time() -> None:
    stop = threading.Event()

    def drip() -> None:
        with suppress(OSError), listener.accept()[0] as client:
            while not stop.wait(0.05):
                client.sendall(b"H")

    with socket.create_server((HERE, 0)) as listener:
        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(TargetUnreachableError):
            dial(
                Proxy("http", HERE, listener.getsockname()[1]), "db.example", 1, timeout_seconds=0.4
            )
        assert time.monotonic() - begun < SOON_SECONDS
        stop.set()
        thread.join(5)


NEVER = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1:a9fe:a9:fe00::",
    "2002:a9fe:a9fe::",
    "2852039166",
    "0xa9fea9fe",
    "0xa9.0xfe.0xa9.0xfe",
    "0251.0376.0251.0376",
    "0169.0254.0169.0254",
    "169.254.43518",
    "169.254.169.254.",
    "4294967297",
    "1.2.3.4.5",
    "fe80::1",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "0.0.0.0",  # noqa: S104 - asked for, never bound
    "0",
    "::",
    "224.0.0.1",
    "①⑥⑨.②⑤④.①⑥⑨.②⑤④",
    "a..b",
    "a" * 64 + ".example",
    "db.example\r\nX-Injected: 1",
    "db.example:22",
    "",
]


@pytest.mark.parametrize("protocol", ["http", "socks5"])
@pytest.mark.parametrize("host", NEVER)
def test_address_that_is_never_allowed_is_not_told_to_the_proxy(
    host: str, protocol: str, canary: Canary
) -> None:
    way = ProxiedWay(LOCAL, Proxy(protocol, HERE, canary.port))
    ask: list[Callable[..., object]] = [way.dial, way.endpoints]
    for act in ask:
        with pytest.raises(AddressNotAllowedError):
            act(host, 5432, timeout_seconds=2)
    assert canary.visits() == 0


def test_our_own_listeners_are_not_told_to_the_proxy(canary: Canary) -> None:
    policy = EgressPolicy(allow_loopback=True, refused=frozenset({("127.0.0.1", 5432)}))
    way = ProxiedWay(policy, Proxy("http", HERE, canary.port))
    for host in ("127.0.0.1", "2130706433", "::ffff:7f00:1", "127.1"):
        with pytest.raises(AddressNotAllowedError):
            way.dial(host, 5432, timeout_seconds=2)
    assert canary.visits() == 0


@pytest.mark.parametrize("protocol", KINDS)
def test_proxy_itself_is_dialled_by_the_policy_alone(protocol: str, canary: Canary) -> None:
    closed = EgressPolicy()
    own = EgressPolicy(allow_loopback=True, refused=frozenset({(HERE, canary.port)}))
    for policy in (closed, own):
        for host in (HERE, "localhost", "2130706433", "::ffff:7f00:1"):
            proxy = Proxy(protocol, host, canary.port)
            with pytest.raises(AddressNotAllowedError):
                ProxiedWay(policy, proxy).dial("db.example", 5432, timeout_seconds=2)
            with pytest.raises(AddressNotAllowedError):
                probe(proxy, policy, timeout_seconds=2)
    assert canary.visits() == 0


@pytest.mark.parametrize(
    ("protocol", "username", "password"),
    [
        ("socks5", "u" * 256, "p"),
        ("socks5", "user", "p" * 256),
        ("socks5", "bücher", "p"),
        ("http", "user\r\nX: 1", "p"),
        ("http", "us:er", "p"),
    ],
)
def test_login_that_the_protocol_cannot_say_is_refused_undialled(
    protocol: str, username: str, password: str, canary: Canary
) -> None:
    proxy = Proxy(protocol, HERE, canary.port, username, password)
    with pytest.raises(ProxyLoginError):
        dial(proxy, "db.example", 5432)
    assert canary.visits() == 0


def test_unknown_protocol_is_refused_undialled(canary: Canary) -> None:
    with pytest.raises(AddressNotAllowedError, match="no proxy protocol"):
        dial(Proxy("socks4", HERE, canary.port), "db.example", 5432)
    assert canary.visits() == 0
