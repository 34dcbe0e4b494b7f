"""Guessing: how long it takes, and how soon it ends."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.browser import PASSWORD, Browser, give_password
from tests.server import Served, refusal, say, serving

WRONG = "not the harbour at all"


@pytest.fixture(autouse=True)
def _forgiven(house: Served) -> None:
    """Every test begins with no failed login."""
    house.rows("delete from login_attempts")


def test_unknown_user_takes_as_long_as_a_known_one(house: Served) -> None:
    give_password(house, "analyst")
    took: dict[str, list[float]] = {"analyst": [], "nobody-of-us": []}
    for _ in range(7):
        for name, times in took.items():
            house.rows("delete from login_attempts")
            start = time.perf_counter()
            refusal(Browser(house.base).try_login(name, WRONG), 401, "login_failed")
            times.append(time.perf_counter() - start)
    known, unknown = (min(times) for times in took.values())
    say(f"a failed login takes {known * 1000:.0f} ms, of an unknown user {unknown * 1000:.0f} ms")
    assert 0.5 < known / unknown < 2
    assert unknown > 0.03  # a hash was made


@pytest.mark.parametrize("name", ["analyst", "nobody-of-us"])
def test_sixth_guess_in_a_minute_must_wait(house: Served, name: str) -> None:
    give_password(house, "analyst")
    browser = Browser(house.base)
    for _ in range(5):
        refusal(browser.try_login(name, WRONG), 401, "login_failed")
    answer = browser.try_login(name, WRONG)
    message = refusal(answer, 429, "login_limited")
    assert 50 <= int(answer.headers["Retry-After"]) <= 61
    assert "wait" in message
    refusal(browser.try_login(name, PASSWORD), 429, "login_limited")
    assert browser.try_login("editor", WRONG).status_code == 401


def test_waits_grow_to_a_quarter_of_an_hour(house: Served) -> None:
    browser, waits = Browser(house.base), []
    for _ in range(6):
        for _ in range(5):
            house.rows("update login_attempts set blocked_until = now() where blocks > 0")
            browser.try_login("nobody-of-us", WRONG)
        answer = browser.try_login("nobody-of-us", WRONG)
        waits.append(round(int(answer.headers["Retry-After"]) / 60))
        house.rows("delete from login_attempts where subject like 'address:%'")
    assert waits == [1, 2, 4, 8, 15, 15]


def test_success_clears_the_tally_of_the_account(house: Served) -> None:
    give_password(house, "analyst")
    browser = Browser(house.base)
    for _ in range(3):
        for _ in range(4):
            refusal(browser.try_login("analyst", WRONG), 401, "login_failed")
        browser.login("analyst")


def test_many_guesses_at_once_are_not_more_than_five(house: Served) -> None:
    give_password(house, "analyst")
    with ThreadPoolExecutor(20) as pool:
        guesses = [pool.submit(Browser(house.base).try_login, "analyst", WRONG) for _ in range(20)]
        found = sorted(guess.result().status_code for guess in guesses)
    assert found == [401] * 5 + [429] * 15


def test_one_address_may_fail_for_twenty_names_a_minute(house: Served) -> None:
    browser = Browser(house.base)
    spoofed = {"X-Forwarded-For": "203.0.113.7", "X-Real-Ip": "203.0.113.8"}
    for number in range(20):
        answer = browser.try_login(f"guess-{number}", WRONG, headers=spoofed)
        refusal(answer, 401, "login_failed")
    refusal(browser.try_login("guess-20", WRONG, headers=spoofed), 429, "login_limited")
    refusal(browser.try_login("guess-21", WRONG), 429, "login_limited")


def test_guesses_are_counted_by_all_processes_together(house: Served) -> None:
    with serving(house.home) as (_, base):
        for number in range(5):
            answer = Browser((base, house.base)[number % 2]).try_login("nobody-of-us", WRONG)
            refusal(answer, 401, "login_failed")
        for address in (base, house.base):
            answer = Browser(address).try_login("nobody-of-us", WRONG)
            refusal(answer, 429, "login_limited")
