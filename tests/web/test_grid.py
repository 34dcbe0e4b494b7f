"""The grid: exact, at any number of rows."""

from playwright.sync_api import Page, expect

from tests.server import wait_until
from tests.web.conftest import Visit
from tests.web.mock_runs import row_of
from tests.web.test_workspace import run

MILLION = 1_000_000
MOST_ROWS_DRAWN = 60
SETTLED_MS = 300  # longer than the grid takes to put its scrollbar right
MIDDLE = "rows => Number(rows[Math.floor(rows.length / 2)].getAttribute('aria-rowindex')) - 2"


def open_million(visit: Visit) -> Page:
    """Run a statement of a million rows."""
    page = visit("/")
    page.get_by_role("combobox", name="Row limit").click()
    page.get_by_role("option", name="All allowed").click()
    run(page, "select million")
    expect(page.get_by_role("grid", name="Result, 1,000,000 rows")).to_be_visible()
    return page


def shown(page: Page, row: int, column: int) -> str:
    """Return the text of a cell, when its page has come."""
    cell = page.locator(f"#cell-{row}-{column}")
    expect(cell).not_to_have_text("")
    return cell.inner_text()


def middle_row(page: Page) -> int:
    """Return a row that is in sight."""
    rows = page.locator("[role=rowgroup] [role=row]")
    expect(rows.first).to_be_visible()
    return int(rows.evaluate_all(MIDDLE))  # at one moment: the rows come and go


def test_last_of_a_million_rows_is_reached_by_key(visit: Visit) -> None:
    page = open_million(visit)
    page.get_by_role("grid").focus()
    page.keyboard.press("Control+End")
    assert shown(page, MILLION - 1, 9) == row_of(MILLION - 1)[9]
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("Row 999,999")).to_be_visible()


def test_scrollbar_reaches_the_middle_and_the_end(visit: Visit) -> None:
    page = open_million(visit)
    grid = page.get_by_role("grid")
    grid.evaluate("grid => { grid.scrollTop = (grid.scrollHeight - grid.clientHeight) / 2 }")
    expect(page.locator("#cell-500000-0")).to_have_text("500001")
    grid.evaluate("grid => { grid.scrollTop = grid.scrollHeight }")
    assert shown(page, MILLION - 1, 0) == str(MILLION)


def test_wheel_moves_row_by_row_in_a_million(visit: Visit) -> None:
    page = open_million(visit)
    grid = page.get_by_role("grid")
    grid.evaluate("grid => { grid.scrollTop = (grid.scrollHeight - grid.clientHeight) / 2 }")
    page.locator("#cell-500000-0").hover()
    before = middle_row(page)
    page.mouse.wheel(0, 27 * 10)
    wait_until(lambda: abs(middle_row(page) - (before + 10)) <= 1)
    page.wait_for_timeout(SETTLED_MS)
    assert abs(middle_row(page) - (before + 10)) <= 1


def test_only_the_rows_in_sight_are_drawn(visit: Visit) -> None:
    page = open_million(visit)
    assert page.locator("[role=rowgroup] [role=row]").count() < MOST_ROWS_DRAWN


def test_null_is_told_from_an_empty_text(visit: Visit) -> None:
    page = open_million(visit)
    numbers = range(9)
    null = next(n for n in numbers if row_of(n)[4] is None or row_of(n)[7] is None)
    column = 4 if row_of(null)[4] is None else 7
    assert shown(page, null, column) == "NULL"


def test_every_value_is_shown_as_sent(visit: Visit) -> None:
    page = open_million(visit)
    for column in (0, 1, 2, 3, 5, 6, 8):
        assert shown(page, 3, column) == str(row_of(3)[column])


def test_cell_is_copied(visit: Visit) -> None:
    page = open_million(visit)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#cell-2-8").click()
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == row_of(2)[8]


def test_whole_value_opens_beside_the_grid(visit: Visit) -> None:
    page = open_million(visit)
    page.locator("#cell-1-1").click()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(row_of(1)[1])


def test_result_without_rows_says_so(visit: Visit) -> None:
    page = visit("/")
    run(page, "select nothing")
    expect(page.get_by_text("The statement ran and returned no rows.")).to_be_visible()
    expect(page.get_by_role("columnheader", name="carrier")).to_be_visible()
