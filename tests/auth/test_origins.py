"""Which pages are ours, and what proves that a request comes from one."""

import pytest

from baselayer.app.auth.origins import (
    origin_of,
    own_origins,
    refuse_foreign,
    require_json,
    require_xsrf_token,
)
from baselayer.app.errors import ContentTypeError, ForeignOriginError, XsrfError

OWN = own_origins("http", "Data.Example:5000", "https://data.example")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Data.Example", "https://data.example"),
        ("https://data.example:443/path", "https://data.example"),
        ("http://data.example:80", "http://data.example"),
        ("http://data.example:443", "http://data.example:443"),
        ("http://[::1]:5000", "http://[::1]:5000"),
        ("null", ""),
        ("", ""),
        ("data.example", ""),
        ("ftp://data.example", ""),
        ("http://data.example:x", ""),
        ("http://[::1", ""),
        ("https://", ""),
    ],
)
def test_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize("origin", [None, "http://data.example:5000", "https://data.example"])
@pytest.mark.parametrize("site", [None, "same-origin", "none"])
def test_our_own_page_and_a_program_may_send(origin: str | None, site: str | None) -> None:
    refuse_foreign(origin, site, OWN)


@pytest.mark.parametrize(
    "origin",
    [
        *("null", "", "https://evil.example", "http://data.example", "https://data.example:5000"),
        *("https://data.example.evil.example", "https://evil.example/https://data.example"),
        *("https://data.example, https://evil.example", "https://x@evil.example"),
    ],
)
def test_other_pages_may_not(origin: str) -> None:
    with pytest.raises(ForeignOriginError, match="another site"):
        refuse_foreign(origin, None, OWN)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "CROSS-SITE", "", "anything"])
def test_browser_that_says_another_site_is_believed(site: str) -> None:
    with pytest.raises(ForeignOriginError):
        refuse_foreign(None, site, OWN)
    with pytest.raises(ForeignOriginError):
        refuse_foreign("https://data.example", site, OWN)


def test_request_without_a_host_has_no_origin_of_its_own() -> None:
    assert own_origins("http", "", None) == frozenset()
    with pytest.raises(ForeignOriginError):
        refuse_foreign("null", None, frozenset())


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_is_taken(kind: str) -> None:
    require_json(kind)


@pytest.mark.parametrize("kind", [None, "", "text/plain", "text/json", "application/jsonx"])
def test_what_is_not_json_is_refused(kind: str | None) -> None:
    with pytest.raises(ContentTypeError):
        require_json(kind)


@pytest.mark.parametrize("sent", [None, "", "abd", "abcd", "ä", "\ud800"])
def test_only_the_very_token_is_right(sent: str | None) -> None:
    require_xsrf_token("abc", "abc")
    with pytest.raises(XsrfError):
        require_xsrf_token(sent, "abc")
