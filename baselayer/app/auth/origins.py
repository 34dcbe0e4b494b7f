"""Origins: whether a browser sent a request from our own page."""

import hmac
from collections.abc import Collection
from urllib.parse import urlsplit

from baselayer.app.errors import ContentTypeError, ForeignOriginError, XsrfError

DEFAULT_PORTS = {"http": 80, "https": 443}
OWN_SITES = ("same-origin", "none")  # none: the person himself, not a page


def own_origins(protocol: str, host: str, address: str | None) -> frozenset[str]:
    """Return the origins that are ours: where the request went, and `server.address`."""
    return frozenset(origin_of(url) for url in (f"{protocol}://{host}", address) if url) - {""}


def origin_of(url: str) -> str:
    """Return scheme, host and port of `url` as browsers write them; nothing when it has none."""
    try:
        parts = urlsplit(url.strip().lower())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def refuse_foreign(origin: str | None, fetch_site: str | None, own: Collection[str]) -> None:
    """Raise ForeignOriginError when a browser says that another page sends the request.

    A request that says nothing of it comes from no page: programs send neither header.
    """
    if fetch_site is not None and fetch_site.strip().lower() not in OWN_SITES:
        raise _foreign()
    if origin is not None and (origin_of(origin) not in own or origin_of(origin) == ""):
        raise _foreign()


def require_json(content_type: str | None) -> None:
    """Raise ContentTypeError unless the body is declared to be JSON, as no foreign form can."""
    if (content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise ContentTypeError(
            "Send this as JSON, with the header `Content-Type: application/json`. Nothing was "
            "changed."
        )


def require_xsrf_token(sent: str | None, expected: str) -> None:
    """Raise XsrfError unless `sent` is the token of the session."""
    if sent is None or not hmac.compare_digest(sent.encode("utf-8", "replace"), expected.encode()):
        raise XsrfError(
            "The request lacks the XSRF token of your session, so it may come from another page: "
            "load the page again. A program sends `xsrf_token` of /api/profile as X-XSRFToken."
        )


def _foreign() -> ForeignOriginError:
    return ForeignOriginError(
        "The request comes from another site's page, and only our own may send it. If it is ours, "
        "`server.address` must be the address that people enter."
    )
