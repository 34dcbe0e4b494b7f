"""A stand-in for the API, in memory: what the page needs to be looked at without a database.

Serves the built page as the server must: the nonce filled in, under the strict policy. Run it
(`python -m tests.web.mock_server 8000`) to work on the page, with `npm run dev` beside it.
"""

import asyncio
import json
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from tests.web.mock_data import ApiFailure, World

DIST = Path(__file__).parents[2] / "baselayer" / "web" / "dist"
COOKIE = "baselayer"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class PageHandler(RequestHandler):
    """index.html for every path that is not the API's."""

    def get(self) -> None:
        """Answer with the page, a new nonce in it."""
        nonce = secrets.token_urlsafe(16)
        self.set_header("Content-Security-Policy", POLICY.format(nonce=nonce))
        self.set_header("Cache-Control", "no-store")
        self.write((DIST / "index.html").read_text().replace("__NONCE__", nonce))


class AssetHandler(RequestHandler):
    """The built files."""

    def get(self, name: str) -> None:
        """Answer with one of them."""
        path = DIST / "assets" / name
        if path.parent != DIST / "assets" or not path.is_file():
            self.send_error(404)
            return
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        self.set_header("Content-Type", TYPES.get(path.suffix, "application/octet-stream"))
        self.write(path.read_bytes())


class ApiHandler(RequestHandler):
    """Everything else, by way of the World."""

    def initialize(self, world: World) -> None:
        """Keep the world."""
        self.world = world

    async def get(self, path: str) -> None:
        """Read."""
        await self._answer("GET", path)

    async def post(self, path: str) -> None:
        """Make or do."""
        await self._answer("POST", path)

    async def put(self, path: str) -> None:
        """Replace."""
        await self._answer("PUT", path)

    async def patch(self, path: str) -> None:
        """Change."""
        await self._answer("PATCH", path)

    async def delete(self, path: str) -> None:
        """Delete."""
        await self._answer("DELETE", path)

    async def _answer(self, method: str, path: str) -> None:
        try:
            user = self._caller(method, path)
            body = json.loads(self.request.body or b"{}")
            params = {k: self.get_query_argument(k) for k in self.request.query_arguments}
            status, data = await self.world.answer(
                method, path, user=user, body=body, params=params
            )
        except ApiFailure as failure:
            self._fail(failure)
            return
        if isinstance(data, bytes):
            self.set_header("Content-Disposition", 'attachment; filename="result.csv"')
            self.write(data)
            return
        self._session(path, data)
        self.set_status(status)
        self.write(json.dumps({"status": "success", "data": data}))
        self.set_header("Content-Type", "application/json")

    def _caller(self, method: str, path: str) -> str | None:
        session = self.world.sessions.get(self.get_cookie(COOKIE) or "")
        if session is None or path in ("login", "api/setup"):
            return None
        if method != "GET" and self.request.headers.get("X-XSRFToken") != session["xsrf_token"]:
            raise ApiFailure(403, "xsrf", "The request does not come from the page.")
        username: str = session["username"]
        return username

    def _session(self, path: str, data: Any) -> None:
        if path == "logout":
            self.world.sessions.pop(self.get_cookie(COOKIE) or "", None)
            self.clear_cookie(COOKIE)
        elif self.request.method == "POST" and path in ("login", "api/setup"):
            key = secrets.token_urlsafe(16)
            self.world.sessions[key] = data
            self.set_cookie(COOKIE, key, httponly=True, samesite="Lax")

    def _fail(self, failure: ApiFailure) -> None:
        self.set_status(failure.status)
        data = {"code": failure.code, "fields": failure.fields}
        self.write({"status": "error", "message": failure.message, "data": data})


def make_mock(world: World) -> Application:
    """Return the application that speaks for `world`."""
    return Application(
        [
            (r"/assets/(.+)", AssetHandler),
            (r"/(api/.+|logout)", ApiHandler, {"world": world}),
            (r"/(login)", LoginHandler, {"world": world}),
            (r"/.*", PageHandler),
        ]
    )


class LoginHandler(ApiHandler):
    """GET is the page's, POST the API's."""

    async def get(self, path: str) -> None:
        """Answer with the page."""
        PageHandler.get(self)  # type: ignore[arg-type] # it uses only what every handler has


@asynccontextmanager
async def serving(world: World, port: int = 0) -> AsyncIterator[str]:
    """Serve `world` for the block; yield the address."""
    sockets = bind_sockets(port, "127.0.0.1")
    server = HTTPServer(make_mock(world))
    server.add_sockets(sockets)
    try:
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    finally:
        server.stop()
        await server.close_all_connections()


async def _main(port: int, *, is_new: bool) -> None:
    async with serving(World(is_new=is_new), port) as address:
        sys.stdout.write(f"{address} (admin/admin, ana/ana)\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), is_new="--new" in sys.argv))
