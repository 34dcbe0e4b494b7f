"""GroupAdmissionRequest: somebody asks to be let into a group, and an admin of it decides."""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.controls.custom import AccessibleIf
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.controls.users import accessible_by_user
from baselayer.app.db.base import Base
from baselayer.app.db.types import utcnow
from baselayer.app.errors import ConflictError, NotFoundError
from baselayer.app.identity.groups import Group
from baselayer.app.identity.membership import let_in, link_of, require_several
from baselayer.app.identity.users import User

PENDING, ACCEPTED, DECLINED = "pending", "accepted", "declined"
is_pending = AccessibleIf(lambda request: request.status == PENDING)


class GroupAdmissionRequest(Base):
    """A wish to be in a group. Its user may take it back until an admin of the group decides."""

    noun: ClassVar[str] = "admission request"
    __tablename__ = "group_admission_requests"
    __table_args__ = (
        sa.Index(
            "group_admission_requests_one_pending",
            "group_id",
            "user_id",
            unique=True,
            postgresql_where=sa.text("status = 'pending'"),
        ),
        sa.Index("group_admission_requests_user_id_ix", "user_id"),
        sa.CheckConstraint("status IN ('pending', 'accepted', 'declined')", "status"),
    )
    create = accessible_by_user & is_pending & AccessibleIfRelatedRowsAreAccessible(group="ask")
    read = accessible_by_user | AccessibleIfRelatedRowsAreAccessible(group="update")
    update = AccessibleIfRelatedRowsAreAccessible(group="update")
    delete = accessible_by_user & is_pending

    group_id: Mapped[int] = mapped_column(sa.ForeignKey("groups.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    message: Mapped[str | None]
    """What the user writes to the admins."""
    status: Mapped[str] = mapped_column(default=PENDING)
    decided_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )
    decided_at: Mapped[datetime | None]

    group: Mapped[Group] = relationship()
    user: Mapped[User] = relationship(
        foreign_keys=user_id,
        backref=orm.backref("group_admission_requests", passive_deletes="all"),
    )


def ask(
    session: orm.Session, group: Group, user_id: int, message: str | None
) -> GroupAdmissionRequest:
    """Ask for a user to be let into a group; ConflictError when he is in it, or has asked."""
    require_several(group)
    if link_of(session, group.id, user_id) is not None:
        raise ConflictError("You are in this group already.")
    wanted = GroupAdmissionRequest.group_id == group.id, GroupAdmissionRequest.user_id == user_id
    pending = sa.select(GroupAdmissionRequest.id).where(*wanted)
    if session.scalar(pending.where(GroupAdmissionRequest.status == PENDING)) is not None:
        raise ConflictError("You have asked already: wait until an admin of the group decides.")
    request = GroupAdmissionRequest(group_id=group.id, user_id=user_id, message=message)
    session.add(request)
    session.flush()
    return request


def decide(
    session: orm.Session, request: GroupAdmissionRequest, *, status: str, by_id: int | None
) -> None:
    """Accept a request, which lets the user in, or decline it; ConflictError when that was done.

    All in the session's own transaction: there is no accepted request without its membership.
    """
    _lock(session, request)
    if request.status != PENDING:
        raise ConflictError(f"This request was {request.status} already.")
    request.status, request.decided_by_id, request.decided_at = status, by_id, utcnow()
    if status == ACCEPTED:
        let_in(session, session.get_one(Group, request.group_id), request.user_id)
    session.flush()


def withdraw(session: orm.Session, request: GroupAdmissionRequest) -> None:
    """Take a request back; ConflictError when an admin has decided."""
    _lock(session, request)
    if request.status != PENDING:
        raise ConflictError(f"This request was {request.status} already.")
    session.delete(request)
    session.flush()


def _lock(session: orm.Session, request: GroupAdmissionRequest) -> None:
    """Lock a request and read it as it is now; NotFoundError when it was withdrawn."""
    wanted = sa.select(GroupAdmissionRequest).where(GroupAdmissionRequest.id == request.id)
    locked = wanted.with_for_update(of=GroupAdmissionRequest)
    if session.scalar(locked.execution_options(populate_existing=True)) is None:
        raise NotFoundError("There is no such admission request: it was withdrawn.")
