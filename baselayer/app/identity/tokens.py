"""Token: lets a program call as the user who made it, with at most his permissions."""

import hashlib
import secrets
import string
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.controls.accessor import SYSTEM_ADMIN, Narrowing
from baselayer.app.controls.related import AccessibleIfRelatedRowsAreAccessible
from baselayer.app.controls.users import accessible_by_created_by
from baselayer.app.db.base import Base
from baselayer.app.db.joins import join_model
from baselayer.app.identity.acls import ACL
from baselayer.app.identity.reach import reached
from baselayer.app.identity.users import User

if TYPE_CHECKING:
    from baselayer.app.identity.groups import Group
    from baselayer.app.identity.streams import Stream

BASE62 = string.digits + string.ascii_letters
SECRET_CHARACTERS = 32  # 190 bits
CHECK_CHARACTERS = 6  # a CRC32 in base 62
RUN_TOKEN_PREFIX = "cron:"  # noqa: S105 (a name)
"""What the name of a script's token begins with; such a token can make no other."""

RECORD_PERMISSIONS = frozenset(
    ("Manage connections", "Run queries", "Write queries", "Share results", SYSTEM_ADMIN)
)
"""All that a narrowed token can have: no permission over people, scripts or the audit."""


def new_value() -> str:
    """Return a new token's value, `bl_<32 base62>_<checksum>`; show it once, keep its hash."""
    secret = "".join(secrets.choice(BASE62) for _ in range(SECRET_CHARACTERS))
    return f"bl_{secret}_{_checksum(secret)}"


def is_well_formed(value: str) -> bool:
    """Tell whether `value` could be a token: a typing mistake is caught by its checksum."""
    prefix, _, rest = value.partition("_")
    secret, _, check = rest.partition("_")
    return prefix == "bl" and len(secret) == SECRET_CHARACTERS and check == _checksum(secret)


def hash_of(value: str) -> str:
    """Return what is stored of a token's value: 190 random bits need no salt, nor a slow hash."""
    return hashlib.sha256(value.encode()).hexdigest()


def _checksum(secret: str) -> str:
    number, digits = zlib.crc32(secret.encode()), ""
    for _ in range(CHECK_CHARACTERS):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits


def narrowing_of(
    connection_ids: Iterable[UUID] | None, query_ids: Iterable[UUID] | None
) -> Narrowing | None:
    """Return the narrowing to these records; None when neither list is given."""
    if connection_ids is None and query_ids is None:
        return None
    connections = {("connections", ident) for ident in connection_ids or ()}
    return Narrowing(frozenset(connections | {("queries", ident) for ident in query_ids or ()}))


class Token(Base):
    """A program's credential. Its id is no secret; its value is known to its holder alone."""

    __table_args__ = (sa.UniqueConstraint("created_by_id", "name"),)
    create = read = update = delete = accessible_by_created_by

    name: Mapped[str]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id", ondelete="CASCADE"))
    """The account in whose name it acts."""
    value_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    connection_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(sa.Uuid))
    """The only connections that exist for it. Without foreign key: when the last of them is
    deleted, it must be left with none, not with all."""
    query_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(sa.Uuid))
    """The only queries that exist for it; when both lists are null, it is not narrowed."""
    allowed_addresses: Mapped[list[str] | None] = mapped_column(ARRAY(sa.Text))
    """The networks that it may be used from; null is anywhere."""

    created_by: Mapped[User] = relationship(back_populates="tokens")
    acls: Mapped[list[ACL]] = relationship(secondary="token_acls", viewonly=True)

    @property
    def user_id(self) -> int:
        """Return the id of the user it acts for, as an Accessor does."""
        return self.created_by_id

    @property
    def permissions(self) -> list[str]:
        """Return the permissions in force: its own that its creator still has."""
        granted = {acl.id for acl in self.acls}
        if self.narrowing is not None:
            granted &= RECORD_PERMISSIONS
        return [name for name in self.created_by.permissions if name in granted]

    @property
    def is_admin(self) -> bool:
        """Tell whether record controls are bypassed."""
        return SYSTEM_ADMIN in self.permissions

    is_system_admin = is_admin

    @property
    def narrowing(self) -> Narrowing | None:
        """Return the only records that exist for it; None when it is not narrowed."""
        return narrowing_of(self.connection_ids, self.query_ids)

    @property
    def groups(self) -> list["Group"]:
        """Return the groups that its creator is in."""
        return self.created_by.groups

    @property
    def accessible_groups(self) -> list["Group"]:
        """Return the groups that its creator is in; all groups for a system admin's."""
        return reached(self, self.created_by, "groups")

    @property
    def accessible_streams(self) -> list["Stream"]:
        """Return the streams that its creator has access to; all streams for a system admin's."""
        return reached(self, self.created_by, "streams")

    def to_dict(self) -> dict[str, Any]:
        """Return the columns without the hash."""
        return {key: value for key, value in super().to_dict().items() if key != "value_hash"}


TokenACL = join_model("token_acls", Token, ACL)
TokenACL.create = TokenACL.delete = AccessibleIfRelatedRowsAreAccessible(token="update")  # noqa: S106 (a mode)
