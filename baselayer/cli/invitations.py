"""What the operator does with invitations, each with its line in the audit."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.db.types import utcnow
from baselayer.app.errors import AccessError, NotFoundError
from baselayer.app.identity.invitations import Invitation, InvitationGroup, invite
from baselayer.app.schemas.invitations import InvitationCreate
from baselayer.cli.clockwork import local_address
from baselayer.cli.desk import Desk, checked
from baselayer.cli.people import find_group, find_user


def create_invitation(
    desk: Desk,
    by: str,
    *,
    email: str | None,
    name: str | None,
    role: str,
    groups: Mapping[str, bool],
) -> str:
    """Make an invitation in the name of user `by`, within his rights; return its link."""
    found = {find_group(desk, group).id: admin for group, admin in groups.items()}
    links = [{"group_id": ident, "admin": admin} for ident, admin in found.items()]
    asked = checked(InvitationCreate, email=email, name=name, role=role, groups=links)
    inviter, settings = find_user(desk, by), desk.config.settings
    if not inviter.is_active():
        raise AccessError(f"{by} is deactivated or expired, and cannot invite anybody.")
    invitation, token = invite(
        desk.session,
        inviter,
        desk.account_id,
        role_id=asked.role,
        email=asked.email,
        name=asked.name,
        groups=found,
        days=settings.login.invitation_days,
    )
    details = {"by": by, "email": email, "name": name, "role": role, "groups": sorted(groups)}
    desk.note("invitation.create", invitation, **details)
    address = settings.server.address or local_address(settings.server.host, settings.server.port)
    return f"{address}/invitation#{token}"


def list_invitations(desk: Desk) -> list[Invitation]:
    """Return all invitations, oldest first, with their makers and groups."""
    loading = [
        orm.joinedload(Invitation.invited_by),
        orm.selectinload(Invitation.invitation_groups).joinedload(InvitationGroup.group),
    ]
    return list(
        desk.session.scalars(sa.select(Invitation).options(*loading).order_by(Invitation.id))
    )


def state_of(invitation: Invitation) -> str:
    """Return whether an invitation can be accepted still."""
    if invitation.accepted_at is not None:
        return "accepted"
    return "expired" if invitation.expires_at <= utcnow() else "pending"


def delete_invitation(desk: Desk, ident: int) -> None:
    """Take an invitation back."""
    invitation = desk.session.get(Invitation, ident)
    if invitation is None:
        raise NotFoundError(
            f"There is no invitation {ident}; `baselayer invitation list` shows all."
        )
    desk.note("invitation.delete", invitation, email=invitation.email, name=invitation.name)
    desk.session.delete(invitation)
