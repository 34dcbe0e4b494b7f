"""The first administrator: made once, by whoever read what the server printed."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from baselayer.app.auth.setup import new_setup_token
from tests.browser import PASSWORD, Browser, give_password
from tests.server import Served, data, refusal, serving

SETUP = "/api/setup"


@pytest.fixture(autouse=True)
def _new(house: Served) -> Iterator[None]:
    """An installation that nobody can log in to, before and after each test."""
    for _ in range(2):
        house.rows("delete from user_passwords")
        house.rows("delete from setup_links")
        house.rows("delete from groups where name like 'first%%' and single_user_group")
        house.rows("delete from users where username like 'first%%'")
        if _ == 0:
            yield


def new_token(house: Served, minutes: int = 30) -> str:
    """Return the token of a new link."""
    with house.database().plain() as session:
        token = new_setup_token(session, minutes=minutes)
    assert token is not None
    return token


def asked(token: str, **changes: Any) -> dict[str, Any]:
    """Return what to POST."""
    return {"token": token, "username": "first", "password": PASSWORD} | changes


def test_link_that_the_server_prints_makes_the_administrator(house: Served) -> None:
    with serving(house.home) as (process, base):
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(rf"Set up: {base}/setup#([\w-]{{43}})\n", line)
        assert found, line
        browser = Browser(base)
        assert data(browser.get(SETUP)) == {"needed": True}
        profile = browser.keep(browser.call("POST", SETUP, asked(found[1])))
        assert profile["username"] == "first"
        assert "System admin" in profile["permissions"]
        assert data(browser.get("/api/audit?limit=1"))["items"]
        assert data(browser.get(SETUP)) == {"needed": False}
        data(browser.post("/logout"))
        assert browser.login("first")["user_id"] == profile["user_id"]
    assert found[1] not in house.log_path.read_text()
    assert found[1] not in str(house.rows("select * from setup_links"))


def test_administrator_has_a_place_and_a_group_of_his_own(house: Served) -> None:
    browser = Browser(house.base)
    profile = browser.keep(browser.call("POST", SETUP, asked(new_token(house))))
    ident = profile["user_id"]
    groups = (
        "select g.name, g.single_user_group, m.admin from group_users m "
        "join groups g on g.id = m.group_id where m.user_id = %s"
    )
    assert house.rows(groups, ident) == [("first", True, True)]
    place = house.rows("select account_id from user_profiles where user_id = %s", ident)
    assert place == [(profile["account_id"],)]
    (line,) = house.audit(action="setup", outcome="allowed", object_id=str(ident))
    assert line["user_id"] == ident


def test_server_with_an_administrator_prints_no_link(house: Served) -> None:
    give_password(house, "admin")
    with house.database().plain() as session:
        assert new_setup_token(session, minutes=30) is None
    assert data(house.nobody.get(SETUP)) == {"needed": False}


def test_who_may_not_administer_does_not_end_the_setup(house: Served) -> None:
    give_password(house, "analyst")
    assert data(house.nobody.get(SETUP)) == {"needed": True}


def test_link_works_once(house: Served) -> None:
    token = new_token(house)
    data(Browser(house.base).call("POST", SETUP, asked(token)))
    again = asked(token, username="first-2")
    refusal(Browser(house.base).call("POST", SETUP, again), 404, "not_found")


def test_used_link_stays_used_when_setup_is_needed_again(house: Served) -> None:
    token = new_token(house)
    data(Browser(house.base).call("POST", SETUP, asked(token)))
    house.rows("delete from user_passwords")
    again = asked(token, username="first-2")
    refusal(Browser(house.base).call("POST", SETUP, again), 403, "setup_refused")


def test_of_fifty_at_once_one_becomes_the_administrator(house: Served) -> None:
    tokens = [new_token(house), new_token(house)]
    with ThreadPoolExecutor(50) as pool:
        posts = [
            pool.submit(
                Browser(house.base).call,
                "POST",
                SETUP,
                asked(tokens[number % 2], username=f"first-{number}"),
            )
            for number in range(50)
        ]
        found = [post.result().status_code for post in posts]
    assert sorted(found) == [200] + [404] * 49
    made = house.rows("select count(*) from users where username like 'first%%'")
    assert made == [(1,)]


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
def test_wrong_token_is_refused(house: Served, token: str) -> None:
    new_token(house)
    answer = Browser(house.base).call("POST", SETUP, asked(token))
    refusal(answer, 403, "setup_refused")
    assert house.rows("select 1 from users where username = 'first'") == []


def test_old_link_is_refused(house: Served) -> None:
    token = new_token(house)
    house.rows("update setup_links set expires_at = now()")
    refusal(Browser(house.base).call("POST", SETUP, asked(token)), 403, "setup_refused")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"username": "First One"}, 422, "request_invalid"),
        ({"username": "analyst"}, 409, "conflict"),
        ({"password": "short"}, 422, "request_invalid"),
        ({"password": "password1234"}, 422, "request_invalid"),
    ],
)
def test_refused_setup_leaves_the_link_good(
    house: Served, changes: dict[str, str], status: int, code: str
) -> None:
    token = new_token(house)
    browser = Browser(house.base)
    refusal(browser.call("POST", SETUP, asked(token, **changes)), status, code)
    data(browser.call("POST", SETUP, asked(token)))
