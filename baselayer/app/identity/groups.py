"""Group and GroupUser: the people whom records are shared with."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.base import UserAccessControl
from baselayer.app.controls.custom import AccessibleIf
from baselayer.app.controls.hops import mark_gate
from baselayer.app.controls.permitted import AccessibleIfPermitted
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.controls.rows import rows_of
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_user
from baselayer.app.db.base import Base
from baselayer.app.identity.accounts import Account
from baselayer.app.identity.belonging import FitsGroup
from baselayer.app.identity.streams import GroupStream, accessible_in_account
from baselayer.app.identity.users import User

accessible_by_members = AccessibleIfUserMatches("users")
accessible_by_admins = AccessibleIfUserMatches("group_users.user", where=lambda link: link.admin)
may_manage_groups = AccessibleIfPermitted("Manage groups")
is_of_several = AccessibleIf(lambda group: group.user_id.is_(None))
is_open = AccessibleIf(lambda group: ~group.private)
is_of_a_visible_user = AccessibleIfRelatedRowsAreAccessible(user="read")


class Group(Base):
    """Users whom records are shared with.

    That it exists is seen by its members and, unless it is private, by all of its account, who may
    ask to be let in; the group of one user by whoever sees him. Who is in a group, and what is
    shared with it, is seen by its members alone (`member`).
    """

    __table_args__ = (
        sa.UniqueConstraint("account_id", "name"),
        sa.CheckConstraint("single_user_group = (user_id IS NOT NULL)", "of_one_user"),
    )
    create = may_manage_groups & accessible_in_account & is_of_several
    member = accessible_by_members
    read = (
        accessible_by_members
        | (is_of_several & is_open & accessible_in_account)
        | is_of_a_visible_user
    )
    update = delete = accessible_by_admins & is_of_several
    leave = accessible_by_members & is_of_several
    ask = is_of_several & is_open & accessible_in_account & ~accessible_by_members

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Mapped[str]
    nickname: Mapped[str | None]
    description: Mapped[str | None]
    private: Mapped[bool] = mapped_column(default=False)
    single_user_group: Mapped[bool] = mapped_column(default=False)
    """The group of one user alone, made with him, so that records can be shared with a person."""
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), unique=True
    )
    """Whose group it is, of one user alone; it goes when he goes."""

    account: Mapped[Account] = relationship()
    user: Mapped[User | None] = relationship(back_populates="single_user_group")
    group_streams: Mapped[list[GroupStream]] = relationship(
        back_populates="group", passive_deletes="all"
    )
    group_users: Mapped[list["GroupUser"]] = relationship(
        back_populates="group", passive_deletes="all"
    )
    users: Mapped[list[User]] = relationship(
        secondary="group_users", back_populates="groups", viewonly=True
    )


class IsGrantedByAnotherLink(UserAccessControl):
    """Links that someone else's rights justify, never the link itself.

    A link is judged when it is already written, so a control that asks whether the accessor is an
    admin of the group would be answered by the very link in question. Here the accessor must be
    admin through another link, or be the first member of a group that he may make.
    """

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        if accessor.is_admin:
            return sa.true()
        link, other = rows_of(entity), GroupUser.__table__.alias()
        others = sa.and_(other.c.group_id == link.group_id, other.c.id != link.id)
        mine = sa.and_(others, other.c.admin, other.c.user_id == accessor.user_id)
        is_admin = mark_gate(sa.exists().where(mine).correlate_except(other))
        if "Manage groups" not in accessor.permissions:
            return is_admin
        has_others = mark_gate(sa.exists().where(others).correlate_except(other))
        return sa.or_(is_admin, sa.and_(link.user_id == accessor.user_id, ~has_others))


class GroupUser(Base):
    """A user's membership in a group; `admin` may change the group and its members."""

    noun: ClassVar[str] = "member"
    __tablename__ = "group_users"
    __table_args__ = (
        sa.UniqueConstraint("group_id", "user_id"),
        sa.Index("group_users_user_id_group_id_ix", "user_id", "group_id"),
    )
    create = IsGrantedByAnotherLink() & FitsGroup()
    read = AccessibleIfRelatedRowsAreAccessible(group="member")
    update = AccessibleIfRelatedRowsAreAccessible(group="update") & FitsGroup()
    delete = AccessibleIfRelatedRowsAreAccessible(group="update") | (
        accessible_by_user & AccessibleIfRelatedRowsAreAccessible(group="leave")
    )

    group_id: Mapped[int] = mapped_column(sa.ForeignKey("groups.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    admin: Mapped[bool] = mapped_column(default=False)

    group: Mapped[Group] = relationship(back_populates="group_users")
    user: Mapped[User] = relationship()
