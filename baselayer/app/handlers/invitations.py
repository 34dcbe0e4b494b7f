"""Invitations over HTTP: make one and get its link, take one back, accept one."""

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession

from baselayer.app.access import auth_or_token, open_to_all
from baselayer.app.auth.invitations import accept_as, accept_as_new, show_invitation
from baselayer.app.db.finding import find, page
from baselayer.app.errors import AccessError
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.handlers.login import SessionHandler
from baselayer.app.identity.invitations import Invitation, invite
from baselayer.app.identity.tokens import RUN_TOKEN_PREFIX, Token
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.identity import ProfileRead
from baselayer.app.schemas.invitations import (
    InvitationAccept,
    InvitationCreate,
    InvitationCreated,
    InvitationPresented,
    InvitationRead,
    InvitationShown,
)
from baselayer.app.schemas.paging import ListResponse, TableViewRequest


class InvitationsHandler(BaseHandler):
    """The invitations that the caller has made, or that he manages."""

    @auth_or_token
    @operation(
        "List your invitations, or all when you manage users; without their links",
        parameters=TableViewRequest,
        response=ListResponse[InvitationRead],
    )
    async def get(self) -> None:
        view = self.read_query(TableViewRequest)
        async with self.services.reading(self.caller) as session:
            found = await session.run_sync(page, Invitation, view, self.caller)
            found.items = await session.run_sync(_shown, found.items)
        self.success(found)

    @auth_or_token
    @operation(
        "Invite somebody; the link is shown this once, and no mail is sent",
        request=InvitationCreate,
        response=InvitationCreated,
        status=201,
    )
    async def post(self) -> None:
        asked = self.read_body(InvitationCreate)
        days = self.services.config.settings.login.invitation_days
        async with self.writing() as session:
            await self._require_lasting(session)
            invitation, token = await session.run_sync(
                invite,
                self.caller,
                self.caller.account_id,
                role_id=asked.role,
                email=asked.email,
                name=asked.name,
                groups={group.group_id: group.admin for group in asked.groups},
                days=days,
            )
            (shown,) = await session.run_sync(_shown, [invitation])
            details = shown.model_dump(include={"email", "name", "role", "group_ids"})
            session.add(self.event("invitation.create", invitation, **details))
        link = f"{self._own_address()}/invitation#{token}"
        self.success(InvitationCreated(**shown.model_dump(), link=link), status=201)

    async def _require_lasting(self, session: AsyncSession) -> None:
        """Refuse a script whose token dies with its run: who comes by its link would outlive it."""
        name = await session.scalar(sa.select(Token.name).where(Token.id == self.caller.token_id))
        if name is not None and name.startswith(RUN_TOKEN_PREFIX):
            raise AccessError("The token of a script's run cannot invite anybody: it ends with it.")

    def _own_address(self) -> str:
        request = self.request
        return (
            self.services.config.settings.server.address or f"{request.protocol}://{request.host}"
        )


class InvitationHandler(BaseHandler):
    """One invitation."""

    @auth_or_token
    @operation("Take an invitation back; its link stops working at once")
    async def delete(self, id: str) -> None:
        async with self.writing() as session:
            invitation = await session.run_sync(find, Invitation, id, self.caller, "delete")
            session.add(self.event("invitation.delete", invitation, email=invitation.email))
            await session.delete(invitation)
        self.success()


class InvitationOfferHandler(SessionHandler):
    """What a link offers."""

    @open_to_all
    @operation(
        "Show what an invitation offers to who has its link",
        request=InvitationPresented,
        response=InvitationShown,
    )
    async def post(self) -> None:
        self.require_own_page()
        asked = self.read_body(InvitationPresented)
        address = self.request.remote_ip
        self.success(await show_invitation(self.services.database, asked.token, address=address))


class InvitationAcceptHandler(SessionHandler):
    """The door for who has no account yet."""

    @open_to_all
    @operation(
        "Accept an invitation as a new user, and log in; the link works once",
        request=InvitationAccept,
        response=ProfileRead,
    )
    async def post(self) -> None:
        self.require_own_page()
        asked = self.read_body(InvitationAccept)
        value = await accept_as_new(
            self.services.entrance,
            asked.token,
            asked.username,
            asked.password,
            address=self.request.remote_ip,
        )
        await self.welcome(value)


class InvitationJoinHandler(SessionHandler):
    """The door for who is there already."""

    @auth_or_token
    @operation(
        "Accept an invitation as yourself: you come into its groups, your roles stay",
        request=InvitationPresented,
    )
    async def post(self) -> None:
        if self.browser_session is None:
            raise AccessError("A token cannot accept an invitation: log in with a browser.")
        asked = self.read_body(InvitationPresented)
        address = self.request.remote_ip
        await accept_as(self.services.database, asked.token, self.caller, address=address)
        self.success()


def _shown(session: orm.Session, invitations: list[Invitation]) -> list[InvitationRead]:
    loading = orm.selectinload(Invitation.invitation_groups)
    idents = [invitation.id for invitation in invitations]
    wanted = sa.select(Invitation).where(Invitation.id.in_(idents)).options(loading)
    found = session.scalars(wanted.execution_options(populate_existing=True))
    rows = {row.id: row for row in found}
    return [_read(rows[ident]) for ident in idents]


def _read(row: Invitation) -> InvitationRead:
    return InvitationRead(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role_id,
        group_ids=sorted(link.group_id for link in row.invitation_groups),
        invited_by_id=row.invited_by_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        accepted_at=row.accepted_at,
        accepted_by_id=row.accepted_by_id,
    )


routes = [
    Route("/api/invitations", InvitationsHandler),
    Route("/api/invitations/offer", InvitationOfferHandler),
    Route("/api/invitations/accept", InvitationAcceptHandler),
    Route("/api/invitations/join", InvitationJoinHandler),
    Route("/api/invitations/{id}", InvitationHandler),
]
