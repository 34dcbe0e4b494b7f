"""Passwords: what is kept, what it costs, and which are refused."""

import asyncio
import threading
import time

import pytest
from argon2 import PasswordHasher

from baselayer.app.auth import passwords
from baselayer.app.auth.passwords import (
    KNOWN,
    Passwords,
    hash_password,
    is_outdated,
    is_password,
    require_good,
)
from baselayer.app.errors import InvalidRequestError

GOOD = "a quiet harbour at dusk"


def test_hash_is_argon2id_at_the_agreed_cost() -> None:
    stored = hash_password(GOOD)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert is_password(stored, GOOD)
    assert not is_password(stored, GOOD + " ")
    assert not is_outdated(stored)
    assert stored != hash_password(GOOD)


def test_accent_is_the_same_however_it_is_typed() -> None:
    stored = hash_password("caf\u00e9 au lait au lit")
    assert is_password(stored, "cafe\u0301 au lait au lit")


@pytest.mark.parametrize("stored", ["", "x", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv"])
def test_broken_hash_matches_nothing(stored: str) -> None:
    assert not is_password(stored, GOOD)


def test_what_is_no_text_is_no_error() -> None:
    assert not is_password(hash_password(GOOD), "\ud800")


def test_hash_with_other_parameters_is_outdated() -> None:
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=64).hash(GOOD))


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("x" * 11, "from 12 to 1024"),
        ("abcde" * 205, "from 12 to 1024"),
        ("Password1234", "everybody"),
        ("aaaaaaaaaaaab", "different characters"),
        ("maria-antonia", "more than the user name"),
        ("Maria-Antonia1", "more than the user name"),
        ("1maria-antoniamaria-antonia", "more than the user name"),
    ],
)
def test_password_that_could_be_guessed_is_refused(password: str, told: str) -> None:
    with pytest.raises(InvalidRequestError, match=told) as refused:
        require_good(password, username="maria-antonia")
    assert list(refused.value.details["fields"]) == ["password"]
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password", [GOOD, "x1y2z3 abcdef", "äöüß€ 漢字かな交じり文", "abcdef" * 170]
)
def test_other_passwords_are_taken(password: str) -> None:
    require_good(password, username="maria-antonia")


def test_known_passwords_are_those_long_enough_to_be_taken() -> None:
    assert all(len(password) >= 12 and password == password.casefold() for password in KNOWN)


def test_nobodys_password_costs_what_others_do_and_is_never_right() -> None:
    async def both() -> tuple[float, float]:
        found = Passwords()
        stored = await found.hashed(GOOD)
        took: dict[str | None, list[float]] = {stored: [], None: []}
        for held in 5 * (stored, None):
            start = time.perf_counter()
            assert not await found.matches(held, "another harbour")
            took[held].append(time.perf_counter() - start)
        return min(took[stored]), min(took[None])

    known, unknown = asyncio.run(both())
    assert 0.3 < known / unknown < 3


def test_two_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, barrier = threading.Lock(), threading.Barrier(2)
    running, most = 0, 0

    def watched(password: str) -> str:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        barrier.wait(10)
        with lock:
            running -= 1
        return password

    monkeypatch.setattr(passwords, "hash_password", watched)

    async def many() -> list[str]:
        found = Passwords()
        return await asyncio.gather(*(found.hashed(str(number)) for number in range(10)))

    assert asyncio.run(many()) == [str(number) for number in range(10)]
    assert most == 2
