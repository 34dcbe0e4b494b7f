"""The pages around the workspace: what they show to whom, and what they never do."""

import re

from playwright.sync_api import Request, expect

from tests.web.conftest import Visit
from tests.web.mock_data import World
from tests.web.test_workspace import run

FLIGHTS = "01990000-0000-7000-8000-000000000001"
PATHS = [
    "/",
    "/queries",
    "/queries/01990000-0000-7000-8000-000000000011",
    "/runs",
    "/connections",
    "/connections/new",
    f"/connections/{FLIGHTS}",
    "/cron",
    "/cron/01990000-0000-7000-a000-000000000004",
    "/groups",
    "/groups/1",
    "/tokens",
    "/profile",
    "/audit",
    "/nowhere",
]


def test_every_page_keeps_to_its_policy_and_its_server(visit: Visit, address: str) -> None:
    page = visit("/login", user=None)
    asked: list[Request] = []
    failures: list[str] = []
    page.context.on("request", lambda request: asked.append(request))  # noqa: PLW0108 (it marks what it is given)
    page.context.on("weberror", lambda error: failures.append(str(error.error)))
    for path in PATHS:
        page = visit(path)
        expect(page.locator("#content, #root :text('There is no such page')")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.violations") == [], path
        page.close()
    assert failures == []
    assert {"/".join(request.url.split("/")[:3]) for request in asked} == {address}


def test_dialogues_and_menus_keep_to_the_policy(visit: Visit) -> None:
    page = visit("/")
    run(page, "select * from flights")
    page.get_by_role("button", name="Download").click()
    expect(page.get_by_role("menuitem", name="CSV")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menuitem", name="CSV")).to_have_count(0)
    page.get_by_role("tab").click()
    page.get_by_role("textbox", name="SQL").click()
    page.keyboard.press("Control+s")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("window.violations") == []


def test_analyst_is_offered_only_what_he_may_do(visit: Visit) -> None:
    page = visit(f"/connections/{FLIGHTS}", user="ana")
    expect(page.get_by_role("link", name="Write SQL")).to_be_visible()
    expect(page.get_by_text("stored, and shown to nobody")).to_be_visible()
    for name in ("Delete", "Share", "Save changes"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_role("link", name="Audit")).to_have_count(0)


def test_change_of_host_warns_that_the_password_is_cleared(visit: Visit, world: World) -> None:
    page = visit(f"/connections/{FLIGHTS}")
    expect(page.get_by_text("Saving clears the stored secrets")).to_have_count(0)
    page.get_by_label("Host").fill("elsewhere.example.org")
    expect(page.get_by_text("Saving clears the stored secrets")).to_be_visible()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("The connection is saved.")).to_be_visible()
    assert not world.connections[FLIGHTS]["has_password"]


def test_connection_is_made_and_tested_step_by_step(visit: Visit, world: World) -> None:
    page = visit("/connections/new")
    page.get_by_label("Name *", exact=True).fill("archive")
    page.get_by_label("Host").fill("archive.internal")
    page.get_by_label("Database").fill("archive")
    page.get_by_label("Password", exact=True).fill("secret")
    page.get_by_role("button", name="Make the connection").click()
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("It does not work yet.")).to_be_visible()
    expect(page.get_by_text("does not answer on that port")).to_be_visible()


def test_connection_is_shared_with_a_group(visit: Visit, world: World) -> None:
    page = visit(f"/connections/{FLIGHTS}")
    page.get_by_role("button", name="Share").click()
    page.get_by_role("combobox", name="Add a group").click()
    page.get_by_role("option", name="admin").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert {share["group_id"] for share in world.shares[FLIGHTS]} == {1, 2}


def test_token_is_shown_once(visit: Visit) -> None:
    page = visit("/tokens")
    page.get_by_role("button", name="New token").click()
    page.get_by_label("Name").fill("notebook")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_test_id("token")).to_have_text(re.compile("^bl_"))
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("notebook")).to_be_visible()
    expect(page.get_by_text(re.compile("^bl_"))).to_have_count(0)


def test_member_is_added_to_a_group(visit: Visit, world: World) -> None:
    page = visit("/groups/1")
    page.get_by_label("Add a member").fill("nobody")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("There is no such user in your account.")).to_be_visible()
    page.get_by_label("Add a member").fill("bob")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("table").get_by_text("bob")).to_be_visible()


def test_navigation_folds_away_on_a_phone(visit: Visit) -> None:
    page = visit("/")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("link", name="Queries")).not_to_be_in_viewport()
    page.get_by_role("button", name="Navigation").click()
    page.get_by_role("link", name="Queries").click()
    expect(page.get_by_role("heading", name="Queries")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
