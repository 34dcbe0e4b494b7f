"""The front door: who comes in, how long he stays, and who does not."""

from typing import Any

import pytest
import requests
from argon2 import PasswordHasher

from baselayer.app.auth.passwords import PASSES, is_outdated
from baselayer.app.db.types import utcnow
from baselayer.app.identity.sessions import session_hash_of
from tests.browser import COOKIE, PASSWORD, Browser, entered, give_password
from tests.server import Caller, Served, data, refusal, serving
from tests.targets import free_port

WRONG = "not the harbour at all"


@pytest.fixture(autouse=True)
def _forgiven(house: Served) -> None:
    """Every test begins with no failed login."""
    house.rows("delete from login_attempts")


def test_login_gives_a_cookie_that_scripts_cannot_read(house: Served) -> None:
    give_password(house, "analyst")
    answer = Browser(house.base).try_login("analyst")
    profile = data(answer)
    assert (profile["username"], profile["token_id"]) == ("analyst", None)
    assert "Run queries" in profile["permissions"]
    header = answer.headers["Set-Cookie"]
    assert header.startswith("baselayer=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} == set(header.split("; ")[1:])
    value = answer.cookies[COOKIE]
    assert len(value) >= 43
    assert value not in answer.text


def test_only_the_hash_of_a_session_and_of_a_password_is_stored(house: Served) -> None:
    browser = entered(house)
    stored = str(house.rows("select value_hash from login_sessions"))
    assert session_hash_of(browser.cookie) in stored
    assert browser.cookie not in stored
    ((kept,),) = house.rows(
        "select password_hash from user_passwords where user_id = %s", house.analyst.user_id
    )
    assert kept.startswith(f"$argon2id$v=19$m=65536,t={PASSES},p=1$")
    log = house.log_path.read_text()
    assert browser.cookie not in log and PASSWORD not in log


def test_page_acts_with_its_session(house: Served) -> None:
    browser = entered(house)
    profile = data(browser.get("/api/profile"))
    assert profile["xsrf_token"] == browser.xsrf_token
    body = {"connection_id": house.connection_id, "sql": "select 1"}
    assert data(browser.post("/api/runs?wait=30", body), 201)["state"] == "succeeded"


def test_profile_of_a_token_has_no_xsrf_token(house: Served) -> None:
    assert data(house.analyst.get("/api/profile"))["xsrf_token"] is None


# --- Who does not come in -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["analyst", "nobody-of-us", "viewer", "", "a b", "x" * 200])
def test_wrong_login_is_told_alike_whoever_is_meant(house: Served, name: str) -> None:
    give_password(house, "analyst")  # and the viewer has none
    answer = Browser(house.base).try_login(name, WRONG)
    message = refusal(answer, 401, "login_failed")
    assert message == "User name and password do not belong together, or may not log in."
    assert "Set-Cookie" not in answer.headers


def test_deactivated_user_cannot_log_in(house: Served) -> None:
    give_password(house, "deactivated")
    refusal(Browser(house.base).try_login("deactivated"), 401, "login_failed")


def test_expired_user_may_look_and_log_out(house: Served) -> None:
    browser = entered(house, "expired")
    assert data(browser.get("/api/profile"))["expired_at"]
    refusal(browser.post("/api/tokens", {"name": "x"}), 403, "account_expired")
    data(browser.post("/logout"))


@pytest.mark.parametrize(
    "body", [{}, {"username": "analyst"}, {"username": 1, "password": PASSWORD}, {"x": 1}]
)
def test_login_without_its_fields_is_refused(house: Served, body: Any) -> None:
    refusal(Browser(house.base).call("POST", "/login", body), 422, "request_invalid")


# --- Requests that our page does not send ---------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "wrong", "ä", "0" * 64])
def test_write_without_the_xsrf_token_is_refused(house: Served, token: str | None) -> None:
    browser = entered(house)
    before = house.rows("select count(*) from tokens")
    headers = {"X-XSRFToken": token.encode() if token is not None else None}
    answer = browser.post("/api/tokens", {"name": f"xsrf {utcnow()}"}, headers=headers)
    refusal(answer, 403, "xsrf_refused")
    assert house.rows("select count(*) from tokens") == before


def test_xsrf_token_of_another_session_is_refused(house: Served) -> None:
    browser, other = entered(house), entered(house, "editor")
    headers = {"X-XSRFToken": other.xsrf_token}
    refusal(browser.post("/api/tokens", {"name": "x"}, headers=headers), 403, "xsrf_refused")


FOREIGN: list[dict[str, Any]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "https://127.0.0.1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": None},
    {"Sec-Fetch-Site": "same-site", "Origin": None},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_write_from_a_foreign_or_null_origin_is_refused(
    house: Served, headers: dict[str, Any]
) -> None:
    browser = entered(house)
    for path in ("/api/tokens", "/logout"):
        answer = browser.post(path, {"name": "x"}, headers=headers)
        refusal(answer, 403, "origin_foreign")
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
    assert data(browser.get("/api/profile"))["username"] == "analyst"


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_login_and_setup_from_a_foreign_page_are_refused(
    house: Served, headers: dict[str, Any]
) -> None:
    give_password(house, "analyst")
    browser = Browser(house.base)
    refusal(browser.try_login("analyst", headers=headers), 403, "origin_foreign")
    body = {"token": "x", "username": "x", "password": PASSWORD}
    answer = browser.call("POST", "/api/setup", body, headers=headers)
    refusal(answer, 403, "origin_foreign")


@pytest.mark.parametrize(
    "kind",
    [None, "text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"],
)
@pytest.mark.parametrize("path", ["/login", "/api/setup"])
def test_form_of_another_page_cannot_log_in(house: Served, path: str, kind: str | None) -> None:
    body = f'{{"username": "analyst", "password": "{PASSWORD}"}}'.encode()
    headers = {"Content-Type": kind, "Origin": None, "Sec-Fetch-Site": None}
    answer = Browser(house.base).call("POST", path, data=body, headers=headers)
    refusal(answer, 415, "content_type_unsupported")


def test_program_without_an_origin_may_log_in(house: Served) -> None:
    give_password(house, "analyst")
    body = {"username": "analyst", "password": PASSWORD}
    assert requests.post(f"{house.base}/login", json=body, timeout=60).status_code == 200


# --- Changing the password ---

CHANGE = "/api/profile/password"
NEW = "another harbour, at dawn"


def test_new_password_ends_all_other_sessions(house: Served) -> None:
    browser, other = entered(house), Browser(house.base)
    other.login("analyst")
    old = browser.copy()
    body = {"current_password": PASSWORD, "new_password": NEW}
    browser.keep(browser.call("PUT", CHANGE, body))
    assert data(browser.get("/api/profile"))["username"] == "analyst"
    data(browser.post("/api/tokens", {"name": f"after {utcnow()}"}), 201)
    for ended in (old, other):
        refusal(ended.get("/api/profile"), 401, "session_ended")
    refusal(Browser(house.base).try_login("analyst"), 401, "login_failed")
    Browser(house.base).login("analyst", NEW)
    assert house.audit(action="password.change", user_id=house.analyst.user_id)


def test_password_is_not_changed_without_the_present_one(house: Served) -> None:
    browser = entered(house)
    body = {"current_password": WRONG, "new_password": NEW}
    for _ in range(5):
        answer = browser.call("PUT", CHANGE, body)
        refusal(answer, 422, "request_invalid")
        assert "current_password" in answer.json()["data"]["fields"]
    refusal(browser.call("PUT", CHANGE, body), 429, "login_limited")
    assert data(browser.get("/api/profile"))


@pytest.mark.parametrize("new", ["short", "password1234", "analyst-analyst", "x" * 1025])
def test_bad_password_is_refused(house: Served, new: str) -> None:
    browser = entered(house)
    body = {"current_password": PASSWORD, "new_password": new}
    refusal(browser.call("PUT", CHANGE, body), 422, "request_invalid")
    data(browser.get("/api/profile"))


def test_token_cannot_change_a_password(house: Served) -> None:
    give_password(house, "analyst")
    body = {"current_password": PASSWORD, "new_password": NEW}
    refusal(house.analyst.put(CHANGE, body), 403, "access_denied")


def test_hash_of_older_parameters_is_renewed_at_login(house: Served) -> None:
    give_password(house, "analyst")
    old = _cheaply_hashed(PASSWORD)
    assert is_outdated(old)
    where = "user_passwords where user_id = %s"
    update = "update user_passwords set password_hash = %s where user_id = %s"
    house.rows(update, old, house.analyst.user_id)
    Browser(house.base).login("analyst")
    ((now,),) = house.rows(f"select password_hash from {where}", house.analyst.user_id)
    assert not is_outdated(now)
    Browser(house.base).login("analyst")


def _cheaply_hashed(password: str) -> str:
    return PasswordHasher(time_cost=1, memory_cost=64).hash(password)


def test_run_says_whether_a_browser_or_a_program_asked_for_it(house: Served) -> None:
    asked = {"connection_id": house.connection_id, "sql": "select 1"}
    assert data(entered(house).post("/api/runs", asked), 201)["source"] == "browser"
    assert data(house.analyst.post("/api/runs", asked), 201)["source"] == "api"


# --- What is left behind --------------------------------------------------------------------------


def test_credentials_in_the_address_are_refused(house: Served) -> None:
    browser = entered(house)
    for path in ("/api/profile", "/login", "/", "/setup"):
        for name in ("token", "password", "access_token"):
            headers = {"Accept": "text/html"}
            answer = browser.get(f"{path}?{name}={browser.cookie}", headers=headers)
            refusal(answer, 400, "credential_in_address")
    body = {"username": "analyst", "password": PASSWORD}
    refusal(browser.call("POST", "/login?token=x", body), 400, "credential_in_address")
    assert browser.cookie not in house.log_path.read_text()


def test_audit_has_who_came_went_and_failed(house: Served) -> None:
    browser = entered(house, "editor")
    data(browser.post("/logout"))
    refusal(browser.try_login("editor", WRONG), 401, "login_failed")
    refusal(browser.try_login("secret-of-mine", WRONG), 401, "login_failed")
    ident = house.editor.user_id
    assert house.audit(action="login", outcome="allowed", user_id=ident)
    assert house.audit(action="logout", outcome="allowed", user_id=ident)
    nobody, failed, *_ = house.audit(action="login", outcome="refused", code="login_failed")
    assert (failed["object_id"], failed["details"]) == (str(ident), {"username": "editor"})
    assert (nobody["object_id"], nobody["details"]) == (None, {})
    assert (failed["user_id"], failed["address"]) == (None, "127.0.0.1")
    kept = f"{house.rows('select * from audit_events')}{house.rows('select * from login_attempts')}"
    assert "secret-of-mine" not in kept and WRONG not in kept and PASSWORD not in kept


def test_block_is_in_the_audit_once(house: Served) -> None:
    give_password(house, "editor")
    before = len(house.audit(action="login", code="login_limited"))
    for _ in range(8):
        Browser(house.base).try_login("editor", WRONG)
    assert len(house.audit(action="login", code="login_limited")) == before + 1


def test_token_has_no_session_to_end(house: Served) -> None:
    refusal(house.analyst.post("/logout"), 403, "access_denied")
    refusal(Caller("nobody", house.base).post("/logout"), 401, "unauthenticated")


def test_under_tls_the_cookie_is_bound_to_the_host(house: Served) -> None:
    give_password(house, "analyst")
    address, port = "https://data.example", free_port()
    settings = {"BASELAYER__SERVER__ADDRESS": address, "BASELAYER__SERVER__PORT": str(port)}
    with serving(house.home, **settings) as (_, shown):
        assert shown == address
        browser = Browser(f"http://127.0.0.1:{port}")
        answer = browser.try_login("analyst", headers={"Origin": address})
        header = answer.headers["Set-Cookie"]
        assert header.startswith("__Host-baselayer=")
        assert {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"} == set(header.split("; ")[1:])
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        foreign = browser.try_login("analyst", headers={"Origin": "https://data.example:8443"})
        refusal(foreign, 403, "origin_foreign")
