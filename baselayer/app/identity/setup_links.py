"""SetupLink: the one-time token that the first administrator is made with."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from baselayer.app.controls.constant import restricted
from baselayer.app.db.base import Base


class SetupLink(Base):
    """A printed link that has not been used; only the hash of its token is kept."""

    __tablename__ = "setup_links"
    create = read = update = delete = restricted

    token_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
