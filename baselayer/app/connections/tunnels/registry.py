"""Tunnels: one living chain of SSH connections for each stored connection, shared by its users."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from baselayer.app.connections.tunnels.chain import Chain, connect
from baselayer.app.connections.tunnels.hop import SshHop, TunnelBounds
from baselayer.app.egress.way import Way
from baselayer.app.errors import BaselayerError, SshBusyError


@dataclass
class _Place:
    """Where a key's chain is kept, who may replace it, and how its last attempts ended."""

    first: Way
    hops: tuple[SshHop, ...]
    lock: threading.Lock = field(default_factory=threading.Lock)
    chain: Chain | None = None
    failures: int = 0
    failure: BaselayerError | None = None
    not_before: float = 0.0
    users: int = 0

    def is_for(self, first: Way, hops: tuple[SshHop, ...]) -> bool:
        return self.first == first and self.hops == hops


class Tunnels:
    """The tunnels of a process, by key; used by many threads at a time.

    A key names a connection record. Whoever comes with other hops, credentials or host keys than
    the chain was made with gets a new one: the old one ends with its last user.
    """

    def __init__(
        self, bounds: TunnelBounds | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._bounds = bounds or TunnelBounds()
        self._clock = clock
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}
        self._leaving: list[Chain] = []

    def chain(
        self, key: str, first: Way, hops: tuple[SshHop, ...], *, timeout_seconds: float
    ) -> Chain:
        """Return the chain of `key`, connected within the time; a dead one is replaced.

        After a failure the next attempts wait, longer each time; who comes before gets the error
        again, and nothing is dialled.
        """
        deadline = self._clock() + timeout_seconds
        with self._using(key, first, hops) as place:
            if not place.lock.acquire(timeout=timeout_seconds):
                raise SshBusyError(
                    f"The SSH tunnel over {hops[-1].name} is still being opened: try again."
                )
            try:
                return self._alive(key, place, deadline)
            finally:
                place.lock.release()

    def close(self, key: str) -> None:
        """Close the tunnel of `key` at once, if there is one."""
        with self._lock:
            place = self._places.pop(key, None)
        if place is not None and place.chain is not None:
            place.chain.end()

    def close_all(self) -> None:
        """Close all tunnels at once."""
        with self._lock:
            keys, leaving = list(self._places), list(self._leaving)
        for key in keys:
            self.close(key)
        for chain in leaving:
            chain.end()

    @contextmanager
    def _using(self, key: str, first: Way, hops: tuple[SshHop, ...]) -> Iterator[_Place]:
        """Have the place of `key` for these hops, kept while it is used."""
        with self._lock:
            self._forget_unused()
            found = self._places.get(key)
            is_other = found is not None and not found.is_for(first, hops)
            place = found if found and not is_other else _Place(first, hops)
            self._places[key] = place
            place.users += 1
        try:
            if found is not None and is_other:
                self._let_go(found)
            yield place
        finally:
            with self._lock:
                place.users -= 1

    def _forget_unused(self) -> None:
        """Forget keys that have no tunnel: their credentials go with them.

        One that failed is kept for as long again as it may have to wait, or it would never wait
        for longer.
        """
        now = self._clock()
        longest = self._bounds.longest_pause_seconds
        for key, place in list(self._places.items()):
            is_alive = place.chain is not None and place.chain.is_alive
            must_wait = place.failure is not None and now < place.not_before + longest
            if not is_alive and not place.users and not must_wait:
                del self._places[key]

    def _alive(self, key: str, place: _Place, deadline: float) -> Chain:
        if place.chain is not None and place.chain.takes_more:
            return place.chain
        self._hold_back(place)
        self._let_go(place)
        self._make_room()
        chain = self._connected(place, max(0.1, deadline - self._clock()))
        with self._lock:
            is_current = self._places.get(key) is place
            place.chain = chain if is_current else None
        if is_current:
            return chain
        chain.end()
        raise SshBusyError("The SSH tunnel was closed or changed while it was opened: try again.")

    def _let_go(self, place: _Place) -> None:
        """Have a chain end with its last user; it counts until then."""
        chain, place.chain = place.chain, None
        if chain is not None:
            chain.retire()
            with self._lock:
                self._leaving = [old for old in (*self._leaving, chain) if old.is_alive]

    def _make_room(self) -> None:
        """Close an unused tunnel when there are too many; SshBusyError when all are used."""
        with self._lock:
            self._leaving = [chain for chain in self._leaving if chain.is_alive]
            alive = [p.chain for p in self._places.values() if p.chain and p.chain.is_alive]
            if len(alive) + len(self._leaving) < self._bounds.tunnels:
                return
            unused = next((chain for chain in alive if chain.is_idle), None)
        if unused is None:
            raise SshBusyError(
                f"{self._bounds.tunnels} SSH tunnels are in use: wait until one has ended."
            )
        unused.end()

    def _connected(self, place: _Place, seconds: float) -> Chain:
        try:
            chain = connect(place.first, place.hops, self._bounds, seconds)
        except BaselayerError as error:
            place.failures += 1
            place.failure = error
            place.not_before = self._clock() + self._pause(place.failures)
            raise
        place.failures, place.failure = 0, None
        return chain

    def _hold_back(self, place: _Place) -> None:
        left = place.not_before - self._clock()
        if place.failure is None or left <= 0:
            return
        raise type(place.failure)(
            f"{place.failure.message} This was found a moment ago; the next attempt may be made in "
            f"{left:.1f} s.",
            **place.failure.details,
        )

    def _pause(self, failures: int) -> float:
        """Double the pause each time, and spread it so that many do not come back together."""
        full = self._bounds.first_pause_seconds * 2.0 ** min(failures - 1, 16)
        longest = min(full, self._bounds.longest_pause_seconds)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads, hides nothing
