"""Installation: what this database knows of the installation that uses it; one row."""

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped

from baselayer.app.controls.constant import restricted
from baselayer.app.db.base import Base
from baselayer.app.sealing.ring import KeyRing


class Installation(Base):
    """The mark of the key ring whose secrets are stored here."""

    create = read = update = delete = restricted

    key_ring_check: Mapped[str]


def require_own_ring(session: orm.Session, ring: KeyRing) -> None:
    """Raise KeyRingError unless `ring` sealed this database's secrets; mark a new database as its.

    Asked at every start, before anything could be sealed with the wrong ring.
    """
    installation = session.scalar(sa.select(Installation).order_by(Installation.id).limit(1))
    if installation is not None:
        ring.verify(installation.key_ring_check)
        return
    session.add(Installation(key_ring_check=ring.check_value()))
    session.commit()
