"""Accounts over HTTP, and who has a place in them."""

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.access import auth_or_token, permissions
from baselayer.app.db.finding import find, page
from baselayer.app.errors import ConflictError, NotFoundError
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.identity.accounts import Account, UserProfile
from baselayer.app.identity.standing import join_account, leave_account
from baselayer.app.identity.users import User
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.accounts import (
    AccountCreate,
    AccountRead,
    AccountUpdate,
    Place,
    PlaceRead,
)
from baselayer.app.schemas.paging import ListResponse, TableViewRequest


class AccountsHandler(BaseHandler):
    """The accounts that the caller is in; all, for a System admin."""

    @auth_or_token
    @operation(
        "List your accounts", parameters=TableViewRequest, response=ListResponse[AccountRead]
    )
    async def get(self) -> None:
        view = self.read_query(TableViewRequest)
        async with self.services.reading(self.caller) as session:
            found = await session.run_sync(page, Account, view, self.caller)
        found.items = [AccountRead.model_validate(account) for account in found.items]
        self.success(found)

    @permissions(["System admin"])
    @operation("Make an account", request=AccountCreate, response=AccountRead, status=201)
    async def post(self) -> None:
        asked = self.read_body(AccountCreate)
        async with self.writing() as session:
            account = Account(**asked.model_dump(exclude_none=True))
            session.add(account)
            await session.flush()
            session.add(self.event("account.create", account, number=account.number))
        self.success(AccountRead.model_validate(account), status=201)


class AccountHandler(BaseHandler):
    """One account."""

    @auth_or_token
    @operation("Show an account", response=AccountRead)
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            account = await session.run_sync(find, Account, id, self.caller)
        self.success(AccountRead.model_validate(account))

    @permissions(["System admin"])
    @operation("Rename an account, close or open it", request=AccountUpdate, response=AccountRead)
    async def patch(self, id: str) -> None:
        asked = self.read_body(AccountUpdate)
        async with self.writing() as session:
            account = await session.run_sync(find, Account, id, self.caller, "update")
            if asked.is_active is False and account.id == self.caller.account_id:
                raise ConflictError(
                    "You act in the name of this account, so you would lock yourself out. Nothing "
                    "was changed."
                )
            for name, value in asked.model_dump(exclude_unset=True).items():
                setattr(account, name, value)
            session.add(
                self.event("account.update", account, **asked.model_dump(exclude_unset=True))
            )
        self.success(AccountRead.model_validate(account))


class PlacesHandler(BaseHandler):
    """Who is in an account, as far as the caller may see."""

    @auth_or_token
    @operation("List who is in an account", response=list[PlaceRead])
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            account = await session.run_sync(find, Account, id, self.caller)
            self.success(await session.run_sync(_places, account))

    @permissions(["System admin"])
    @operation("Put a user in an account", request=Place)
    async def put(self, id: str) -> None:
        asked = self.read_body(Place)
        async with self.writing() as session:
            account = await session.run_sync(find, Account, id, self.caller)
            user = await session.scalar(sa.select(User).where(User.username == asked.username))
            if user is None:
                raise NotFoundError(f"There is no user {asked.username!r}. Nothing was changed.")
            await session.run_sync(join_account, user, account)
            session.add(self.event("account.join", account, user_id=user.id))
        self.success()


class PlaceHandler(BaseHandler):
    """One user's place in an account."""

    @permissions(["System admin"])
    @operation("Take a user out of an account, of its groups, and end what acts there for him")
    async def delete(self, id: str, user_id: str) -> None:
        async with self.writing() as session:
            account = await session.run_sync(find, Account, id, self.caller)
            user = await session.run_sync(find, User, user_id, self.caller)
            await session.run_sync(leave_account, user, account)
            session.add(self.event("account.leave", account, user_id=user.id))
        self.success()


def _places(session: orm.Session, account: Account) -> list[PlaceRead]:
    statement = (
        sa.select(UserProfile, User.username)
        .join(User, User.id == UserProfile.user_id)
        .where(UserProfile.account_id == account.id)
        .order_by(User.username)
    )
    return [
        PlaceRead(
            user_id=place.user_id,
            username=username,
            record_locator=place.record_locator,
            created_at=place.created_at,
        )
        for place, username in session.execute(statement)
    ]


routes = [
    Route("/api/accounts", AccountsHandler),
    Route("/api/accounts/{id}", AccountHandler),
    Route("/api/accounts/{id}/profiles", PlacesHandler),
    Route("/api/accounts/{id}/profiles/{user_id}", PlaceHandler),
]
