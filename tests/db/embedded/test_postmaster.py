"""Reading a pid file at every stage of its being written."""

import socket
from pathlib import Path

import pytest

from baselayer.app.db.embedded.postmaster import (
    Postmaster,
    answers,
    read_postmaster,
    remove_leftovers,
    socket_file,
)

WHOLE = "123\n/data\n1700000000\n5433\n/socket\n\n  12 34\nready   \n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("12x", None),
        ("123\n/data\n", Postmaster(123, None, is_ready=False)),
        (WHOLE.replace("ready", "starting"), Postmaster(123, 5433, is_ready=False)),
        (WHOLE, Postmaster(123, 5433, is_ready=True)),
    ],
)
def test_pid_file_is_read_as_far_as_it_goes(
    place: Path, text: str, expected: Postmaster | None
) -> None:
    (place / "postmaster.pid").write_text(text)
    assert read_postmaster(place) == expected


def test_no_pid_file_means_no_postmaster(place: Path) -> None:
    assert read_postmaster(place / "nowhere") is None


def test_socket_answers_while_somebody_listens(place: Path) -> None:
    path = socket_file(place, 5432)
    assert not answers(path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        assert answers(path)
    assert not answers(path)


def test_leftovers_are_removed_with_the_sockets_lock(place: Path) -> None:
    path = socket_file(place, 5432)
    for leftover in (path, place / ".s.PGSQL.5432.lock", place / "postmaster.pid"):
        leftover.touch()
    remove_leftovers(place, path)
    assert not list(place.iterdir())
