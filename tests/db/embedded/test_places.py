"""Where things are, and whether the server may get there."""

import os
from pathlib import Path

import pytest

from baselayer.app.db.embedded.account import Account
from baselayer.app.db.embedded.places import Places, make_directory, private_directory
from baselayer.app.errors import DatabaseStartError

STRANGER = Account("stranger", 54321, 54321, is_other=True)


def current() -> Account:
    return Account("me", os.geteuid(), os.getegid())


def test_socket_is_beside_the_data_if_its_path_fits() -> None:
    exact = Path("/" + "x" * (107 - len("/socket/.s.PGSQL.5432") - 1))
    assert Places(exact).socket_directory(5432) == exact / "socket"
    assert Places(exact).socket_directory(15432).parent == Path("/tmp")


def test_path_that_a_client_would_misread_is_avoided() -> None:
    assert Places(Path("/a,b")).socket_directory(5432).parent == Path("/tmp")


def test_each_directory_has_its_own_mark() -> None:
    assert Places(Path("/a")).mark != Places(Path("/b")).mark


def test_directory_is_open_to_the_account_whatever_the_umask(as_root: None, place: Path) -> None:
    before = os.umask(0o077)
    try:
        make_directory(Places(place / "postgres"), STRANGER)
    finally:
        os.umask(before)
    assert (place / "postgres").stat().st_mode & 0o777 == 0o711


def test_ordinary_users_directory_is_private(place: Path) -> None:
    make_directory(Places(place / "postgres"), current())
    assert (place / "postgres").stat().st_mode & 0o777 == 0o700


def test_closed_parent_is_named_and_not_opened(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(DatabaseStartError, match=rf"stranger, which may not enter {closed}\."):
        make_directory(Places(closed / "postgres"), STRANGER)
    assert closed.stat().st_mode & 0o777 == 0o700


def test_private_directory_is_closed_again(place: Path) -> None:
    (place / "socket").mkdir(mode=0o755)
    private_directory(place / "socket", current())
    assert (place / "socket").stat().st_mode & 0o777 == 0o700


def test_private_directory_is_no_link(place: Path) -> None:
    (place / "elsewhere").mkdir()
    (place / "socket").symlink_to(place / "elsewhere")
    with pytest.raises(DatabaseStartError, match="made by somebody else"):
        private_directory(place / "socket", current())


def test_private_directory_is_not_a_strangers(as_root: None, place: Path) -> None:
    (place / "socket").mkdir()
    os.chown(place / "socket", 54321, 54321)
    with pytest.raises(DatabaseStartError, match="made by somebody else"):
        private_directory(place / "socket", Account("nobody", 65534, 65534, is_other=True))
