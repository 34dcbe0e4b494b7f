"""Roles and permissions over HTTP: which there are, and who has them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import orm

from baselayer.app.access import auth_or_token, permissions
from baselayer.app.db.finding import find
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.identity.acls import ACL
from baselayer.app.identity.rights import give_acl, give_role, take_acl, take_role
from baselayer.app.identity.roles import Role
from baselayer.app.identity.users import User
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.users import AclGiven, AclRead, RoleGiven, RoleRead


class RolesHandler(BaseHandler):
    """The roles that there are."""

    @auth_or_token
    @operation("List the roles and what each permits", response=list[RoleRead])
    async def get(self) -> None:
        async with self.services.reading(self.caller) as session:
            wanted = Role.select(self.caller, options=[orm.selectinload(Role.acls)])
            roles = (await session.scalars(wanted.order_by(Role.id))).all()
        self.success(
            [RoleRead(id=role.id, acls=sorted(acl.id for acl in role.acls)) for role in roles]
        )


class AclsHandler(BaseHandler):
    """The permissions that there are."""

    @auth_or_token
    @operation("List the permissions", response=list[AclRead])
    async def get(self) -> None:
        async with self.services.reading(self.caller) as session:
            found = await session.scalars(ACL.select(self.caller).order_by(ACL.id))
            self.success([AclRead(id=acl.id) for acl in found])


class RightsHandler(BaseHandler):
    """What giving and taking a right have in common."""

    async def change(self, id: str, act: Callable[..., Any], action: str, **right: str) -> None:
        """Give or take one right, and note it."""
        async with self.writing() as session:
            user = await session.run_sync(find, User, id, self.caller)
            await session.run_sync(act, self.caller, user, *right.values())
            session.add(self.event(action, user, username=user.username, **right))
        self.success()


class UserRolesHandler(RightsHandler):
    """The roles of a user."""

    @permissions(["Manage users"])
    @operation("Give a user a role, all of which you have yourself", request=RoleGiven)
    async def post(self, id: str) -> None:
        asked = self.read_body(RoleGiven)
        await self.change(id, give_role, "user.role_add", role=asked.role)


class UserRoleHandler(RightsHandler):
    """One role of a user."""

    @permissions(["Manage users"])
    @operation("Take a role from a user")
    async def delete(self, id: str, role: str) -> None:
        await self.change(id, take_role, "user.role_remove", role=role)


class UserAclsHandler(RightsHandler):
    """The permissions of a user that come from no role."""

    @permissions(["Manage users"])
    @operation("Give a user a permission that you have yourself", request=AclGiven)
    async def post(self, id: str) -> None:
        asked = self.read_body(AclGiven)
        await self.change(id, give_acl, "user.acl_add", acl=asked.acl)


class UserAclHandler(RightsHandler):
    """One permission of a user."""

    @permissions(["Manage users"])
    @operation("Take a permission of his own from a user")
    async def delete(self, id: str, acl: str) -> None:
        await self.change(id, take_acl, "user.acl_remove", acl=acl)


routes = [
    Route("/api/roles", RolesHandler),
    Route("/api/acls", AclsHandler),
    Route("/api/users/{id}/roles", UserRolesHandler),
    Route("/api/users/{id}/roles/{role}", UserRoleHandler),
    Route("/api/users/{id}/acls", UserAclsHandler),
    Route("/api/users/{id}/acls/{acl}", UserAclHandler),
]
