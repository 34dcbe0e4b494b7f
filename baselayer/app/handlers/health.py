"""Whether the server lives and is ready, and what it offers."""

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from baselayer import __version__
from baselayer.app.access import open_to_all
from baselayer.app.errors import DatabaseStartError
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.openapi.build import build
from baselayer.app.openapi.routes import Route, operation


class HealthHandler(BaseHandler):
    """Whether the process answers at all."""

    @open_to_all
    @operation("Tell whether the process lives")
    async def get(self) -> None:
        self.success({"version": __version__})


class ReadyHandler(BaseHandler):
    """Whether the server can do its work."""

    @open_to_all
    @operation("Tell whether the server can work: its database answers")
    async def get(self) -> None:
        try:
            async with self.services.database.async_engine.connect() as connection:
                await connection.execute(sa.select(1))
        except SQLAlchemyError:
            raise DatabaseStartError(
                "The metadata database does not answer; requests fail until it does."
            ) from None
        self.success({"version": __version__})


class OpenApiHandler(BaseHandler):
    """The API, described."""

    @open_to_all
    @operation("Describe the API, as OpenAPI 3.1")
    async def get(self) -> None:
        settings = self.application.settings
        if "openapi" not in settings:  # the routes do not change while the server runs
            title = self.services.config.settings.app.title
            settings["openapi"] = build(settings["routes"], title=title, version=__version__)
        self.write(settings["openapi"])


routes = [
    Route("/healthz", HealthHandler),
    Route("/readyz", ReadyHandler),
    Route("/openapi.json", OpenApiHandler),
]
