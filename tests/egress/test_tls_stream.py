"""TLS over memory: two threads at once, a clean end, and a certificate that is checked."""

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from baselayer.app.egress.pumping import bridged
from baselayer.app.egress.tls_stream import TlsStream
from tests.targets import TLS_NAME, Certificates, make_certificates

MEGABYTES = 4 * 1_048_576


@pytest.fixture(scope="module")
def certificates() -> Certificates:
    return make_certificates(TLS_NAME)


@pytest.fixture
def server_context(certificates: Certificates, tmp_path: Path) -> ssl.SSLContext:
    (tmp_path / "certificate.pem").write_text(certificates.certificate + certificates.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem")
    return context


def client_context(authority: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=authority)
    return context


@contextmanager
def echoing(context: ssl.SSLContext) -> Iterator[socket.socket]:
    """Serve one end of a pair: whatever comes inside TLS goes back; yield the other end."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with suppress(OSError), context.wrap_socket(theirs, server_side=True) as secured:
            while data := secured.recv(65_536):
                secured.sendall(data)
        theirs.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield ours
    with suppress(OSError):
        ours.shutdown(socket.SHUT_RDWR)
    ours.close()
    thread.join(5)


def test_two_threads_send_and_receive_at_once(
    server_context: ssl.SSLContext, certificates: Certificates
) -> None:
    with echoing(server_context) as end:
        stream = TlsStream(end, client_context(certificates.authority), TLS_NAME)
        stream.handshake()
        sender = threading.Thread(target=stream.sendall, args=(bytes(MEGABYTES),))
        sender.start()
        count = 0
        while count < MEGABYTES:
            count += len(stream.recv(65_536))
        sender.join(10)
        assert count == MEGABYTES
        stream.shutdown(socket.SHUT_WR)
        assert stream.recv(1) == b""


def pass_on(source: socket.socket, sink: socket.socket) -> bool:
    """Pass on what is there, and tell whether there was anything; a whole TLS record fits."""
    data = source.recv(65_536)
    sink.sendall(data)
    return bool(data)


def test_tls_goes_inside_tls(server_context: ssl.SSLContext, certificates: Certificates) -> None:
    outer_ours, outer_theirs = socket.socketpair()
    client = client_context(certificates.authority)

    def unwrap_outer(inner: socket.socket) -> None:
        with suppress(OSError), server_context.wrap_socket(outer_theirs, server_side=True) as outer:
            # Either side may speak next: a server's session tickets come unasked.
            while ready := select.select([outer, inner], [], [], 5)[0]:
                for source, sink in ((outer, inner), (inner, outer)):
                    if source in ready and not pass_on(source, sink):
                        return

    with echoing(server_context) as inner:
        thread = threading.Thread(target=unwrap_outer, args=(inner,), daemon=True)
        thread.start()
        outside = TlsStream(outer_ours, client, TLS_NAME)
        outside.handshake()
        inside = client.wrap_socket(bridged(outside), server_hostname=TLS_NAME)
        inside.sendall(b"ping")
        assert inside.recv(10) == b"ping"
        inside.close()
        thread.join(10)
        outer_theirs.close()


@pytest.mark.parametrize("name", ["other.example", "127.0.0.1"])
def test_certificate_has_to_name_the_server(
    name: str, server_context: ssl.SSLContext, certificates: Certificates
) -> None:
    with echoing(server_context) as end:
        stream = TlsStream(end, client_context(certificates.authority), name)
        with pytest.raises(ssl.SSLCertVerificationError):
            stream.handshake()


def test_end_that_was_not_said_is_an_end(
    server_context: ssl.SSLContext, certificates: Certificates
) -> None:
    with echoing(server_context) as end:
        stream = TlsStream(end, client_context(certificates.authority), TLS_NAME)
        stream.handshake()
        stream.shutdown(socket.SHUT_RDWR)
        assert stream.recv(1) == b""
        stream.close()
