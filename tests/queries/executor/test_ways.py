"""The way of a job: opened with the ring, bound to its proxy, and never shorter than described."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from baselayer.app.connections.drivers.base import proxy_secret_context, ssh_secret_context
from baselayer.app.connections.tunnels.hop import SshHop
from baselayer.app.connections.tunnels.registry import Tunnels
from baselayer.app.connections.tunnels.way import SshWay
from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.egress.proxies import ProxiedWay, Proxy
from baselayer.app.egress.way import DirectWay
from baselayer.app.errors import (
    AddressNotAllowedError,
    ProxyLoginError,
    SealError,
    SshHostKeyUnknownError,
)
from baselayer.app.queries.executor.protocol import (
    Event,
    Failed,
    Finished,
    ProxyFrame,
    Sealed,
    SshHopFrame,
    Step,
    TargetFrame,
    TestJob,
)
from baselayer.app.queries.executor.ways import first_place, way_of
from baselayer.app.sealing.binding import Binding
from baselayer.app.sealing.ring import KeyRing
from tests.proxies import proxy_running
from tests.queries.executor.conftest import Bench
from tests.sshd import has_sshd, sshd

POLICY = EgressPolicy(allow_loopback=True)
TUNNELS = Tunnels()
HOP = SshHopFrame("bastion.example", 22, "jump")
PLACE = ("connections", "proxy_password", "0190-1")


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.load_or_create(tmp_path / "secrets" / "keys.json")


def sealed(ring: KeyRing, password: str, protocol: str, host: str, port: int) -> Sealed:
    context = proxy_secret_context(protocol, host, port, "caller")
    return Sealed(ring.seal(password, Binding(*PLACE, context)), *PLACE)


def framed(ring: KeyRing, proxy: Proxy) -> ProxyFrame:
    assert proxy.password
    place = (proxy.protocol, proxy.host, proxy.port)
    secret = sealed(ring, proxy.password, *place)
    return ProxyFrame(*place, proxy.username, secret, proxy.tls_ca)


def target(**changes: Any) -> TargetFrame:
    return TargetFrame("postgresql", "db.example", 5432, "shop", "reader", **changes)


def test_target_without_proxy_is_reached_directly(ring: KeyRing) -> None:
    assert way_of(target(), ring, POLICY, TUNNELS) == DirectWay(POLICY)
    assert first_place(target()) == ("db.example", 5432)


def test_proxy_is_opened_with_its_password(ring: KeyRing) -> None:
    proxy = Proxy("socks5", "proxy.example", 1080, "caller", "secret", "PEM")
    frame = target(proxy=framed(ring, proxy))
    assert way_of(frame, ring, POLICY, TUNNELS) == ProxiedWay(POLICY, proxy)
    assert first_place(frame) == ("proxy.example", 1080)


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("http", "proxy.example", 1080),
        ("socks5", "evil.example", 1080),
        ("socks5", "proxy.example", 1081),
    ],
)
def test_password_of_one_proxy_does_not_open_for_another(
    ring: KeyRing, elsewhere: tuple[str, str, int]
) -> None:
    secret = sealed(ring, "secret", "socks5", "proxy.example", 1080)
    frame = target(proxy=ProxyFrame(*elsewhere, "caller", secret))
    with pytest.raises(SealError):
        way_of(frame, ring, POLICY, TUNNELS)


def test_tunnel_begins_behind_the_proxy_and_belongs_to_its_record(ring: KeyRing) -> None:
    proxy = Proxy("http", "proxy.example", 3128, "caller", "secret")
    ways = []
    for record in ("0190-1|3", "", ""):
        frame = target(ssh=[HOP], proxy=framed(ring, proxy), record=record)
        ways.append(way_of(frame, ring, POLICY, TUNNELS))
    assert all(isinstance(way, SshWay) for way in ways)
    found = [way for way in ways if isinstance(way, SshWay)]
    assert [way.first for way in found] == [ProxiedWay(POLICY, proxy)] * 3
    assert [way.hops for way in found] == [(SshHop("bastion.example", 22, "jump"),)] * 3
    assert found[0].key == "0190-1|3"
    assert len({way.key for way in found}) == 3
    assert first_place(target(ssh=[HOP])) == ("bastion.example", 22)


def ssh_sealed(ring: KeyRing, secret: str, host: str, port: int, username: str) -> Sealed:
    place = ("connections", "ssh_password", "0190-1")
    context = ssh_secret_context(host, port, username)
    return Sealed(ring.seal(secret, Binding(*place, context)), *place)


@pytest.mark.parametrize("slot", ["sealed_password", "sealed_private_key", "sealed_passphrase"])
def test_secrets_of_one_ssh_server_do_not_open_for_another(ring: KeyRing, slot: str) -> None:
    secret = ssh_sealed(ring, "secret", "bastion.example", 22, "jump")
    secrets: dict[str, Any] = {slot: secret}
    good = SshHopFrame("bastion.example", 22, "jump", **secrets)
    way = way_of(target(ssh=[good]), ring, POLICY, TUNNELS)
    assert isinstance(way, SshWay)
    assert getattr(way.hops[0], slot.removeprefix("sealed_")) == "secret"
    for place in (("evil.example", 22, "jump"), ("bastion.example", 23, "jump")):
        with pytest.raises(SealError):
            way_of(target(ssh=[SshHopFrame(*place, **secrets)]), ring, POLICY, TUNNELS)
    other = SshHopFrame("bastion.example", 22, "root", **secrets)
    with pytest.raises(SealError):
        way_of(target(ssh=[other]), ring, POLICY, TUNNELS)


@pytest.mark.parametrize("host", ["169.254.169.254", "0xa9fea9fe", "::ffff:a9fe:a9fe", "a,b", ""])
def test_ssh_server_is_not_told_what_is_never_allowed(ring: KeyRing, host: str) -> None:
    for frame in (
        target(ssh=[HOP, SshHopFrame(host, 22, "jump")]),
        TargetFrame("postgresql", host, 5432, "shop", "reader", ssh=[HOP]),
    ):
        with pytest.raises(AddressNotAllowedError):
            way_of(frame, ring, POLICY, TUNNELS)


def test_run_goes_through_the_proxy_and_over_ssh(bench: Bench) -> None:
    if not has_sshd():
        pytest.skip("needs openssh-server")
    with sshd() as server, proxy_running("socks5") as proxy:
        hop = server.hop()
        assert hop.private_key
        secret = ssh_sealed(bench.ring, hop.private_key, hop.host, hop.port, hop.username)
        shown = SshHopFrame(hop.host, hop.port, hop.username, None, secret, None, hop.known_hosts)
        way = {"proxy": framed(bench.ring, proxy), "ssh": [shown], "record": "0190-1 1"}
        frame = bench.frame_by(way)
        unknown = msgspec.structs.replace(
            frame, ssh=[msgspec.structs.replace(shown, known_hosts="")], record="0190-2|1"
        )
        jobs = [bench.job("select * from items", target=one) for one in (frame, unknown)]

        async def both(_: object) -> list[list[Event]]:
            return [await bench.events(job) for job in jobs]

        good, refused = bench.drive(both)
        assert isinstance(good[-1], Finished), good[-1]
        assert good[-1].rows == 1_000
        assert isinstance(refused[-1], Failed)
        assert refused[-1].code == SshHostKeyUnknownError.code


@pytest.mark.parametrize("protocol", ["http", "https", "socks5"])
def test_run_and_test_go_through_the_proxy(protocol: str, bench: Bench) -> None:
    with proxy_running(protocol) as proxy:
        good = framed(bench.ring, proxy)
        wrong = framed(bench.ring, replace(proxy, password="wrong"))
        frames = [_through(bench, one) for one in (good, wrong)]
        job = bench.job("select count(*) from items", target=frames[0])
        refused = bench.job("select 1", target=frames[1])
        events = bench.drive(lambda _: bench.events(job))
        assert isinstance(events[-1], Finished)
        assert events[-1].rows == 1
        events = bench.drive(lambda _: bench.events(refused))
        assert isinstance(events[-1], Failed)
        assert events[-1].code == ProxyLoginError.code
        steps = bench.drive(lambda _: bench.events(TestJob(frames[0], bench.egress)))
        assert [(step.name, step.failure) for step in steps if isinstance(step, Step)] == [
            ("resolve", None),
            ("login", None),
            ("select 1", None),
        ]


def _through(bench: Bench, proxy: ProxyFrame) -> TargetFrame:
    return bench.frame_by({"proxy": proxy})
