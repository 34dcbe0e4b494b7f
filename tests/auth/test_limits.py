"""How failures are counted, and for how long they shut the door."""

from datetime import UTC, datetime, timedelta

import pytest

from baselayer.app.auth.limits import Tally, counted, subject_of_address, subject_of_user

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def attempts(tally: Tally, at: datetime, times: int) -> Tally:
    """Count so many at one moment."""
    for _ in range(times):
        tally = counted(tally, at, limit=5, longest_wait=QUARTER)
    return tally


def test_sixth_within_any_minute_is_blocked() -> None:
    tally = attempts(Tally(), NOON, 2)
    tally = attempts(tally, NOON + seconds(58), 3)
    assert not tally.is_blocked(NOON + seconds(58))
    assert attempts(tally, NOON + seconds(59), 1).is_blocked(NOON + seconds(59))
    assert not attempts(tally, NOON + seconds(60), 2).is_blocked(NOON + seconds(60))


def test_each_block_is_twice_as_long_as_the_last_up_to_the_longest() -> None:
    tally, now, waits = Tally(), NOON, []
    for _ in range(7):
        tally = attempts(tally, now, 6)
        assert tally.blocked_until is not None
        waits.append((tally.blocked_until - now) / timedelta(minutes=1))
        now = tally.blocked_until
    assert waits == [1, 2, 4, 8, 15, 15, 15]


def test_blocks_are_forgiven_after_the_longest_wait() -> None:
    tally = attempts(attempts(Tally(), NOON, 6), NOON + seconds(60), 6)
    assert tally.blocks == 2
    later = NOON + seconds(60) + timedelta(minutes=2) + QUARTER
    assert attempts(tally, later, 6).blocks == 3
    assert attempts(tally, later + seconds(1), 6).blocks == 1


def test_many_blocks_are_no_overflow() -> None:
    tally = Tally((NOON,) * 5, 10_000, NOON)
    assert attempts(tally, NOON, 1).blocked_until == NOON + QUARTER


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("192.0.2.1", "address:192.0.2.1"),
        ("::ffff:192.0.2.1", "address:192.0.2.1"),
        ("2001:db8::1", "address:2001:db8::/64"),
        ("2001:db8::ffff:1", "address:2001:db8::/64"),
        ("fe80::1%eth0", "address:fe80::/64"),
        ("", "address:none"),
        (None, "address:none"),
    ],
)
def test_machine_counts_as_one_address(address: str | None, subject: str) -> None:
    assert subject_of_address(address) == subject


def test_name_that_nobody_has_is_not_kept() -> None:
    assert subject_of_user(7, "anna") == "user:7"
    subject = subject_of_user(None, "hunter2-is-my-password")
    assert subject.startswith("unknown:") and len(subject) == len("unknown:") + 4
    assert subject != subject_of_user(None, "another")
