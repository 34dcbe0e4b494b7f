"""How many tokens that are none may come from an address."""

from datetime import timedelta

import pytest

from baselayer.app.auth.throttle import KEPT_ADDRESSES, Throttle
from baselayer.app.errors import TokenLimitedError


def test_address_is_closed_by_the_one_that_is_too_many_and_says_for_how_long() -> None:
    throttle = Throttle(2, timedelta(minutes=15))
    for _ in range(2):
        throttle.count("192.0.2.1")
        throttle.require_open("192.0.2.1")
    throttle.count("192.0.2.1")
    with pytest.raises(TokenLimitedError) as refused:
        throttle.require_open("::ffff:192.0.2.1")
    assert 0 < refused.value.details["retry_after_seconds"] <= 61
    throttle.require_open("192.0.2.2")


def test_one_network_of_ipv6_is_one_address() -> None:
    throttle = Throttle(1, timedelta(minutes=15))
    for host in range(2):
        throttle.count(f"2001:db8::{host}")
    with pytest.raises(TokenLimitedError):
        throttle.require_open("2001:db8::ffff")
    throttle.require_open("2001:db8:1::1")


def test_memory_is_bounded() -> None:
    throttle = Throttle(1, timedelta(minutes=15))
    for number in range(KEPT_ADDRESSES + 10):
        throttle.count(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(throttle._tallies) == KEPT_ADDRESSES
