"""Who is the last to leave."""

from pathlib import Path

import pytest

from baselayer.app.db.embedded.locks import exclusive_lock, is_last_holder, shared_lock
from baselayer.app.errors import DatabaseStartError


def test_only_the_last_of_several_holders_is_last(place: Path) -> None:
    path = place / "use.lock"
    with shared_lock(path, timeout_seconds=0), shared_lock(path, timeout_seconds=0) as second:
        assert not is_last_holder(second)
    with shared_lock(path, timeout_seconds=0) as only:
        assert is_last_holder(only)


def test_of_two_that_leave_at_once_one_is_the_last(place: Path) -> None:
    path = place / "use.lock"
    with (
        shared_lock(path, timeout_seconds=0) as first,
        shared_lock(path, timeout_seconds=0) as second,
    ):
        assert [is_last_holder(first), is_last_holder(second)] == [False, True]


def test_newcomer_waits_for_the_last_to_finish(place: Path) -> None:
    path = place / "use.lock"
    with shared_lock(path, timeout_seconds=0) as last:
        assert is_last_holder(last)
        with pytest.raises(DatabaseStartError, match="Another process"):
            shared_lock(path, timeout_seconds=0).__enter__()
    with shared_lock(path, timeout_seconds=0):
        pass


def test_second_exclusive_holder_gives_up_at_its_deadline(place: Path) -> None:
    path = place / "start.lock"
    with (
        exclusive_lock(path, timeout_seconds=0),
        pytest.raises(DatabaseStartError, match=r"start\.lock"),
    ):
        exclusive_lock(path, timeout_seconds=0.05).__enter__()


def test_lock_file_is_private(place: Path) -> None:
    path = place / "start.lock"
    with exclusive_lock(path, timeout_seconds=0):
        assert path.stat().st_mode & 0o777 == 0o600


def test_missing_directory_is_told(place: Path) -> None:
    with pytest.raises(DatabaseStartError, match="could not be used"):
        exclusive_lock(place / "nowhere" / "start.lock", timeout_seconds=0).__enter__()
