"""Setting up over HTTP: the first administrator, made with the link that the server printed."""

from baselayer.app.access import open_to_all
from baselayer.app.auth.setup import is_setup_needed, set_up
from baselayer.app.handlers.login import SessionHandler
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.identity import ProfileRead
from baselayer.app.schemas.login import SetupRead, SetupRequest


class SetupHandler(SessionHandler):
    """The first administrator of this installation."""

    @open_to_all
    @operation("Tell whether the first administrator is still to be made", response=SetupRead)
    async def get(self) -> None:
        self.success(SetupRead(needed=await is_setup_needed(self.services.database.async_engine)))

    @open_to_all
    @operation(
        "Make the first administrator and log him in; the token works once",
        request=SetupRequest,
        response=ProfileRead,
    )
    async def post(self) -> None:
        self.require_own_page()
        asked = self.read_body(SetupRequest)
        value = await set_up(
            self.services.entrance,
            asked.token,
            asked.username,
            asked.password,
            address=self.request.remote_ip,
        )
        await self.welcome(value)


routes = [Route("/api/setup", SetupHandler)]
