"""LoginSession: a browser that somebody has logged in with."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.controls.constant import restricted
from baselayer.app.controls.users import accessible_by_user
from baselayer.app.db.base import Base
from baselayer.app.db.types import utcnow
from baselayer.app.identity.users import User

SESSION_BYTES = 32


def new_session_value() -> str:
    """Return what a new session's cookie holds, 256 random bits; only its hash is kept."""
    return secrets.token_urlsafe(SESSION_BYTES)


def session_hash_of(value: str) -> str:
    """Return what is stored of a cookie's value: random bits need no salt, nor a slow hash."""
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()


class LoginSession(Base):
    """A browser's session. Who holds its cookie is the user; a session that has ended is no row."""

    __tablename__ = "login_sessions"
    create = update = restricted
    read = delete = accessible_by_user

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id", ondelete="CASCADE"))
    """The account in whose name it acts."""
    value_hash: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str | None]
    """The address that the login came from."""
    last_seen_at: Mapped[datetime] = mapped_column(default=utcnow)

    user: Mapped[User] = relationship()

    def to_dict(self) -> dict[str, Any]:
        """Return the columns without the hash."""
        return {key: value for key, value in super().to_dict().items() if key != "value_hash"}
