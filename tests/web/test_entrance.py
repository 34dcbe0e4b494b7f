"""How people come in, and how they go."""

import re

import pytest
from playwright.sync_api import Page, expect

from baselayer.app.auth.passwords import FEWEST_DISTINCT, SHORTEST
from tests.web.conftest import Visit
from tests.web.mock_data import World


def log_in(page: Page, user: str, password: str) -> None:
    """Fill in the form, and send it."""
    page.get_by_label("User name").fill(user)
    page.get_by_label("Password", exact=False).first.fill(password)
    page.get_by_role("button", name="Log in").click()


def test_login_leads_back_to_what_was_asked_for(visit: Visit) -> None:
    page = visit("/tokens", user=None)
    expect(page).to_have_url(re.compile(r"/login\?next=%2Ftokens$"))
    log_in(page, "admin", "admin")
    expect(page.get_by_role("heading", name="Tokens")).to_be_visible()
    expect(page).to_have_url(re.compile("/tokens$"))


def test_login_leads_to_no_other_site(visit: Visit, address: str) -> None:
    page = visit("/login?next=//example.org/", user=None)
    log_in(page, "admin", "admin")
    expect(page).to_have_url(f"{address}/")


def test_wrong_password_is_told_in_the_words_of_the_server(visit: Visit) -> None:
    page = visit("/login", user=None)
    log_in(page, "admin", "wrong")
    expect(page.get_by_role("alert")).to_have_text("User name or password is wrong. Try again.")


def test_setup_link_makes_the_first_account(visit: Visit, world: World) -> None:
    world.is_new = True
    page = visit("/setup#one-time", user=None)
    page.get_by_label("User name").fill("grace")
    page.get_by_label("Password *", exact=True).fill("correct horse stable")
    page.get_by_label("Password, again").fill("correct horse stable")
    assert "one-time" not in page.url
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("button", name="Account of grace")).to_be_visible()


def test_setup_link_works_once(visit: Visit) -> None:
    page = visit("/setup#one-time", user=None)
    expect(page.get_by_role("heading", name="Already set up")).to_be_visible()


def change_password(page: Page, current: str, new: str, again: str) -> None:
    """Go to one's account and fill in the form."""
    page.get_by_role("button", name="Account of admin").click()
    page.get_by_role("menuitem", name="Your account").click()
    page.get_by_label("Present password").fill(current)
    page.get_by_label("New password *", exact=True).fill(new)
    page.get_by_label("New password, again").fill(again)
    page.get_by_role("button", name="Change the password").click()


def test_own_password_is_changed(visit: Visit, world: World) -> None:
    page = visit("/")
    change_password(page, "admin", "a new one by night", "a new one by night")
    expect(page.get_by_text("You are logged out everywhere else.")).to_be_visible()
    expect(page.get_by_label("Present password")).to_have_value("")
    assert world.passwords["admin"] == "a new one by night"


@pytest.mark.parametrize(
    ("current", "new", "again", "told"),
    [
        ("admin", "short", "short", "It must have from 12 to 1024 characters."),
        ("wrong", "a new one by night", "a new one by night", "It is not the password that you"),
        ("admin", "a new one by night", "a new one by day", "The passwords differ."),
    ],
)
def test_password_that_is_not_taken_is_told_at_its_field(
    visit: Visit, world: World, current: str, new: str, again: str, told: str
) -> None:
    page = visit("/")
    change_password(page, current, new, again)
    expect(page.get_by_text(told)).to_be_visible()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    assert world.passwords["admin"] == "admin"


def test_rules_for_a_password_are_those_of_the_server(visit: Visit) -> None:
    page = visit("/profile")
    told = f"{SHORTEST} characters or more, {FEWEST_DISTINCT} of them different"
    expect(page.get_by_text(told)).to_be_visible()


def test_log_out_ends_the_session(visit: Visit, world: World) -> None:
    page = visit("/")
    page.get_by_role("button", name="Account of admin").click()
    page.get_by_role("menuitem", name="Log out", exact=True).click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert not world.sessions


def test_session_that_ended_elsewhere_leads_to_login(visit: Visit, world: World) -> None:
    page = visit("/connections")
    expect(page.get_by_role("heading", name="Connections")).to_be_visible()
    page.wait_for_load_state("networkidle")  # a request still under way would lead there first
    world.sessions.clear()
    page.get_by_role("link", name="Tokens").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_colours_are_chosen_and_kept(visit: Visit) -> None:
    page = visit("/")
    page.get_by_role("button", name="Account of admin").click()
    page.get_by_text("Dark", exact=True).locator("..").click()
    page.reload()
    html = page.locator("html")
    expect(html).to_have_attribute("data-mantine-color-scheme", "dark")
