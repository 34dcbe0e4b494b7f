"""UserPassword: what a user logs in with, as a hash."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from baselayer.app.controls.constant import restricted
from baselayer.app.db.base import Base
from baselayer.app.db.types import utcnow


class UserPassword(Base):
    """The password of a user who has one; those who only use tokens have none."""

    __tablename__ = "user_passwords"
    create = read = update = delete = restricted

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    password_hash: Mapped[str]
    """Argon2id with its parameters and salt."""
    changed_at: Mapped[datetime] = mapped_column(default=utcnow)

    def to_dict(self) -> dict[str, Any]:
        """Return the columns without the hash."""
        return {key: value for key, value in super().to_dict().items() if key != "password_hash"}
