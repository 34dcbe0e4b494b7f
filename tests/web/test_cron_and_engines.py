"""Cron's pages, connections to other engines, and with whom a query is shared."""

import re

from playwright.sync_api import expect

from tests.web.conftest import Visit
from tests.web.mock_data import World

DELAYS = "01990000-0000-7000-8000-000000000011"


def test_cron_run_is_opened_from_the_list_with_its_output(visit: Visit) -> None:
    page = visit("/", user="ana")
    page.get_by_role("link", name="Cron").click()
    expect(page.get_by_role("table", name="Cron jobs").get_by_text("30 2 * * *")).to_be_visible()
    runs = page.get_by_role("table", name="Cron runs")
    expect(runs.get_by_text("timed out")).to_be_visible()
    runs.get_by_role("link", name="mail_report").first.click()
    expect(page.get_by_role("region", name="What it wrote")).to_contain_text("no such mailbox")


def test_without_jobs_and_runs_the_page_says_how_to_add_some(visit: Visit, world: World) -> None:
    world.cron.runs, world.cron.may_see_jobs = [], False
    page = visit("/cron")
    expect(page.get_by_text("cron.jobs")).to_be_visible()
    expect(page.get_by_role("table")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_port_follows_the_engine_unless_another_was_entered(visit: Visit) -> None:
    page = visit("/connections/new")
    port = page.get_by_label("Port")
    for engine, usual in (("MySQL", "3306"), ("SQLite (a file)", None), ("PostgreSQL", "5432")):
        page.get_by_role("combobox", name="Engine").click()
        page.get_by_role("option", name=engine).click()
        if usual:
            expect(port).to_have_value(usual)
    port.fill("6000")
    page.get_by_role("combobox", name="Engine").click()
    page.get_by_role("option", name="MariaDB").click()
    expect(port).to_have_value("6000")


def test_file_is_connected_without_anything_of_a_server(visit: Visit) -> None:
    page = visit("/connections/new")
    page.get_by_label("Name *", exact=True).fill("sales")
    page.get_by_label("Host").fill("left.example.org")
    page.get_by_role("combobox", name="Engine").click()
    page.get_by_role("option", name="DuckDB").click()
    for label in ("Host", "Port", "User name", "Password", "How the server must prove itself"):
        expect(page.get_by_label(label)).to_have_count(0)
    expect(page.get_by_text("files.roots")).to_be_visible()
    expect(page.get_by_role("switch", name="Read only")).to_be_disabled()
    page.get_by_role("textbox", name="Database").fill("sales/2026.duckdb")
    with page.expect_request(lambda request: request.method == "POST") as asked:
        page.get_by_role("button", name="Make the connection").click()
    sent = asked.value.post_data_json
    assert sent is not None
    assert sent["engine"] == "duckdb"
    assert sent["read_only"]
    assert not {"host", "port", "username", "password", "tls_mode"} & set(sent)
    expect(page.get_by_text(re.compile("^DuckDB · sales/2026.duckdb"))).to_be_visible()
    expect(page.get_by_role("combobox", name="Engine")).to_be_disabled()


def test_query_is_shared_with_a_group_and_read_back(visit: Visit, world: World) -> None:
    world.shares[DELAYS] = [{"group_id": 1, "can_update": True}]
    page = visit(f"/queries/{DELAYS}")
    page.get_by_role("button", name="Share").click()
    level = page.get_by_role("combobox", name="What members of Analysts may do")
    expect(level).to_have_value("may see and change it")
    page.get_by_role("combobox", name="Add a group").click()
    page.get_by_role("option", name="admin").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    shared = [{"group_id": 1, "can_update": True}, {"group_id": 2, "can_update": False}]
    assert world.shares[DELAYS] == shared
