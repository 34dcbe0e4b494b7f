"""Groups over HTTP: make, change, and who is in them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.access import auth_or_token, permissions
from baselayer.app.db.finding import find, number
from baselayer.app.db.mixins.view import page_of
from baselayer.app.db.permissions import permissions as permissions_on
from baselayer.app.errors import AccessError
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.handlers.names import user_id_of
from baselayer.app.identity.groups import Group, GroupUser
from baselayer.app.identity.membership import (
    put_member,
    require_member,
    require_several,
    take_out,
)
from baselayer.app.identity.principals import Principal
from baselayer.app.identity.users import User
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.groups import (
    GroupCreate,
    GroupRead,
    GroupsRequest,
    GroupUpdate,
    Member,
    MemberRead,
)
from baselayer.app.schemas.paging import ListResponse

MODES = ("member", "update", "delete", "leave", "ask")


class GroupsHandler(BaseHandler):
    """All groups that the caller is in, or sees."""

    @auth_or_token
    @operation(
        "List groups: yours, those that you may ask to be let into, or those of one person each",
        parameters=GroupsRequest,
        response=ListResponse[GroupRead],
    )
    async def get(self) -> None:
        asked = self.read_query(GroupsRequest)
        statement = _within(asked.scope, self.caller)
        async with self.services.reading(self.caller) as session:
            found = await session.run_sync(page_of, Group, statement, asked)
            found.items = await session.run_sync(_shown, found.items, self.caller)
        self.success(found)

    @permissions(["Manage groups"])
    @operation("Make a group, as its admin", request=GroupCreate, response=GroupRead, status=201)
    async def post(self) -> None:
        asked = self.read_body(GroupCreate)
        async with self.writing() as session:
            group = Group(account_id=self.caller.account_id, **asked.model_dump())
            session.add(group)
            await session.flush()
            session.add(GroupUser(group_id=group.id, user_id=self.caller.user_id, admin=True))
            session.add(self.event("group.create", group, **_told(group)))
            (shown,) = await session.run_sync(_shown, [group], self.caller)
        self.success(shown, status=201)


class GroupHandler(BaseHandler):
    """One group."""

    @auth_or_token
    @operation("Show a group", response=GroupRead)
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            group = await session.run_sync(find, Group, id, self.caller)
            (shown,) = await session.run_sync(_shown, [group], self.caller)
        self.success(shown)

    @auth_or_token
    @operation("Change a group", request=GroupUpdate, response=GroupRead)
    async def patch(self, id: str) -> None:
        asked = self.read_body(GroupUpdate)
        async with self.writing() as session:
            group = await session.run_sync(find, Group, id, self.caller, "update")
            require_several(group)
            for name, value in asked.model_dump(exclude_unset=True).items():
                setattr(group, name, value)
            details = _told(group) | {"fields": sorted(asked.model_fields_set)}
            session.add(self.event("group.update", group, **details))
            (shown,) = await session.run_sync(_shown, [group], self.caller)
        self.success(shown)

    @auth_or_token
    @operation("Delete a group; what was shared with it no longer is")
    async def delete(self, id: str) -> None:
        async with self.writing() as session:
            group = await session.run_sync(find, Group, id, self.caller, "delete")
            require_several(group)
            session.add(self.event("group.delete", group, **_told(group)))
            await session.delete(group)
        self.success()


class GroupMembersHandler(BaseHandler):
    """Who is in a group."""

    @auth_or_token
    @operation("List the members of a group that you are in", response=list[MemberRead])
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            group = await session.run_sync(find, Group, id, self.caller)
            self.success(await session.run_sync(_members, group, self.caller))

    @auth_or_token
    @operation("Add a member, or change one", request=Member)
    async def put(self, id: str) -> None:
        asked = self.read_body(Member)
        async with self.writing() as session:
            group = await session.run_sync(find, Group, id, self.caller, "update")
            user_id = await user_id_of(self.services.database, asked.username, self.caller)
            await session.run_sync(put_member, group, user_id, admin=asked.admin)
            details = {"user_id": user_id, "admin": asked.admin}
            session.add(self.event("group.member", group, **details))
        self.success()


class GroupMemberHandler(BaseHandler):
    """One member of a group."""

    @auth_or_token
    @operation("Take a member out of a group, or leave it")
    async def delete(self, id: str, user_id: str) -> None:
        async with self.writing() as session:
            group = await session.run_sync(find, Group, id, self.caller)
            require_several(group)
            link = await session.run_sync(require_member, group.id, number(user_id) or 0)
            session.add(self.event("group.remove", group, user_id=link.user_id))
            await session.run_sync(find, GroupUser, link.id, self.caller, "delete")
            await session.run_sync(take_out, link)
        self.success()


def _within(scope: str, caller: Principal) -> sa.Select[Any]:
    """Return the SELECT of the groups of `scope`; others than his own are those of his account."""
    if scope == "mine":
        return Group.select(caller, "member")
    in_account = Group.account_id == caller.account_id
    if scope == "people":
        return Group.select(caller).where(in_account, Group.user_id.is_not(None))
    return Group.select(caller, "ask").where(in_account, Group.user_id.is_(None))


def _shown(session: orm.Session, groups: list[Group], caller: Principal) -> list[GroupRead]:
    """Return groups as they are shown to the caller, with what he may do."""
    session.flush()
    can = permissions_on(session, groups, MODES, caller)
    told = [GroupRead.model_validate(group) for group in groups]
    return [group.model_copy(update={"can": can[group.id]}) for group in told]


def _told(group: Group) -> dict[str, Any]:
    return {"name": group.name, "private": group.private}


def _members(session: orm.Session, group: Group, caller: Principal) -> list[MemberRead]:
    if not permissions_on(session, [group], ["member"], caller)[group.id]:
        raise AccessError("Only its members see who is in a group: ask to be let in.")
    statement = (
        sa.select(User.id, User.username, GroupUser.admin)
        .join(GroupUser, GroupUser.user_id == User.id)
        .where(GroupUser.group_id == group.id)
        .order_by(User.username)
    )
    return [
        MemberRead(user_id=user_id, username=username, admin=admin)
        for user_id, username, admin in session.execute(statement)
    ]


routes = [
    Route("/api/groups", GroupsHandler),
    Route("/api/groups/{id}", GroupHandler),
    Route("/api/groups/{id}/members", GroupMembersHandler),
    Route("/api/groups/{id}/members/{user_id}", GroupMemberHandler),
]
