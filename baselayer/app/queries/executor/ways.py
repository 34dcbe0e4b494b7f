"""The way of one job: from this machine, through the proxy, over the SSH servers, to the target."""

from uuid import uuid4

from baselayer.app.connections.tunnels.registry import Tunnels
from baselayer.app.connections.tunnels.way import SshWay
from baselayer.app.egress.dialler import check_plain
from baselayer.app.egress.policy import EgressPolicy
from baselayer.app.egress.proxies import ProxiedWay
from baselayer.app.egress.way import DirectWay, Way
from baselayer.app.queries.executor.protocol import TargetFrame
from baselayer.app.sealing.ring import KeyRing


def way_of(frame: TargetFrame, ring: KeyRing, policy: EgressPolicy, tunnels: Tunnels) -> Way:
    """Return the way that `frame` describes; nothing is dialled yet.

    SealError when a secret was sealed for another proxy or server, AddressNotAllowedError when one
    of them would be told an address that is never allowed. Tunnels are shared by jobs with the
    same record; a job without one has its own.
    """
    first = _first(frame, ring, policy)
    if not frame.ssh:
        return first
    told = [(hop.host, hop.port) for hop in frame.ssh[1:]]
    for host, port in (*told, (frame.host, frame.port)):
        check_plain(host)
        policy.check_beyond(host, port)
    hops = tuple(hop.open(ring) for hop in frame.ssh)
    return SshWay(first, hops, tunnels, frame.record or uuid4().hex)


def first_place(frame: TargetFrame) -> tuple[str, int]:
    """Return the host and port that this machine itself dials."""
    places = [frame.proxy, *frame.ssh, frame]
    return next((place.host, place.port) for place in places if place is not None)


def _first(frame: TargetFrame, ring: KeyRing, policy: EgressPolicy) -> Way:
    if frame.proxy is None:
        return DirectWay(policy)
    return ProxiedWay(policy, frame.proxy.open(ring))
