"""The page as a browser gets it: from a build that stands in for the real one, and for real."""

import asyncio
import http.client
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import requests
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from baselayer.app.app_server import make_app
from baselayer.app.handlers.services import Services
from tests.server import Served, refusal

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = "console.log('x');" * 200
POLICY = (
    r"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-([\w-]{22})'; "
    r"img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
    r"form-action 'self'; frame-ancestors 'none'"
)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build, with a secret beside it."""
    place = tmp_path_factory.mktemp("site")
    (place / "secret.txt").write_text("secret")
    build = place / "dist"
    (build / "assets").mkdir(parents=True)
    (build / "index.html").write_text('<meta name="csp-nonce" content="__NONCE__">the page')
    (build / "robots.txt").write_text("User-agent: *\n")
    (build / "assets" / "index-abc.js").write_text(SCRIPT)
    (build / "assets" / "font-abc.woff2").write_bytes(b"wOF2" * 1000)
    return build


@pytest.fixture(scope="module")
def site(dist: Path) -> Iterator[str]:
    """A server that has nothing but the page."""
    yield from _serve(dist)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose page was not built."""
    yield from _serve(tmp_path_factory.mktemp("bare"))


def _serve(dist: Path) -> Iterator[str]:
    settings = SimpleNamespace(server=SimpleNamespace(address=None, max_body_bytes=1000))
    stub = SimpleNamespace(
        is_tls=False, cookie_name="baselayer", config=SimpleNamespace(settings=settings)
    )
    (listening,) = bind_sockets(0, "127.0.0.1")
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        app = make_app(cast(Services, stub))
        app.settings["dist"] = dist
        server = HTTPServer(app)
        server.add_sockets([listening])
        started.set()
        await stop.wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait(10)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


def get(url: str, **headers: str) -> requests.Response:
    """Send a GET that follows nothing."""
    return requests.get(url, headers=headers, timeout=30, allow_redirects=False)


def raw(base: str, path: str) -> tuple[int, bytes]:
    """Send a path as it stands: clients tidy the dots away."""
    address = urlsplit(base)
    client = http.client.HTTPConnection(address.hostname or "", address.port)
    client.request("GET", path, headers=HTML)
    answer = client.getresponse()
    found = answer.status, answer.read()
    client.close()
    return found


@pytest.mark.parametrize(
    "path", ["/", "/login", "/setup", "/runs/1", "/connections/new?x=1", "/apis", "/index.html"]
)
def test_page_is_at_every_address_that_is_not_of_the_api(site: str, path: str) -> None:
    answer = get(site + path, **HTML)
    assert answer.status_code == 200
    assert "the page" in answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_policy_is_strict_and_its_nonce_new_each_time(site: str) -> None:
    nonces = set()
    for _ in range(3):
        answer = get(site + "/", **HTML)
        found = re.fullmatch(POLICY, answer.headers["Content-Security-Policy"])
        assert found
        assert f'content="{found[1]}"' in answer.text
        nonces.add(found[1])
    assert len(nonces) == 3


def test_headers_of_the_page(site: str) -> None:
    headers = get(site + "/", **HTML).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert not {"Server", "Etag", "Set-Cookie", "Access-Control-Allow-Origin"} & set(headers)


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api//runs"])
def test_unknown_address_of_the_api_stays_json(site: str, path: str) -> None:
    refusal(get(site + path, **HTML), 404, "not_found")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "image/*"])
def test_who_asks_for_no_page_gets_none(site: str, accept: str) -> None:
    for path in ("/", "/runs/1", "/favicon.ico", "/login"):
        refusal(get(site + path, Accept=accept), 404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_page_is_only_read(site: str, method: str) -> None:
    answer = requests.request(method, site + "/runs/1", headers=HTML, timeout=30)
    refusal(answer, 404, "not_found")


def test_asset_is_kept_for_a_year(site: str) -> None:
    answer = get(site + "/assets/index-abc.js", **{"Accept-Encoding": "identity"})
    assert answer.text == SCRIPT
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    again = get(site + "/assets/index-abc.js", **{"If-None-Match": answer.headers["Etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_asset_is_compressed_for_who_can_read_that(site: str) -> None:
    answer = get(site + "/assets/index-abc.js", **{"Accept-Encoding": "br, gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.text == SCRIPT
    assert int(answer.headers["Content-Length"]) < len(SCRIPT) / 10
    font = get(site + "/assets/font-abc.woff2", **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in font.headers
    assert font.headers["Content-Type"] == "font/woff2"


def test_other_files_are_asked_for_anew(site: str) -> None:
    answer = get(site + "/robots.txt")
    assert answer.text == "User-agent: *\n"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_asset_that_is_not_there_is_not_the_page(site: str) -> None:
    refusal(get(site + "/assets/index-old.js", **HTML), 404, "not_found")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/..%5csecret.txt",
        "/assets//etc/passwd",
        "//etc/passwd",
        "/%00",
        "/assets/%ff",
    ],
)
def test_no_address_leads_out_of_the_build(site: str, path: str) -> None:
    status, body = raw(site, path)
    assert status in (200, 404, 422)
    assert b"root:" not in body and body != b"secret"
    if status == 200:
        assert b"the page" in body


@pytest.mark.parametrize(
    "query",
    [
        "next=//evil.example",
        "next=/%5cevil.example",
        "next=https:evil.example",
        "next=javascript:x",
    ],
)
def test_server_redirects_nobody(site: str, query: str) -> None:
    for path in ("/login", "/", "//evil.example", "/%5cevil.example"):
        status, body = raw(site, f"{path}?{query}")
        assert status == 200
        assert b"evil" not in body


def test_head_is_a_get_without_its_body(site: str) -> None:
    for path in ("/", "/assets/index-abc.js"):
        answer = requests.head(site + path, headers=HTML, timeout=30)
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 0


def test_page_that_is_not_built_says_how_to_build_it(bare: str) -> None:
    answer = get(bare + "/", **HTML)
    assert answer.status_code == 503
    assert "<code>make run</code>" in answer.text
    assert re.fullmatch(POLICY, answer.headers["Content-Security-Policy"])


def test_real_server_answers_with_the_page_or_how_to_build_it(house: Served) -> None:
    answer = get(house.base + "/", **HTML)
    assert answer.status_code in (200, 503)
    assert re.fullmatch(POLICY, answer.headers["Content-Security-Policy"])
    assert "__NONCE__" not in answer.text
    for asset in re.findall(r'(?:src|href)="(/assets/[^"]+)"', answer.text):
        assert get(house.base + asset).status_code == 200


def test_page_needs_no_database(site: str) -> None:
    cookie: dict[str, Any] = {"Cookie": "baselayer=x", "Authorization": "token x"}
    assert get(site + "/", **HTML, **cookie).status_code == 200
