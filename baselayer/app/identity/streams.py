"""Stream, StreamUser and GroupStream: sources of data that not everybody may have.

Who has no access to a stream cannot be in a group that has it: what is shared with the group never
reaches him.
"""

from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.controls.constant import restricted
from baselayer.app.controls.custom import AccessibleIf
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.controls.users import AccessibleIfUserMatches, accessible_by_user
from baselayer.app.db.base import Base
from baselayer.app.identity.accounts import Account
from baselayer.app.identity.belonging import FitsStream, IsHadByMembers, IsNotNeeded
from baselayer.app.identity.users import User

if TYPE_CHECKING:
    from baselayer.app.identity.groups import Group

accessible_in_account = AccessibleIfUserMatches("account.user_profiles.user")


class Stream(Base):
    """A source of data; seen by those who have it, and by all of the account when it is open."""

    __table_args__ = (sa.UniqueConstraint("account_id", "name"),)
    create = update = delete = restricted
    join = AccessibleIf(lambda stream: stream.auto_join) & accessible_in_account
    read = AccessibleIfUserMatches("stream_users.user") | join

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Mapped[str]
    description: Mapped[str | None]
    auto_join: Mapped[bool] = mapped_column(default=False)
    """Whether everybody of the account may take access to it."""

    account: Mapped[Account] = relationship()
    stream_users: Mapped[list["StreamUser"]] = relationship(
        back_populates="stream", passive_deletes="all"
    )
    group_streams: Mapped[list["GroupStream"]] = relationship(
        back_populates="stream", passive_deletes="all"
    )
    users: Mapped[list[User]] = relationship(
        secondary="stream_users", back_populates="streams", viewonly=True
    )


class StreamUser(Base):
    """A user's access to a stream; kept for as long as a group of his has the stream."""

    noun: ClassVar[str] = "access"
    __tablename__ = "stream_users"
    __table_args__: Any = (
        sa.UniqueConstraint("stream_id", "user_id"),
        sa.Index("stream_users_user_id_stream_id_ix", "user_id", "stream_id"),
    )
    create = accessible_by_user & AccessibleIfRelatedRowsAreAccessible(stream="join") & FitsStream()
    read = AccessibleIfRelatedRowsAreAccessible(stream="read", user="read")
    update = restricted
    delete = accessible_by_user & IsNotNeeded()

    stream_id: Mapped[int] = mapped_column(sa.ForeignKey("streams.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))

    stream: Mapped[Stream] = relationship(back_populates="stream_users")
    user: Mapped[User] = relationship()


class GroupStream(Base):
    """A stream that a group has, and so each of its members."""

    noun: ClassVar[str] = "stream of the group"
    __tablename__ = "group_streams"
    __table_args__: Any = (
        sa.UniqueConstraint("group_id", "stream_id"),
        sa.Index("group_streams_stream_id_group_id_ix", "stream_id", "group_id"),
    )
    create = AccessibleIfRelatedRowsAreAccessible(group="update", stream="read") & IsHadByMembers()
    read = AccessibleIfRelatedRowsAreAccessible(group="read", stream="read")
    update = restricted
    delete = AccessibleIfRelatedRowsAreAccessible(group="update")

    group_id: Mapped[int] = mapped_column(sa.ForeignKey("groups.id", ondelete="CASCADE"))
    stream_id: Mapped[int] = mapped_column(sa.ForeignKey("streams.id", ondelete="CASCADE"))

    group: Mapped["Group"] = relationship(back_populates="group_streams")
    stream: Mapped[Stream] = relationship(back_populates="group_streams")
