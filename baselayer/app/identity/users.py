"""User: a person or a bot that calls."""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql.elements import ColumnElement

from baselayer.app.controls.accessor import SYSTEM_ADMIN, Accessor
from baselayer.app.controls.base import UserAccessControl
from baselayer.app.controls.constant import restricted
from baselayer.app.controls.narrowing import IsAsker, Narrowed
from baselayer.app.controls.permitted import AccessibleIfPermitted
from baselayer.app.controls.rows import primary_key_of, rows_of
from baselayer.app.controls.users import AccessibleIfUserMatches
from baselayer.app.db.base import Base
from baselayer.app.db.joins import join_model
from baselayer.app.db.types import SlugifiedStr, utcnow
from baselayer.app.errors import AccessError
from baselayer.app.identity.acls import ACL
from baselayer.app.identity.rank import MANAGE_USERS, IsNotAbove, MayBeGiven
from baselayer.app.identity.reach import reached
from baselayer.app.identity.roles import Role

if TYPE_CHECKING:
    from baselayer.app.identity.accounts import UserProfile
    from baselayer.app.identity.groups import Group
    from baselayer.app.identity.streams import Stream
    from baselayer.app.identity.tokens import Token


class IsOneself(UserAccessControl):
    """The accessor's own row of the users."""

    keeps: ClassVar[bool] = True

    def predicate(self, entity: Any, accessor: Accessor) -> ColumnElement[bool]:
        if accessor.is_admin:
            return sa.true()
        (key,) = primary_key_of(rows_of(entity))
        return key == accessor.user_id


is_oneself = IsOneself()
may_manage_users = AccessibleIfPermitted(MANAGE_USERS) & AccessibleIfUserMatches(
    "user_profiles.account.user_profiles.user"
)
may_change_users = may_manage_users & IsNotAbove()


class User(Base):
    """Who may call: seen by oneself, by those who share a group, and by who manages his account.

    Who manages users changes those of his accounts who have no right that he lacks.
    """

    is_user_class: ClassVar[bool] = True
    # A new user has no account yet that could be asked: he is made with one, by `make_user`.
    create = restricted
    read = is_oneself | AccessibleIfUserMatches("groups.users") | may_manage_users
    # What a user has and may, and how to reach him.
    inspect = is_oneself | may_manage_users
    update = is_oneself | may_change_users
    delete = restricted
    narrowed_by: ClassVar[Narrowed] = {"read": IsAsker()}

    username: Mapped[str] = mapped_column(SlugifiedStr, unique=True)
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    bio: Mapped[str | None]
    affiliations: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    contact_email: Mapped[str | None]
    contact_phone: Mapped[str | None]
    oauth_uid: Mapped[str | None] = mapped_column(unique=True)
    preferences: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    is_bot: Mapped[bool] = mapped_column(default=False)
    expiration_date: Mapped[datetime | None]
    """From when on the user may look but not act; null is never."""
    deactivated_at: Mapped[datetime | None]
    """Since when the user, and every token of his, can do nothing; null is active."""

    user_profiles: Mapped[list["UserProfile"]] = relationship(
        back_populates="user", passive_deletes="all"
    )
    roles: Mapped[list[Role]] = relationship(secondary="user_roles", viewonly=True)
    acls: Mapped[list[ACL]] = relationship(secondary="user_acls", viewonly=True)
    groups: Mapped[list["Group"]] = relationship(
        secondary="group_users", back_populates="users", viewonly=True
    )
    single_user_group: Mapped["Group | None"] = relationship(
        back_populates="user", passive_deletes="all"
    )
    streams: Mapped[list["Stream"]] = relationship(
        secondary="stream_users", back_populates="users", viewonly=True
    )
    tokens: Mapped[list["Token"]] = relationship(back_populates="created_by", passive_deletes="all")

    @property
    def user_id(self) -> int:
        """Return the id, as an Accessor does."""
        return int(self.id)

    @property
    def permissions(self) -> list[str]:
        """Return the names of all permissions, of roles and one's own, sorted."""
        if not self.is_active():
            return []
        inherited = {acl.id for role in self.roles for acl in role.acls}
        return sorted(inherited | {acl.id for acl in self.acls})

    @property
    def is_admin(self) -> bool:
        """Tell whether record controls are bypassed."""
        return SYSTEM_ADMIN in self.permissions

    is_system_admin = is_admin

    @property
    def narrowing(self) -> None:
        """Return None: only a token is narrowed."""

    @property
    def accessible_groups(self) -> list["Group"]:
        """Return the groups that one is in; all groups for a system admin."""
        return reached(self, self, "groups")

    @property
    def accessible_streams(self) -> list["Stream"]:
        """Return the streams that one has access to; all streams for a system admin."""
        return reached(self, self, "streams")

    def is_active(self) -> bool:
        """Tell whether the user may act: neither deactivated nor expired."""
        expired = self.expiration_date is not None and self.expiration_date <= utcnow()
        return self.deactivated_at is None and not expired

    def is_authenticated(self) -> bool:
        """Return True: a user who was loaded has been identified."""
        return True

    @property
    def gravatar_url(self) -> str:
        """Return the address of the user's picture, from contact email or user name."""
        email = (self.contact_email or self.username).strip().lower()
        return f"https://secure.gravatar.com/avatar/{hashlib.sha256(email.encode()).hexdigest()}"


UserRole = join_model("user_roles", User, Role)
UserRole.create = UserRole.delete = MayBeGiven("role_id")
UserACL = join_model("user_acls", User, ACL)
UserACL.create = UserACL.delete = MayBeGiven("acl_id")

# What an administrator says of a user, and never he himself.
SAID_BY_OTHERS = ("username", "is_bot", "oauth_uid", "expiration_date", "deactivated_at")


@event.listens_for(User, "before_update")
def _refuse_self_service(mapper: Any, connection: Any, user: User) -> None:
    """Refuse that a verified session's accessor lengthens his own life, or takes another's name.

    A control judges whole rows, and everybody may change some of his own.
    """
    state = sa.inspect(user)
    accessor = getattr(state.session, "accessor", None)
    if accessor is None or accessor.user_id != user.id:
        return
    changed = [name for name in SAID_BY_OTHERS if state.attrs[name].history.has_changes()]
    if changed:
        raise AccessError(
            f"{changed[0]} of oneself is for another administrator to change. Nothing was changed.",
            field=changed[0],
        )
