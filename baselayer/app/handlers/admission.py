"""Requests to be let into groups, over HTTP: ask, see, decide, take back."""

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession

from baselayer.app.access import auth_or_token
from baselayer.app.db.finding import find
from baselayer.app.db.mixins.view import page_of
from baselayer.app.errors import AccessError
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.handlers.names import usernames_of
from baselayer.app.identity.admission import GroupAdmissionRequest, ask, decide, withdraw
from baselayer.app.identity.groups import Group
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.groups import (
    AdmissionAsk,
    AdmissionDecision,
    AdmissionRead,
    AdmissionsRequest,
)
from baselayer.app.schemas.paging import ListResponse


class AdmissionHandler(BaseHandler):
    """What handlers of admission requests share."""

    async def shown(
        self, session: AsyncSession, requests: list[GroupAdmissionRequest]
    ) -> list[AdmissionRead]:
        """Return requests as they are shown; who reads a request also learns who asks."""
        user_ids = {request.user_id for request in requests}
        names = await usernames_of(self.services.database, user_ids)
        groups = await session.run_sync(_names_of_groups, requests)
        return [_shown(request, groups, names) for request in requests]


class AdmissionsHandler(AdmissionHandler):
    """All requests that the caller has made, or may decide."""

    @auth_or_token
    @operation(
        "List your requests to be let into groups, and those that you may decide",
        parameters=AdmissionsRequest,
        response=ListResponse[AdmissionRead],
    )
    async def get(self) -> None:
        asked = self.read_query(AdmissionsRequest)
        statement = GroupAdmissionRequest.select(self.caller)
        if asked.status is not None:
            statement = statement.where(GroupAdmissionRequest.status == asked.status)
        async with self.services.reading(self.caller) as session:
            found = await session.run_sync(page_of, GroupAdmissionRequest, statement, asked)
            found.items = await self.shown(session, found.items)
        self.success(found)


class GroupAdmissionsHandler(AdmissionHandler):
    """The door of one group."""

    @auth_or_token
    @operation(
        "Ask to be let into a group",
        request=AdmissionAsk,
        response=AdmissionRead,
        status=201,
    )
    async def post(self, id: str) -> None:
        asked = self.read_body(AdmissionAsk)
        async with self.writing() as session:
            group = await session.run_sync(find, Group, id, self.caller)
            request = await session.run_sync(ask, group, self.caller.user_id, asked.message)
            session.add(self.event("admission.ask", request, group_id=group.id))
            (shown,) = await self.shown(session, [request])
        self.success(shown, status=201)


class AdmissionRequestHandler(AdmissionHandler):
    """One request."""

    @auth_or_token
    @operation("Show a request to be let into a group", response=AdmissionRead)
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            request = await session.run_sync(find, GroupAdmissionRequest, id, self.caller)
            (shown,) = await self.shown(session, [request])
        self.success(shown)

    @auth_or_token
    @operation(
        "Accept or decline a request; to accept it lets the user in",
        request=AdmissionDecision,
        response=AdmissionRead,
    )
    async def patch(self, id: str) -> None:
        asked = self.read_body(AdmissionDecision)
        async with self.writing() as session:
            request = await session.run_sync(find, GroupAdmissionRequest, id, self.caller, "update")
            await session.run_sync(decide, request, status=asked.status, by_id=self.caller.user_id)
            details = {"group_id": request.group_id, "user_id": request.user_id}
            session.add(self.event(f"admission.{asked.status}", request, **details))
            (shown,) = await self.shown(session, [request])
        self.success(shown)

    @auth_or_token
    @operation("Take back your request, while nobody has decided it")
    async def delete(self, id: str) -> None:
        async with self.writing() as session:
            request = await session.run_sync(find, GroupAdmissionRequest, id, self.caller)
            if request.user_id != self.caller.user_id:
                raise AccessError("Only who asked takes a request back: decline it instead.")
            session.add(self.event("admission.withdraw", request, group_id=request.group_id))
            await session.run_sync(withdraw, request)
        self.success()


def _names_of_groups(session: orm.Session, requests: list[GroupAdmissionRequest]) -> dict[int, str]:
    wanted = {request.group_id for request in requests}
    found = session.execute(sa.select(Group.id, Group.name).where(Group.id.in_(wanted)))
    return {row.id: row.name for row in found}


def _shown(
    request: GroupAdmissionRequest, groups: dict[int, str], names: dict[int, str]
) -> AdmissionRead:
    return AdmissionRead(
        id=request.id,
        group_id=request.group_id,
        group=groups.get(request.group_id, ""),
        user_id=request.user_id,
        username=names.get(request.user_id, ""),
        message=request.message,
        status=request.status,
        created_at=request.created_at,
        decided_at=request.decided_at,
    )


routes = [
    Route("/api/admission-requests", AdmissionsHandler),
    Route("/api/admission-requests/{id}", AdmissionRequestHandler),
    Route("/api/groups/{id}/admission-requests", GroupAdmissionsHandler),
]
