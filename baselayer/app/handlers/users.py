"""Users over HTTP: oneself, whom one sees, and those whom one manages."""

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError

from baselayer.app.access import auth_or_token, permissions
from baselayer.app.db.finding import find
from baselayer.app.db.mixins.view import page_of, within_times
from baselayer.app.errors import NotFoundError
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.handlers.failures import clash
from baselayer.app.identity.leaving import delete_user, hand_over
from baselayer.app.identity.people import make_user
from baselayer.app.identity.principals import Principal
from baselayer.app.identity.rights import (
    permissions_of_roles,
    require_may_change,
    require_may_give,
)
from baselayer.app.identity.roles import Role
from baselayer.app.identity.standing import activate, deactivate, expire_at
from baselayer.app.identity.users import User, UserRole
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.identity import ProfileRead
from baselayer.app.schemas.paging import ListResponse
from baselayer.app.schemas.users import (
    ProfileUpdate,
    Transfer,
    Transferred,
    UserCreate,
    UserRead,
    UsersRequest,
    UserUpdate,
)

PUBLIC = ("id", "username", "first_name", "last_name", "is_bot", "bio", "affiliations")
CONFIDED = ("contact_email", "contact_phone", "preferences", "expiration_date", "deactivated_at")
RIGHTS = [
    orm.selectinload(User.roles).selectinload(Role.acls),
    orm.selectinload(User.acls),
]


def profile_of(caller: Principal, xsrf_token: str | None) -> ProfileRead:
    """Return what is told of a caller to himself."""
    values = asdict(caller) | {"permissions": sorted(caller.permissions)}
    return ProfileRead.model_validate(values | {"xsrf_token": xsrf_token})


class ProfileHandler(BaseHandler):
    """The caller."""

    @auth_or_token
    @operation("Show who you are and what you may do", response=ProfileRead)
    async def get(self) -> None:
        session = self.browser_session
        self.success(profile_of(self.caller, session.xsrf_token if session else None))

    @auth_or_token
    @operation("Change what you say of yourself", request=ProfileUpdate, response=UserRead)
    async def patch(self) -> None:
        asked = self.read_body(ProfileUpdate)
        async with self.writing() as session:
            user = await session.run_sync(_found, str(self.caller.user_id), self.caller)
            _set(user, asked.model_dump(exclude_unset=True))
            session.add(self.event("user.update", user, fields=sorted(asked.model_fields_set)))
        self.success(shown(user, is_confided=True))


class UsersHandler(BaseHandler):
    """All users whom the caller may see."""

    @auth_or_token
    @operation(
        "List the users whom you may see",
        parameters=UsersRequest,
        response=ListResponse[UserRead],
    )
    async def get(self) -> None:
        view = self.read_query(UsersRequest)
        async with self.services.reading(self.caller) as session:
            self.success(await session.run_sync(_page, view, self.caller))

    @permissions(["Manage users"])
    @operation(
        "Make a user of your account, with roles that you have yourself",
        request=UserCreate,
        response=UserRead,
        status=201,
    )
    async def post(self) -> None:
        asked = self.read_body(UserCreate)
        # A plain session: no control can judge a user who has no account yet, so it is done here.
        async with self.services.database.plain_async() as session:
            require_may_give(self.caller, await session.run_sync(permissions_of_roles, asked.roles))
            values = asked.model_dump(exclude={"username", "roles"})
            try:
                user = await session.run_sync(
                    lambda plain: make_user(
                        plain, self.caller.account_id, asked.username, roles=asked.roles, **values
                    )
                )
            except IntegrityError as error:
                raise clash(error) from None
            details = {"username": user.username, "roles": asked.roles}
            session.add(self.event("user.create", user, **details))
            await session.commit()
            user = await session.run_sync(_reloaded, user.id)
        self.success(shown(user, is_confided=True), status=201)


class UserHandler(BaseHandler):
    """One user."""

    @auth_or_token
    @operation("Show a user", response=UserRead)
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            user = await session.run_sync(_found, id, self.caller)
            confided = await session.run_sync(_confided, [user], self.caller)
        self.success(shown(user, is_confided=user.id in confided))

    @permissions(["Manage users"])
    @operation("Change a user", request=UserUpdate, response=UserRead)
    async def patch(self, id: str) -> None:
        asked = self.read_body(UserUpdate)
        changes = asked.model_dump(exclude_unset=True)
        async with self.writing() as session:
            user = await session.run_sync(_found, id, self.caller)
            if user.id != self.caller.user_id or changes.keys() - ProfileUpdate.model_fields.keys():
                await session.run_sync(require_may_change, self.caller, user)
            if "expiration_date" in changes:
                await session.run_sync(expire_at, user, changes.pop("expiration_date"))
            _set(user, changes)
            session.add(self.event("user.update", user, fields=sorted(asked.model_fields_set)))
        self.success(shown(user, is_confided=True))

    @permissions(["System admin"])
    @operation("Delete a user who owns nothing; to stop one, deactivate him")
    async def delete(self, id: str) -> None:
        async with self.writing() as session:
            user = await session.run_sync(_found, id, self.caller)
            await session.run_sync(require_may_change, self.caller, user)
            session.add(self.event("user.delete", user, username=user.username))
            await session.run_sync(delete_user, user)
        self.success()


class DeactivateHandler(BaseHandler):
    """The end of what a user can do."""

    @permissions(["Manage users"])
    @operation("Stop a user and all of his tokens", response=UserRead)
    async def post(self, id: str) -> None:
        async with self.writing() as session:
            user = await session.run_sync(_found, id, self.caller)
            await session.run_sync(require_may_change, self.caller, user)
            await session.run_sync(deactivate, user)
            session.add(self.event("user.deactivate", user, username=user.username))
        self.success(shown(user, is_confided=True))


class ActivateHandler(BaseHandler):
    """The beginning of it again."""

    @permissions(["Manage users"])
    @operation("Let a deactivated user act again", response=UserRead)
    async def post(self, id: str) -> None:
        async with self.writing() as session:
            user = await session.run_sync(_found, id, self.caller)
            await session.run_sync(require_may_change, self.caller, user)
            activate(user)
            session.add(self.event("user.activate", user, username=user.username))
        self.success(shown(user, is_confided=True))


class TransferHandler(BaseHandler):
    """Who owns what a user owns."""

    @permissions(["System admin"])
    @operation(
        "Hand over all that a user owns: connections, queries, scripts",
        request=Transfer,
        response=Transferred,
    )
    async def post(self, id: str) -> None:
        asked = self.read_body(Transfer)
        async with self.writing() as session:
            user = await session.run_sync(_found, id, self.caller)
            heir = await session.scalar(sa.select(User).where(User.username == asked.to))
            if heir is None:
                raise NotFoundError(f"There is no user {asked.to!r}. Nothing was changed.")
            moved = await session.run_sync(hand_over, user, heir)
            session.add(self.event("user.transfer", user, to=heir.username, moved=moved))
        self.success(Transferred(moved=moved))


def shown(user: User, *, is_confided: bool) -> UserRead:
    """Return what is told of a user; all of it to whom he is confided."""
    names = (*PUBLIC, "gravatar_url", "created_at", *(CONFIDED if is_confided else ()))
    values: dict[str, Any] = {name: getattr(user, name) for name in names}
    if is_confided:
        values["roles"] = sorted(role.id for role in user.roles)
        values["acls"] = sorted(acl.id for acl in user.acls)
        values["permissions"] = user.permissions
    return UserRead(**values)


def _found(session: orm.Session, id: str, caller: Principal) -> User:
    """Return a user with his rights loaded; NotFoundError when he may not be seen."""
    user = find(session, User, id, caller)
    return session.scalars(sa.select(User).where(User.id == user.id).options(*RIGHTS)).one()


def _reloaded(session: orm.Session, user_id: int) -> User:
    return session.scalars(sa.select(User).where(User.id == user_id).options(*RIGHTS)).one()


def _confided(session: orm.Session, users: list[User], caller: Principal) -> set[int]:
    """Return which of the users the caller may see everything of."""
    wanted = User.select(caller, "inspect", columns=[User.id])
    return set(session.scalars(wanted.where(User.id.in_([user.id for user in users]))))


def _page(session: orm.Session, view: UsersRequest, caller: Principal) -> ListResponse[UserRead]:
    wanted = User.select(caller, options=RIGHTS)
    if view.search is not None:
        names = (User.username, User.first_name, User.last_name)
        wanted = wanted.where(
            sa.or_(*(name.icontains(view.search, autoescape=True) for name in names))
        )
    if view.active is not None or view.role is not None:
        # Whoever may not see it must not find it out by asking for it.
        wanted = wanted.where(User.id.in_(User.select(caller, "inspect", columns=[User.id])))
    if view.active is not None:
        wanted = wanted.where(User.deactivated_at.is_(None) == view.active)
    if view.role is not None:
        holders = sa.select(UserRole.user_id).where(UserRole.role_id == view.role)
        wanted = wanted.where(User.id.in_(holders))
    found = page_of(session, User, within_times(User, wanted, view), view)
    confided = _confided(session, found.items, caller)
    items = [shown(user, is_confided=user.id in confided) for user in found.items]
    return ListResponse[UserRead](items=items, total=found.total, next=found.next)


def _set(user: User, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(user, name, value)


routes = [
    Route("/api/profile", ProfileHandler),
    Route("/api/users", UsersHandler),
    Route("/api/users/{id}", UserHandler),
    Route("/api/users/{id}/deactivate", DeactivateHandler),
    Route("/api/users/{id}/activate", ActivateHandler),
    Route("/api/users/{id}/transfer", TransferHandler),
]
