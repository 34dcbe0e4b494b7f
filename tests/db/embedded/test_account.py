"""The account that the server runs as."""

import os
from pathlib import Path

import pytest

from baselayer.app.db.embedded.account import Account, closed_part, service_account
from baselayer.app.errors import DatabaseStartError

STRANGER = Account("stranger", 54321, 54321, is_other=True)


def test_ordinary_user_stays_himself(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    account = service_account(place / "data")
    assert (account.uid, account.is_other) == (1234, False)


def test_root_drops_to_an_unprivileged_account(as_root: None, place: Path) -> None:
    account = service_account(place / "data")
    assert account.name in ("baselayer", "nobody")
    assert account.uid != 0
    assert account.is_other


def test_root_drops_to_the_owner_of_existing_data(as_root: None, place: Path) -> None:
    os.chown(place, STRANGER.uid, STRANGER.gid)
    assert service_account(place).uid == STRANGER.uid


def test_data_of_root_are_refused_with_advice(as_root: None, place: Path) -> None:
    with pytest.raises(DatabaseStartError, match="chown -R"):
        service_account(place)


def test_machine_without_unprivileged_account_is_told(
    as_root: None, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baselayer.app.db.embedded.account.UNPRIVILEGED", ("no-such-account",))
    with pytest.raises(DatabaseStartError, match="ordinary user"):
        service_account(place / "data")


def test_closed_part_is_the_first_directory_that_bars_the_way(place: Path) -> None:
    (place / "closed" / "inside").mkdir(parents=True)
    (place / "closed").chmod(0o700)
    assert closed_part(place / "closed" / "inside", STRANGER) == place / "closed"
    (place / "closed").chmod(0o711)
    assert closed_part(place / "closed" / "inside", STRANGER) is None


def test_owner_and_group_bits_count_for_owner_and_group(place: Path) -> None:
    found = place.stat()
    place.chmod(0o710)
    assert closed_part(place, Account("owner", found.st_uid, 54321)) is None
    assert closed_part(place, Account("member", 54321, found.st_gid)) is None
    assert closed_part(place, STRANGER) == place
