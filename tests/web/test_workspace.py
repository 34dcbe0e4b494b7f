"""Writing a statement, running it, and what becomes of it."""

import re

from playwright.sync_api import Page, expect

from tests.web.conftest import Visit
from tests.web.mock_data import World


def write(page: Page, sql: str) -> None:
    """Write `sql` in the editor, on the connection `flights`."""
    picker = page.get_by_role("combobox", name="Connection")
    if not picker.input_value():
        picker.click()
        page.get_by_role("option", name="flights").click()
    page.get_by_role("textbox", name="SQL").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(sql)


def run(page: Page, sql: str) -> None:
    """Write `sql` and run it."""
    write(page, sql)
    page.keyboard.press("Control+Enter")


def test_statement_runs_and_its_rows_appear(visit: Visit) -> None:
    page = visit("/")
    run(page, "select * from flights")
    expect(page.get_by_role("gridcell", name="9007199254740993", exact=True)).to_be_visible()
    expect(page.get_by_text("Only the first 10,000 rows.")).to_be_visible()


def test_result_is_downloaded_as_csv(visit: Visit) -> None:
    page = visit("/")
    run(page, "select * from flights")
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="CSV").click()
    assert download.value.path().read_text().startswith("id,time_hour,carrier")


def test_only_the_statement_at_the_cursor_runs(visit: Visit, world: World) -> None:
    page = visit("/")
    run(page, "select 1;\nselect 2")
    expect(page.get_by_role("grid")).to_be_visible()
    assert [record["text"] for record in world.runs.records.values()] == ["select 2"]


def test_running_statement_is_cancelled(visit: Visit, world: World) -> None:
    page = visit("/")
    run(page, "select pg_sleep(30)")
    button = page.get_by_role("button", name=re.compile("Cancel, running"))
    expect(button).to_contain_text(re.compile(r"running [1-9][0-9]* (ms|s)|running \d\.\d s"))
    button.click()
    expect(page.get_by_text("This run was cancelled.")).to_be_visible()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()


def test_run_goes_on_when_the_page_is_left(visit: Visit, world: World) -> None:
    page = visit("/")
    run(page, "select pg_sleep(30)")
    page.get_by_role("button", name=re.compile("Cancel, running")).wait_for()
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("table").get_by_text("running")).to_be_visible()
    page.get_by_role("link", name="Workspace").click()
    expect(page.get_by_role("button", name=re.compile("Cancel, running"))).to_be_visible()


def test_refusal_is_shown_as_the_server_words_it(visit: Visit) -> None:
    page = visit("/")
    run(page, "drop table flights")
    expect(page.get_by_role("alert")).to_contain_text("This connection only reads")


def test_failure_of_the_database_is_shown(visit: Visit) -> None:
    page = visit("/")
    run(page, "select * from broken")
    expect(page.get_by_role("alert")).to_contain_text('relation "broken" does not exist')


def test_completions_close_when_the_statement_runs(visit: Visit) -> None:
    page = visit("/")
    write(page, "select * ")
    page.keyboard.type("fr")
    popup = page.locator(".cm-tooltip-autocomplete")
    expect(popup.get_by_role("option", name="from", exact=True)).to_be_visible()
    expect(popup.locator(".cm-completionIcon")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(popup).to_have_count(0)
    expect(page.get_by_role("grid")).to_be_visible()
    expect(popup).to_have_count(0)


def test_dialect_is_that_of_the_connection(visit: Visit, world: World) -> None:
    engines = ("postgresql", "mysql", "duckdb")
    for connection, engine in zip(world.connections.values(), engines, strict=True):
        connection["engine"] = engine
    page = visit("/")
    write(page, "# pivot")
    comment, keyword = page.locator(".sql-comment"), page.locator(".sql-keyword")
    for name, comments, keywords in (("flights", 0, 0), ("warehouse", 1, 0), ("crm replica", 0, 1)):
        page.get_by_role("combobox", name="Connection").click()
        page.get_by_role("option", name=name).click()
        expect(comment).to_have_count(comments)
        expect(keyword).to_have_count(keywords)


def test_tabs_survive_a_reload(visit: Visit) -> None:
    page = visit("/")
    write(page, "select 'kept'")
    page.get_by_role("button", name="New tab").click()
    write(page, "select 'as well'")
    page.reload()
    expect(page.get_by_role("textbox", name="SQL")).to_contain_text("as well")
    page.get_by_role("tab", name="Untitled 1").click()
    expect(page.get_by_role("textbox", name="SQL")).to_contain_text("kept")


def test_statement_is_saved_as_a_query(visit: Visit, world: World) -> None:
    page = visit("/")
    write(page, "select 42")
    page.keyboard.press("Control+s")
    page.get_by_role("dialog").get_by_label("Name").fill("The answer")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("tab", name="The answer")).to_be_visible()
    assert "select 42" in {query["text"] for query in world.queries.values()}


def test_saved_query_is_opened_and_runs_as_itself(visit: Visit, world: World) -> None:
    page = visit("/?query=01990000-0000-7000-8000-000000000012")
    expect(page.get_by_role("textbox", name="SQL")).to_contain_text("select * from flights")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("grid")).to_be_visible()
    (record,) = world.runs.records.values()
    assert record["query_id"] == "01990000-0000-7000-8000-000000000012"


def test_workspace_without_a_connection_says_what_to_do(visit: Visit) -> None:
    page = visit("/", user="bob")
    expect(page.get_by_text("No connection is shared with you yet")).to_be_visible()
