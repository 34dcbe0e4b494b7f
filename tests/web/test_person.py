"""A person's way through the real server: setup, login, run, grid, download, logout."""

import csv
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, expect

from tests.server import START, Served, served
from tests.web.conftest import NOTE_VIOLATIONS, PATIENCE_MS
from tests.web.test_entrance import log_in

PASSWORD = "a long walk to the front door"
NEW_PASSWORD = "a short way home by the river"
COLUMNS = ["id", "name", "price", "note", "empty"]
SQL = """\
select id, name, price, case when id > 5 then 'größer, "so"' end as note, '' as empty
from items where id <= 25 order by id"""
LOOKING_LIKE_NULL = "NULL"
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}

Enter = Callable[..., Page]


@pytest.fixture(scope="module")
def house() -> Iterator[Served]:
    """An installation that began empty, with the analyst's and the stranger's passwords set."""
    with served() as house:
        for name in ("analyst", "stranger", "member"):
            _command(house, "user", "password", name, "--password-stdin", stdin=PASSWORD)
        yield house


@pytest.fixture
def enter(browser: Browser, built: None, house: Served) -> Iterator[Enter]:
    """Return a function that opens the front page as nobody, in a browser of its own.

    It is told which refusals (status, end of the address) belong to the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    expected = [(401, "/api/profile")]  # from which the page learns that nobody is logged in

    def complain(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _is_refusal(message, expected):
            complaints.append(f"{message.text} ({message.location})")

    def open_front_page(*refusals: tuple[int, str]) -> Page:
        expected.extend(refusals)
        context = browser.new_context(viewport=DESK, reduced_motion="reduce")
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(NOTE_VIOLATIONS)
        context.on("console", complain)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        page = context.new_page()
        page.goto(house.base)
        return page

    yield open_front_page
    for context in contexts:
        for page in context.pages:
            complaints += page.evaluate("window.violations")
        context.close()
    assert complaints == []


def test_setup_link_of_an_empty_home_makes_the_administrator(enter: Enter, house: Served) -> None:
    link = _setup_link(house)
    page = enter()
    expect(page.get_by_text("open the setup link that the server printed")).to_be_visible()
    page.goto(link)
    page.get_by_label("User name").fill("grace")
    page.get_by_label("Password *", exact=True).fill(PASSWORD)
    page.get_by_label("Password, again").fill(PASSWORD)
    assert page.url == f"{house.base}/setup"  # the token left the address
    page.get_by_role("button", name="Make the account").click()
    log_out(page, "grace")
    log_in(page, "grace", PASSWORD)
    expect(page.get_by_role("button", name="Account of grace")).to_be_visible()
    log_out(page, "grace")
    page.goto(link)
    expect(page.get_by_role("heading", name="Already set up")).to_be_visible()


def test_analyst_runs_a_statement_and_takes_the_rows_along(
    enter: Enter, house: Served, tmp_path: Path
) -> None:
    page = enter()
    log_in(page, "analyst", PASSWORD)
    choose(page, "shop")
    page.get_by_role("textbox", name="SQL").click()
    page.keyboard.insert_text(SQL)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("grid", name="Result, 25 rows")).to_be_visible()
    direct = [list(row) for row in house.target.admin(SQL)]
    page.screenshot(path=tmp_path / "desk.png")
    assert [_row(page, number) for number in range(10)] == [_drawn(row) for row in direct[:10]]
    assert _downloaded(page) == [COLUMNS, *([_written(v) for v in row] for row in direct)]
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("grid")).to_be_visible()
    page.screenshot(path=tmp_path / "phone.png")
    page.set_viewport_size(DESK)


def test_logout_shuts_the_door_for_page_and_cookie(enter: Enter, house: Served) -> None:
    page = enter()
    log_in(page, "analyst", PASSWORD)
    expect(page.get_by_role("button", name="Account of analyst")).to_be_visible()
    cookies = {c["name"]: c["value"] for c in page.context.cookies()}
    assert _profile_status(house, cookies) == 200
    log_out(page, "analyst")
    assert _profile_status(house, cookies) == 401
    page.goto(f"{house.base}/connections")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_stranger_sees_no_connection_and_is_told_what_to_do(enter: Enter, house: Served) -> None:
    hidden = f"/connections/{house.connection_id}"
    page = enter((404, hidden))
    log_in(page, "stranger", PASSWORD)
    expect(
        page.get_by_text(re.compile("No connection is shared with you yet|Connect your first"))
    ).to_be_visible()
    expect(page.get_by_role("combobox", name="Connection")).to_have_count(0)
    page.get_by_role("link", name="Connections").click()
    expect(page.get_by_text("No connections yet")).to_be_visible()
    expect(page.get_by_text("shop")).to_have_count(0)
    page.goto(house.base + hidden)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text("shop")).to_have_count(0)


def test_new_password_ends_the_other_sessions(enter: Enter, house: Served) -> None:
    elsewhere, page = enter((401, "/login")), enter()
    for each in (elsewhere, page):
        log_in(each, "member", PASSWORD)
        expect(each.get_by_role("button", name="Account of member")).to_be_visible()
    page.goto(f"{house.base}/profile")
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password *", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New password, again").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("You are logged out everywhere else.")).to_be_visible()
    page.get_by_role("link", name="Tokens").click()
    page.get_by_role("button", name="New token").first.click()  # which the new XSRF token lets pass
    page.get_by_label("Name").fill("made after the change")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_test_id("token")).to_be_visible()
    elsewhere.reload()
    log_in(elsewhere, "member", PASSWORD)
    expect(elsewhere.get_by_role("alert")).to_be_visible()
    log_in(elsewhere, "member", NEW_PASSWORD)
    expect(elsewhere.get_by_role("button", name="Account of member")).to_be_visible()


def log_out(page: Page, username: str) -> None:
    """Leave by the menu of the account."""
    page.get_by_role("button", name=f"Account of {username}").click()
    page.get_by_role("menuitem", name="Log out", exact=True).click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def choose(page: Page, connection: str) -> None:
    """Choose the connection that the statement is to run on."""
    page.get_by_role("combobox", name="Connection").click()
    page.get_by_role("option", name=connection, exact=True).click()


def _command(house: Served, *arguments: str, stdin: str) -> None:
    """Run a command of the installation, beside its server."""
    subprocess.run(
        [sys.executable, "-c", START, *arguments],
        input=stdin,
        text=True,
        check=True,
        capture_output=True,
        cwd=house.home,
        env={"PATH": os.environ["PATH"], "BASELAYER_HOME": str(house.home)},
    )


def _setup_link(house: Served) -> str:
    """Return the link that the server has printed after its address."""
    assert house.process.stdout is not None
    found = re.fullmatch(r"Set up: (http://\S+/setup#\S+)\n", house.process.stdout.readline())
    assert found is not None
    return found[1]


def _is_refusal(message: ConsoleMessage, expected: list[tuple[int, str]]) -> bool:
    """Chromium writes down each answer that is an error, though the page expects some."""
    url = message.location["url"]
    return any(f" {status} " in message.text and url.endswith(path) for status, path in expected)


def _profile_status(house: Served, cookies: dict[str, str]) -> int:
    return requests.get(f"{house.base}/api/profile", cookies=cookies, timeout=10).status_code


def _row(page: Page, number: int) -> list[str]:
    cells = (page.locator(f"#cell-{number}-{column}") for column in range(len(COLUMNS)))
    return [cell.inner_text() for cell in cells]


def _drawn(row: list[object]) -> list[str]:
    return [LOOKING_LIKE_NULL if value is None else str(value) for value in row]


def _written(value: object) -> str:
    return "" if value is None else str(value)


def _downloaded(page: Page) -> list[list[str]]:
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="CSV").click()
    text = download.value.path().read_bytes().decode()
    return list(csv.reader(io.StringIO(text, newline="")))
