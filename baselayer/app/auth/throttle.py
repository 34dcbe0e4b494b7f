"""Throttle: how many tokens that are none may come from an address, counted in this process alone.

Counting them costs no query, so that neither does answering who guesses.
"""

from collections import OrderedDict
from datetime import timedelta

from baselayer.app.auth.limits import Tally, counted, subject_of_address
from baselayer.app.db.types import utcnow
from baselayer.app.errors import TokenLimitedError

KEPT_ADDRESSES = 10_000


class Throttle:
    """The tallies of the addresses that tokens failed from."""

    def __init__(self, limit: int, longest_wait: timedelta) -> None:
        self._limit = limit
        self._longest_wait = longest_wait
        self._tallies: OrderedDict[str, Tally] = OrderedDict()

    def require_open(self, address: str | None) -> None:
        """Raise TokenLimitedError while nothing unknown is looked at from `address`."""
        if not self._tallies:
            return
        tally, now = self._tallies.get(subject_of_address(address)), utcnow()
        if tally is None or not tally.is_blocked(now):
            return
        until = tally.blocked_until or now
        wait = int((until - now).total_seconds()) + 1
        raise TokenLimitedError(
            f"Too many tokens from this address were not valid: wait {wait} seconds.",
            retry_after_seconds=wait,
        )

    def count(self, address: str | None) -> None:
        """Count a token that failed; the one that is too many closes the address."""
        subject = subject_of_address(address)
        tally = self._tallies.pop(subject, Tally())
        self._tallies[subject] = counted(
            tally, utcnow(), limit=self._limit, longest_wait=self._longest_wait
        )
        if len(self._tallies) > KEPT_ADDRESSES:
            self._tallies.popitem(last=False)
