"""Services: what handlers work with, made once by the process and handed to each request."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncSession

from baselayer.app.auth.callers import Callers
from baselayer.app.auth.login import Entrance
from baselayer.app.auth.passwords import Passwords
from baselayer.app.auth.sessions import cookie_name
from baselayer.app.auth.throttle import Throttle
from baselayer.app.config.settled import Config
from baselayer.app.controls.accessor import Accessor
from baselayer.app.db.engine import Database
from baselayer.app.queries.execute import Runner
from baselayer.app.queries.start import Bounds
from baselayer.app.sealing.ring import KeyRing


@dataclass(frozen=True)
class Services:
    """The parts of a running server."""

    config: Config
    database: Database
    key_ring: KeyRing
    runner: Runner
    passwords: Passwords = field(default_factory=Passwords)

    @cached_property
    def callers(self) -> Callers:
        """Return who tells who is calling; until its watch is started it asks the database."""
        settings = self.config.settings
        longest_wait = timedelta(seconds=settings.login.longest_wait_seconds)
        throttle = Throttle(settings.tokens.address_attempts, longest_wait)
        return Callers(self.database.async_engine, settings.login, throttle)

    @property
    def bounds(self) -> Bounds:
        """Return what a run is allowed."""
        return Bounds(self.config.settings.runs, self.runner.egress)

    @property
    def entrance(self) -> Entrance:
        """Return where people log in."""
        return Entrance(self.database, self.config.settings.login, self.passwords)

    @property
    def is_tls(self) -> bool:
        """Tell whether browsers reach this server by TLS, as `server.address` says."""
        return (self.config.settings.server.address or "").startswith("https://")

    @property
    def cookie_name(self) -> str:
        """Return the name of the cookie of a browser's session."""
        return cookie_name(is_tls=self.is_tls)

    def session(self, accessor: Accessor) -> AsyncSession:
        """Open a session that reads and commits only what `accessor` may."""
        return self.database.verified_async(accessor)

    def reading(self, accessor: Accessor) -> AsyncSession:
        """Open a session that reads what `accessor` may, and refuses to write."""
        return self.database.reading_async(accessor)
