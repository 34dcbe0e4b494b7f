"""Throw-away proxies, real programs each: tinyproxy, stunnel before tinyproxy, microsocks.

with proxy_running("socks5") as proxy:
    way = ProxiedWay(LOCAL_WAY.policy, proxy)

Each asks for a login. Those that misbehave are in tests/connections/drivers/proxies.py.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from baselayer.app.egress.proxies import Proxy
from tests.targets import HERE, TLS_NAME, free_port, make_certificates

NEEDED = {
    "http": ("tinyproxy",),
    "https": ("tinyproxy", "stunnel4"),
    "socks5": ("microsocks",),
}
_START_SECONDS = 15.0

_TINYPROXY = """
Port {port}
Listen 127.0.0.1
Timeout 60
MaxClients 50
DisableViaHeader Yes
BasicAuth {user} {password}
"""
_STUNNEL = """
foreground = yes
pid =
[proxy]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{behind}
cert = {home}/certificate.pem
key = {home}/key.pem
"""


def skip_without(protocol: str) -> None:
    """Skip the test when this machine lacks the programs of such a proxy."""
    for program in NEEDED[protocol]:
        if _program(program) is None:
            pytest.skip(f"needs {program}")


@contextmanager
def proxy_running(protocol: str) -> Iterator[Proxy]:
    """Start a proxy with a login of its own; stop it afterwards."""
    skip_without(protocol)
    home = Path(tempfile.mkdtemp(prefix="baselayer-proxy-"))
    starting = {"http": _http, "https": _https, "socks5": _socks}[protocol]
    plain = Proxy(protocol, HERE, free_port(), "caller", secrets.token_urlsafe(12))
    try:
        with starting(home, plain) as proxy:
            yield proxy
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _http(home: Path, proxy: Proxy) -> Iterator[Proxy]:
    settings = home / "tinyproxy.conf"
    text = _TINYPROXY.format(port=proxy.port, user=proxy.username, password=proxy.password)
    settings.write_text(text)
    with _serving(["tinyproxy", "-d", "-c", str(settings)], proxy.port):
        yield proxy


@contextmanager
def _https(home: Path, proxy: Proxy) -> Iterator[Proxy]:
    certificates = make_certificates(TLS_NAME)
    (home / "certificate.pem").write_text(certificates.certificate)
    (home / "key.pem").touch(0o600)
    (home / "key.pem").write_text(certificates.key)
    with _http(home, replace(proxy, port=free_port())) as behind:
        settings = home / "stunnel.conf"
        settings.write_text(_STUNNEL.format(port=proxy.port, behind=behind.port, home=home))
        with _serving(["stunnel4", str(settings)], proxy.port):
            yield replace(proxy, host=TLS_NAME, tls_ca=certificates.authority)


@contextmanager
def _socks(home: Path, proxy: Proxy) -> Iterator[Proxy]:
    login = ("-u", str(proxy.username), "-P", str(proxy.password))
    with _serving(["microsocks", "-i", HERE, "-p", str(proxy.port), *login], proxy.port):
        yield proxy


@contextmanager
def _serving(command: list[str], port: int) -> Iterator[None]:
    program = str(_program(command[0]))
    process = subprocess.Popen(
        [program, *command[1:]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath},
    )
    try:
        _await(process, port)
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        process.wait(5)


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with suppress(OSError):
            socket.create_connection((HERE, port), timeout=1).close()
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} did not begin to listen")
        time.sleep(0.05)


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.defpath}:/usr/sbin:/sbin")
