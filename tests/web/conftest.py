"""The built page, served with made-up records, in the system's Chromium."""

import asyncio
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.web.mock_data import World
from tests.web.mock_server import DIST, serving

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000  # a machine that is busy elsewhere takes seconds to draw a page
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
# The browser's own editing tries inline styles in the editor; they are refused, and not needed.
NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  if (event.target?.closest?.(".cm-content")) return;
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI}`);
});
"""

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the system's Chromium.

    For one file: while Playwright runs, it has an event loop running, and other files need theirs.
    """
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        pytest.skip("needs chromium")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def built() -> None:
    """Build the page, unless it is built."""
    if (DIST / "index.html").is_file():
        return
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs chromium and a built page: npm is not here to build it")
    for command in (["ci"], ["run", "build"]):
        subprocess.run([npm, *command], cwd=DIST.parent, check=True, capture_output=True)


@pytest.fixture
def world() -> World:
    """Return the records that the page shows."""
    return World()


@pytest.fixture
def address(built: None, world: World) -> Iterator[str]:
    """Serve the page and `world`, in a thread of its own."""
    ready: Future[str] = Future()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with serving(world) as found:
            ready.set_result(found)
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    yield ready.result(timeout=10)
    loop.call_soon_threadsafe(stop.set)
    thread.join(timeout=10)
    loop.close()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """Return a function that opens a path, as a user or as nobody."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(NOTE_VIOLATIONS)

    def open_path(path: str, user: str | None = "admin") -> Page:
        page = context.new_page()
        if user is not None:
            answer = context.request.post(
                f"{address}/login", data={"username": user, "password": user}
            )
            assert answer.ok
        page.goto(address + path)
        return page

    yield open_path
    context.close()
