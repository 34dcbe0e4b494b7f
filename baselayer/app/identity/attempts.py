"""LoginAttempt: how many logins have failed lately, for a user name or from an address."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from baselayer.app.controls.constant import restricted
from baselayer.app.db.base import Base


class LoginAttempt(Base):
    """The tally of one account or address, which every process counts in."""

    __tablename__ = "login_attempts"
    create = read = update = delete = restricted

    subject: Mapped[str] = mapped_column(unique=True)
    """Whose tally it is: `user:7`, `unknown:3fa0` or `address:192.0.2.1`."""
    failed_at: Mapped[list[datetime]] = mapped_column(ARRAY(sa.DateTime(timezone=True)))
    """When the last few logins failed, or began and have not ended."""
    blocks: Mapped[int]
    """How many times in a row it was blocked: each block is twice as long as the last."""
    blocked_until: Mapped[datetime | None]
