"""How a browser's session begins and ends, and what the page may know of it."""

from datetime import timedelta

import pytest

from baselayer.app.auth.sessions import cookie_name, xsrf_token_of
from baselayer.app.db.types import utcnow
from baselayer.app.identity.sessions import LoginSession, new_session_value, session_hash_of
from tests.browser import COOKIE, Browser, entered, give_password
from tests.server import Served, data, eventually, refusal


@pytest.fixture(autouse=True)
def _forgiven(house: Served) -> None:
    """Every test begins with no failed login."""
    house.rows("delete from login_attempts")


def test_cookie_is_bound_to_its_host_where_that_works() -> None:
    assert cookie_name(is_tls=True) == "__Host-baselayer"
    assert cookie_name(is_tls=False) == "baselayer"


def test_value_is_random_and_its_hash_and_token_tell_nothing_of_it() -> None:
    value = new_session_value()
    assert len(value) == 43  # 256 bits
    assert len({new_session_value() for _ in range(1000)}) == 1000
    assert len({value, session_hash_of(value), xsrf_token_of(value)}) == 3
    assert xsrf_token_of(value) == xsrf_token_of(value) != xsrf_token_of(new_session_value())
    assert session_hash_of("\ud800") and xsrf_token_of("\ud800")


def test_hash_is_never_shown() -> None:
    assert "value_hash" not in LoginSession(value_hash="x", user_id=1).to_dict()


def test_session_that_was_planted_is_not_the_one_that_is_logged_in(house: Served) -> None:
    give_password(house, "analyst")
    browser = Browser(house.base)
    browser.http.cookies.set(COOKIE, "planted" * 7)
    answer = browser.try_login("analyst")
    assert answer.cookies[COOKIE] != "planted" * 7
    thief = Browser(house.base)
    thief.http.cookies.set(COOKIE, "planted" * 7)
    refusal(thief.get("/api/profile"), 401, "session_ended")


def test_second_login_ends_the_first_session_of_the_browser(house: Served) -> None:
    browser = entered(house)
    thief = browser.copy()
    give = browser.try_login("analyst")
    assert give.cookies[COOKIE] != thief.cookie
    refusal(thief.get("/api/profile"), 401, "session_ended")


@pytest.mark.parametrize("value", ["", "x", "A" * 43, "x" * 5000, "bl_x", "'; drop table users"])
def test_cookie_that_nobody_logged_in_with_is_refused(house: Served, value: str) -> None:
    headers = {"Cookie": f"{COOKIE}={value}"}
    answer = house.nobody.get("/api/profile", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["data"]["code"] in ("session_ended", "unauthenticated")
    refusal(house.nobody.post("/api/runs", {}, headers=headers), 401, "session_ended")
    assert house.nobody.get("/healthz", headers=headers).status_code == 200


def test_cookie_copied_before_logout_is_dead_after_it(house: Served) -> None:
    browser = entered(house)
    thief = browser.copy()
    answer = browser.post("/logout")
    data(answer)
    assert COOKIE not in browser.http.cookies
    assert 'baselayer=""' in answer.headers["Set-Cookie"]
    refusal(thief.get("/api/profile"), 401, "session_ended")


def test_logout_ends_this_session_or_all(house: Served) -> None:
    first, second, third = entered(house), Browser(house.base), Browser(house.base)
    other = entered(house, "editor")
    for browser in (second, third):
        browser.login("analyst")
    data(first.post("/logout"))
    assert data(second.get("/api/profile"))
    data(second.post("/logout", {"everywhere": True}))
    refusal(third.get("/api/profile"), 401, "session_ended")
    assert data(other.get("/api/profile"))["username"] == "editor"


@pytest.mark.parametrize(
    ("username", "column", "alive", "dead"),
    [
        ("analyst", "last_seen_at", timedelta(hours=7.9), timedelta(hours=8.1)),
        ("analyst", "created_at", timedelta(days=6.9), timedelta(days=7.1)),
        ("admin", "last_seen_at", timedelta(hours=7.9), timedelta(hours=8.1)),
        ("admin", "created_at", timedelta(hours=11.9), timedelta(hours=12.1)),
    ],
)
def test_session_ends_when_idle_or_old(
    house: Served, username: str, column: str, alive: timedelta, dead: timedelta
) -> None:
    browser = entered(house, username)
    age(house, browser, column, alive)
    assert data(browser.get("/api/profile"))["username"] == username
    age(house, browser, column, dead)
    eventually(lambda: refusal(browser.get("/api/profile"), 401, "session_ended"))
    key = session_hash_of(browser.cookie)
    assert house.rows("select 1 from login_sessions where value_hash = %s", key) == []


def age(house: Served, browser: Browser, column: str, by: timedelta) -> None:
    """Let a session have begun, or been used last, so long ago."""
    sql = f"update login_sessions set {column} = %s where value_hash = %s"
    house.rows(sql, utcnow() - by, session_hash_of(browser.cookie))
    house.rows("notify baselayer_rights")  # that it was seen goes forward only, so it is kept


def test_use_is_noted_at_most_once_a_minute(house: Served) -> None:
    browser = entered(house)
    seen = "select last_seen_at from login_sessions where value_hash = %s"
    key = session_hash_of(browser.cookie)
    before = house.rows(seen, key)
    data(browser.get("/api/profile"))
    assert house.rows(seen, key) == before
    age(house, browser, "last_seen_at", timedelta(minutes=2))

    def note() -> None:
        data(browser.get("/api/profile"))
        assert house.rows(seen, key) > before

    eventually(note)


def test_bearer_rules_over_the_cookie_and_a_bad_one_is_not_rescued(house: Served) -> None:
    browser = entered(house, "admin")
    viewer = {"Authorization": f"token {house.viewer.value}"}
    profile = data(browser.get("/api/profile", headers=viewer))
    assert profile["username"] == "viewer" and profile["xsrf_token"] is None
    refusal(browser.get("/api/audit", headers=viewer), 403, "permission_missing")
    (line, *_) = house.audit(action="GET /api/audit", outcome="refused")
    assert (line["user_id"], line["token_id"]) == (house.viewer.user_id, profile["token_id"])
    for bad in ("token bl_x", "Basic YTpi", "token", "token " + house.expired_token()):
        assert browser.get("/api/profile", headers={"Authorization": bad}).status_code == 401


def test_session_of_a_deactivated_user_is_dead(house: Served) -> None:
    browser = entered(house, "member")
    set_to = "update users set deactivated_at = %s where username = 'member'"
    house.rows(set_to, utcnow())
    try:
        eventually(lambda: refusal(browser.get("/api/profile"), 401, "session_ended"))
        refusal(Browser(house.base).try_login("member"), 401, "login_failed")
    finally:
        house.rows(set_to, None)
    refusal(browser.get("/api/profile"), 401, "session_ended")


def test_role_that_is_taken_is_gone_at_once(house: Served) -> None:
    browser = entered(house, "member")
    give = "insert into user_acls (user_id, acl_id, created_at, modified) values (%s, %s, %s, %s)"
    ident = house.member.user_id
    house.rows(give, ident, "Read audit log", utcnow(), utcnow())
    eventually(lambda: data(browser.get("/api/audit")))
    house.rows("delete from user_acls where user_id = %s", ident)
    eventually(lambda: refusal(browser.get("/api/audit"), 403, "permission_missing"))


def test_own_sessions_are_all_that_is_seen_and_never_their_hash(house: Served) -> None:
    browser = entered(house)
    shown = browser.get("/api/profile").text + browser.get("/api/users").text
    assert session_hash_of(browser.cookie) not in shown
    assert browser.cookie not in shown
