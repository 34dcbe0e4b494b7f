"""Invitation and InvitationGroup: a place in the account, and in groups, for whoever has the link.

Nobody hands out more than he has: neither a role with a permission that he lacks, nor a group that
he is no admin of; and what he has lost meanwhile, his invitations have lost as well.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.base import UserAccessControl
from baselayer.app.controls.constant import restricted
from baselayer.app.controls.permitted import AccessibleIfPermitted
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.controls.rows import rows_of
from baselayer.app.controls.users import AccessibleIfUserMatches
from baselayer.app.db.base import Base
from baselayer.app.db.types import utcnow
from baselayer.app.errors import AccessError, NotFoundError
from baselayer.app.identity.accounts import Account
from baselayer.app.identity.belonging import exists, table
from baselayer.app.identity.groups import Group, GroupUser
from baselayer.app.identity.rank import MANAGE_USERS
from baselayer.app.identity.roles import Role, RoleACL
from baselayer.app.identity.streams import accessible_in_account
from baselayer.app.identity.users import User

TOKEN_BYTES = 32


def new_invitation_token() -> str:
    """Return what an invitation's link ends with, 256 random bits; only its hash is kept."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def invitation_hash_of(token: str) -> str:
    """Return what is stored of a token: random bits need no salt, nor a slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class IsWithinOwnRights(UserAccessControl):
    """Rows whose role has no permission that the accessor lacks."""

    keeps: ClassVar[bool] = True

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        if accessor.is_admin:
            return sa.true()
        row, granted = rows_of(entity), table("role_acls")
        own = sa.bindparam("own", sorted(accessor.permissions), ARRAY(sa.Text), unique=True)
        return ~exists(granted, granted.c.role_id == row.role_id, granted.c.acl_id != sa.all_(own))


accessible_by_inviter = AccessibleIfUserMatches("invited_by")
may_manage_users = AccessibleIfPermitted(MANAGE_USERS)


class Invitation(Base):
    """An offer of an account with a role; good once, until it expires. Its token is a secret."""

    __table_args__ = (sa.Index("invitations_invited_by_id_id_ix", "invited_by_id", "id"),)
    create = (
        accessible_by_inviter
        & accessible_in_account
        & IsWithinOwnRights()
        & (may_manage_users | AccessibleIfRelatedRowsAreAccessible(invitation_groups="create"))
    )
    read = delete = accessible_by_inviter | (may_manage_users & accessible_in_account)
    update = restricted

    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    invited_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    role_id: Mapped[str] = mapped_column(sa.ForeignKey("roles.id", ondelete="CASCADE"))
    """What a new user becomes; whoever has an account already keeps the roles that he has."""
    email: Mapped[str | None]
    name: Mapped[str | None]
    """Whom it is for, as the inviter knows him; whoever has the link may accept."""
    token_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )

    account: Mapped[Account] = relationship()
    invited_by: Mapped[User] = relationship(foreign_keys=invited_by_id)
    accepted_by: Mapped[User | None] = relationship(foreign_keys=accepted_by_id)
    invitation_groups: Mapped[list["InvitationGroup"]] = relationship(
        back_populates="invitation", passive_deletes="all"
    )

    def to_dict(self) -> dict[str, Any]:
        """Return the columns without the hash."""
        return {key: value for key, value in super().to_dict().items() if key != "token_hash"}


class InvitationGroup(Base):
    """A group that an invitation leads into, as its admin or not."""

    noun: ClassVar[str] = "group of the invitation"
    __tablename__ = "invitation_groups"
    __table_args__ = (sa.UniqueConstraint("invitation_id", "group_id"),)
    create = AccessibleIfUserMatches(
        "invitation.invited_by"
    ) & AccessibleIfRelatedRowsAreAccessible(group="update")
    read = AccessibleIfRelatedRowsAreAccessible(invitation="read")
    update = restricted
    delete = AccessibleIfUserMatches("invitation.invited_by")

    invitation_id: Mapped[int] = mapped_column(sa.ForeignKey("invitations.id", ondelete="CASCADE"))
    group_id: Mapped[int] = mapped_column(
        sa.ForeignKey("groups.id", ondelete="CASCADE"), index=True
    )
    admin: Mapped[bool] = mapped_column(default=False)

    invitation: Mapped[Invitation] = relationship(back_populates="invitation_groups")
    group: Mapped[Group] = relationship()


def invite(
    session: orm.Session,
    inviter: Accessor,
    account_id: int,
    *,
    role_id: str,
    email: str | None,
    name: str | None,
    groups: Mapping[int, bool],
    days: int,
) -> tuple[Invitation, str]:
    """Make an invitation into `groups`, as their admin or not; return it with its token.

    NotFoundError for a role that does not exist, AccessError for what the inviter does not have.
    """
    if session.get(Role, role_id) is None:
        raise NotFoundError(f"There is no role {role_id!r}. Nothing was changed.")
    require_may_invite(session, inviter, account_id, role_id, groups)
    token = new_invitation_token()
    invitation = Invitation(
        account_id=account_id,
        invited_by_id=inviter.user_id,
        role_id=role_id,
        email=email,
        name=name,
        token_hash=invitation_hash_of(token),
        expires_at=utcnow() + timedelta(days=days),
    )
    session.add(invitation)
    session.flush()
    for group_id, admin in groups.items():
        link = InvitationGroup(invitation_id=invitation.id, group_id=group_id, admin=admin)
        session.add(link)
    session.flush()
    return invitation, token


def require_may_invite(
    session: orm.Session,
    inviter: Accessor,
    account_id: int,
    role_id: str,
    group_ids: Collection[int],
) -> None:
    """Raise AccessError unless `inviter` may hand out this role and these groups of his account.

    Asked when the invitation is made and, of its maker as he is then, when it is accepted.
    """
    if not (group_ids or inviter.is_admin or MANAGE_USERS in inviter.permissions):
        raise AccessError(
            f"Without {MANAGE_USERS!r} you can invite into groups only: name one that you are an "
            "admin of. Nothing was changed."
        )
    _require_own_role(session, inviter, role_id)
    own = sa.select(Group.id).where(
        Group.id.in_(group_ids), Group.account_id == account_id, Group.user_id.is_(None)
    )
    if not inviter.is_admin:
        own = own.join(GroupUser).where(GroupUser.user_id == inviter.user_id, GroupUser.admin)
    beyond = set(group_ids) - set(session.scalars(own))
    if beyond:
        raise AccessError(
            f"You cannot invite into group {min(beyond)}: only its admins can. Nothing was changed."
        )


def _require_own_role(session: orm.Session, inviter: Accessor, role_id: str) -> None:
    granted = session.scalars(sa.select(RoleACL.acl_id).where(RoleACL.role_id == role_id))
    beyond = sorted(set(granted) - set(inviter.permissions))
    if beyond and not inviter.is_admin:
        raise AccessError(
            f"The role {role_id!r} has the permission {beyond[0]!r}, which you do not have here: "
            "nobody gives more than he has. Nothing was changed.",
            permissions=beyond,
        )
