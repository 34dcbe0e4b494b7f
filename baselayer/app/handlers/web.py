"""The page: its files, and index.html for every address that is its own and not the API's."""

import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from baselayer.app.access import open_to_all
from baselayer.app.errors import NotFoundError
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.handlers.reading import refuse_secrets_in_address
from baselayer.app.handlers.site import ASSETS, INDEX, NOT_BUILT, Site, SiteFile, load_site
from baselayer.app.openapi.routes import Operation

DIST = Path(__file__).parents[2] / "web" / "dist"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
READING = ("GET", "HEAD")


class PageHandler(BaseHandler):
    """Answers with the page; it asks the API who is looking, so here that does not matter."""

    async def identify(self) -> None:
        """Ask nobody: the page is the same for all, and holds nothing of anybody."""

    def refuse_undeclared(self, declared: Operation | None) -> None:
        """Refuse credentials in the address; other parameters are the page's own."""
        if declared is not None:
            super().refuse_undeclared(declared)
        else:
            refuse_secrets_in_address(self.request.query_arguments)

    @open_to_all
    async def get(self) -> None:
        if not self._wants_page():
            raise _nothing_here()
        site, nonce = self.site(), secrets.token_urlsafe(16)
        self.set_header("Content-Security-Policy", POLICY.format(nonce=nonce))
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        self.set_header("Permissions-Policy", PERMISSIONS)
        self.set_status(200 if site else 503)
        self.finish(site.page(nonce) if site else NOT_BUILT)

    @open_to_all
    async def head(self) -> None:
        await self.get()

    def site(self) -> Site | None:
        """Return the build, read again when there is a newer one."""
        settings: dict[str, Any] = self.application.settings
        settings["site"] = load_site(settings.get("dist", DIST), settings.get("site"))
        found: Site | None = settings["site"]
        return found

    def _wants_page(self) -> bool:
        return "text/html" in self.request.headers.get("Accept", "").lower()


class UnknownPathHandler(PageHandler):
    """Answers where no route does: with a file of the page, with the page, or not at all."""

    async def prepare(self) -> None:
        """Refuse before anything is read, unless the page could be meant."""
        path = self.request.path
        if self.request.method not in READING or path == "/api" or path.startswith("/api/"):
            raise _nothing_here()
        await super().prepare()

    @open_to_all
    async def get(self) -> None:
        name = unquote(self.request.path).removeprefix("/")
        site = self.site()
        found = site.files.get(name) if site and name != INDEX else None
        if found is not None:
            self._send(found)
        elif name.startswith(ASSETS):
            raise _nothing_here()
        else:
            await super().get()

    @open_to_all
    async def head(self) -> None:
        await self.get()

    def _send(self, file: SiteFile) -> None:
        """Answer with a file, or that the browser has it already."""
        self.set_header("Content-Type", file.media_type)
        self.set_header("Cache-Control", file.cache_control)
        self.set_header("Etag", file.etag)
        self.set_header("Vary", "Accept-Encoding")
        if self.check_etag_header():
            self.set_status(304)
            self.finish()
            return
        offers = self.request.headers.get_list("Accept-Encoding")
        packed = file.compressed if _accepts_gzip(offers) else None
        if packed is not None:
            self.set_header("Content-Encoding", "gzip")
        self.finish(packed or file.content)


def _accepts_gzip(sent: Collection[str]) -> bool:
    """Tell whether an Accept-Encoding names gzip; one with a weight of 0 is left uncompressed."""
    offers = {offer.replace(" ", "").lower() for line in sent for offer in line.split(",")}
    return bool(offers & {"gzip", "gzip;q=1", "gzip;q=1.0"})


def _nothing_here() -> NotFoundError:
    return NotFoundError("There is nothing at this address; /openapi.json lists what there is.")
