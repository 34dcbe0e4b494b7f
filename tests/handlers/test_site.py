"""A build of the page, read into memory."""

import gzip
import os
from pathlib import Path

import pytest

from baselayer.app.handlers.site import NONCE, SiteFile, load_site


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("assets/a.js", "text/javascript; charset=utf-8"),
        ("assets/a.css", "text/css; charset=utf-8"),
        ("assets/a.svg", "image/svg+xml"),
        ("assets/a.woff2", "font/woff2"),
        ("assets/a.exe", "application/octet-stream"),
    ],
)
def test_file_says_what_it_is(name: str, media_type: str) -> None:
    assert SiteFile(name, b"").media_type == media_type


def test_only_assets_are_kept_for_ever() -> None:
    assert "immutable" in SiteFile("assets/a.js", b"").cache_control
    assert SiteFile("robots.txt", b"").cache_control == "no-cache"


def test_what_gains_from_it_is_compressed() -> None:
    text = b"let x = 1;" * 1000
    assert gzip.decompress(SiteFile("a.js", text).compressed or b"") == text
    assert SiteFile("a.woff2", text).compressed is None
    assert SiteFile("a.js", b"let x").compressed is None


def test_nothing_is_loaded_where_nothing_is_built(tmp_path: Path) -> None:
    assert load_site(tmp_path) is None


def test_build_is_read_again_only_when_it_is_newer(tmp_path: Path) -> None:
    index = tmp_path / "index.html"
    index.write_text(f"<meta content={NONCE}>")
    first = load_site(tmp_path)
    assert first is not None and first.page("abc") == "<meta content=abc>"
    assert load_site(tmp_path, first) is first
    index.write_text("new")
    os.utime(index, ns=(1, 1))
    second = load_site(tmp_path, first)
    assert second is not None and second.page("abc") == "new"


def test_link_that_leads_out_is_no_part_of_it(tmp_path: Path) -> None:
    build = tmp_path / "dist"
    build.mkdir()
    (tmp_path / "secret").write_text("secret")
    (build / "index.html").touch()
    (build / "leak.txt").symlink_to(tmp_path / "secret")
    site = load_site(build)
    assert site is not None and set(site.files) == {"index.html"}
