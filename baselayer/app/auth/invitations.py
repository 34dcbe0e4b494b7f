"""Accepting an invitation: as a new user with a password, or as somebody who is there already."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from baselayer.app.audit.models import AuditEvent
from baselayer.app.audit.record import Event, record
from baselayer.app.auth.login import Entrance
from baselayer.app.auth.passwords import require_good, store_password
from baselayer.app.auth.sessions import begin
from baselayer.app.db.engine import Database
from baselayer.app.db.types import utcnow
from baselayer.app.errors import AccessError, ConflictError, InvitationRefusedError
from baselayer.app.identity.accounts import Account, UserProfile
from baselayer.app.identity.groups import Group
from baselayer.app.identity.invitations import (
    Invitation,
    InvitationGroup,
    invitation_hash_of,
    require_may_invite,
)
from baselayer.app.identity.membership import let_in
from baselayer.app.identity.people import make_user, require_username
from baselayer.app.identity.principals import Principal
from baselayer.app.identity.users import User
from baselayer.app.schemas.invitations import InvitationShown


async def show_invitation(
    database: Database, token: str, *, address: str | None
) -> InvitationShown:
    """Return what the invitation with this token offers; InvitationRefusedError if it is dead."""
    await _require_live(database.async_engine, token, address)
    async with database.plain_async() as session:
        return await session.run_sync(_offer, token)


async def accept_as_new(
    entrance: Entrance, token: str, username: str, password: str, *, address: str | None
) -> str:
    """Make a user with the invitation's role and groups; return the value of his session.

    InvitationRefusedError when the token is not that of a live invitation, or when its maker may
    not invite so any more.
    """
    await _require_live(entrance.engine, token, address)
    require_username(username)
    require_good(password, username=username)
    stored = await entrance.passwords.hashed(password)
    async with entrance.database.plain_async() as session:
        try:
            user_id, account_id = await session.run_sync(_make, token, username, stored)
        except IntegrityError:
            raise ConflictError(
                "That name is taken: choose another one. Nothing was changed."
            ) from None
        who: dict[str, Any] = {"user_id": user_id, "account_id": account_id, "address": address}
        value = await begin(await session.connection(), entrance.settings, **who)
        await session.run_sync(_note, token, who)
        await session.commit()
    return value


async def accept_as(
    database: Database, token: str, caller: Principal, *, address: str | None
) -> None:
    """Let a user who is there already into the invitation's groups; his roles stay as they are."""
    await _require_live(database.async_engine, token, address)
    who: dict[str, Any] = {
        "user_id": caller.user_id,
        "account_id": caller.account_id,
        "token_id": caller.token_id,
        "address": address,
    }
    async with database.plain_async() as session:
        await session.run_sync(_join, token, caller.user_id)
        await session.run_sync(_note, token, who)
        await session.commit()


def _make(session: orm.Session, token: str, username: str, stored: str) -> tuple[int, int]:
    """Make the user if the invitation is still good; of many at once, one gets through."""
    invitation = _claim(session, token)
    email, account_id = invitation.email, invitation.account_id
    roles = [invitation.role_id]
    user = make_user(session, account_id, username, roles=roles, contact_email=email)
    store_password(session, user.id, stored)
    _enter_groups(session, invitation, user.id)
    return user.id, account_id


def _join(session: orm.Session, token: str, user_id: int) -> None:
    invitation = _claim(session, token)
    profile = sa.select(UserProfile.id).where(UserProfile.user_id == user_id)
    if session.scalar(profile.where(UserProfile.account_id == invitation.account_id)) is None:
        raise ConflictError(
            "The invitation is to another account than yours, and your roles are not meant for it: "
            "accept it as a new user. Nothing was changed."
        )
    _enter_groups(session, invitation, user_id)


def _claim(session: orm.Session, token: str) -> Invitation:
    """Return the live invitation, locked, if its maker could make it now as well."""
    found = session.scalar(_live(token).with_for_update(of=Invitation))
    if found is None:
        raise _refused()
    inviter = session.get_one(User, found.invited_by_id)
    groups = [link.group_id for link in found.invitation_groups]
    try:
        if not inviter.is_active():
            raise AccessError("The inviter may not act.")
        require_may_invite(session, inviter, found.account_id, found.role_id, groups)
    except AccessError:
        raise InvitationRefusedError(
            "Who made the invitation may not invite so any more: ask somebody else for another "
            "one. Nothing was changed."
        ) from None
    return found


def _enter_groups(session: orm.Session, invitation: Invitation, user_id: int) -> None:
    for link in sorted(invitation.invitation_groups, key=lambda link: link.group_id):
        let_in(session, session.get_one(Group, link.group_id), user_id, admin=link.admin)
    invitation.accepted_at, invitation.accepted_by_id = utcnow(), user_id
    session.flush()


def _note(session: orm.Session, token: str, who: dict[str, Any]) -> None:
    """Write to the audit who accepted, in the transaction of the act itself."""
    wanted = sa.select(Invitation.id).where(Invitation.token_hash == invitation_hash_of(token))
    line = Event(
        "invitation.accept",
        "allowed",
        object_type="Invitation",
        object_id=str(session.scalars(wanted).one()),
        **who,
    )
    session.add(AuditEvent(**vars(line)))
    session.flush()


def _offer(session: orm.Session, token: str) -> InvitationShown:
    found = session.scalar(_live(token))
    if found is None:
        raise _refused()
    names = sa.select(Group.name).join(InvitationGroup, InvitationGroup.group_id == Group.id)
    names = names.where(InvitationGroup.invitation_id == found.id).order_by(Group.name)
    return InvitationShown(
        invited_by=found.invited_by.username,
        email=found.email,
        name=found.name,
        role=found.role_id,
        groups=list(session.scalars(names)),
        expires_at=found.expires_at,
    )


async def _require_live(engine: AsyncEngine, token: str, address: str | None) -> None:
    """Refuse before anything costly is done."""
    async with engine.connect() as connection:
        found = (await connection.execute(_live(token))).first()
    if found is None:
        code = InvitationRefusedError.code
        await record(engine, Event("invitation.accept", "refused", code=code, address=address))
        raise _refused()


def _live(token: str) -> sa.Select[Invitation]:
    return (
        sa.select(Invitation)
        .join(Account, Account.id == Invitation.account_id)
        .where(Invitation.token_hash == invitation_hash_of(token), Account.is_active)
        .where(Invitation.accepted_at.is_(None), Invitation.expires_at > utcnow())
    )


def _refused() -> InvitationRefusedError:
    return InvitationRefusedError(
        "The invitation is not valid: it was accepted, taken back or mistyped, or is too old. Ask "
        "who invited you for another one."
    )
