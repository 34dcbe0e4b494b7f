"""Logging in and out over HTTP, and changing one's password."""

from baselayer.app.access import auth_or_token, open_to_all
from baselayer.app.audit.record import Event
from baselayer.app.auth.origins import require_json
from baselayer.app.auth.sessions import end, end_all
from baselayer.app.errors import AccessError, UnauthenticatedError
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.handlers.users import profile_of
from baselayer.app.handlers.web import PageHandler
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.identity import ProfileRead
from baselayer.app.schemas.login import LoginRequest, LogoutRequest, PasswordChange


class SessionHandler(BaseHandler):
    """What begins or ends a browser's session."""

    def require_own_page(self) -> None:
        """Refuse what another site's page could have sent: no cookie proves anything yet."""
        self.refuse_foreign()
        require_json(self.request.headers.get("Content-Type"))

    async def welcome(self, value: str) -> None:
        """Hand the browser its new session, and tell whose it is."""
        self.services.callers.watch.forget()  # a former session has ended
        found = await self.services.callers.by_cookie(value)
        self.set_cookie(
            self.services.cookie_name,
            value,
            path="/",
            secure=self.services.is_tls,
            httponly=True,
            samesite="Lax",
        )
        self.success(profile_of(found.principal, found.xsrf_token))

    def farewell(self) -> None:
        """Take the cookie from the browser."""
        self.clear_cookie(
            self.services.cookie_name,
            path="/",
            secure=self.services.is_tls,
            httponly=True,
            samesite="Lax",
        )


class LoginHandler(PageHandler, SessionHandler):
    """The door: GET is the page that asks, POST the answer."""

    @open_to_all
    @operation(
        "Log in with a password; the answer sets the cookie of a new session",
        request=LoginRequest,
        response=ProfileRead,
    )
    async def post(self) -> None:
        self.require_own_page()
        asked = self.read_body(LoginRequest)
        value = await self.services.entrance.log_in(
            asked.username,
            asked.password,
            address=self.request.remote_ip,
            former=self.cookie_value(),
        )
        await self.welcome(value)


class LogoutHandler(SessionHandler):
    """The way out, also for those whose account has expired."""

    @open_to_all
    @operation("End this session of a browser, or all of yours", request=LogoutRequest)
    async def post(self) -> None:
        if self.identity_error is not None:
            raise self.identity_error
        if self.current_user is None:
            raise UnauthenticatedError("Nobody is logged in.")
        if self.browser_session is None:
            raise AccessError("A token has no session that could end: delete the token instead.")
        everywhere = self.read_body(LogoutRequest).everywhere
        async with self.services.database.async_engine.begin() as connection:
            if everywhere:
                await end_all(connection, self.caller.user_id)
            await end(connection, self.cookie_value())
            details = {"everywhere": everywhere}
            event = Event("logout", "allowed", details=details, **self.actor())
            await connection.execute(event.insert())
        self.services.callers.watch.forget()
        self.farewell()
        self.success()


class PasswordHandler(SessionHandler):
    """One's own password."""

    @auth_or_token
    @operation(
        "Change your password; all of your sessions end, and a new one begins",
        request=PasswordChange,
        response=ProfileRead,
    )
    async def put(self) -> None:
        if self.browser_session is None:
            raise AccessError("A token cannot change a password: log in with a browser.")
        asked = self.read_body(PasswordChange)
        value = await self.services.entrance.change_password(
            self.caller,
            asked.current_password,
            asked.new_password,
            address=self.request.remote_ip,
        )
        await self.welcome(value)


routes = [
    Route("/login", LoginHandler),
    Route("/logout", LogoutHandler),
    Route("/api/profile/password", PasswordHandler),
]
