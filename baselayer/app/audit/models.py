"""AuditEvent: one line of the audit."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from baselayer.app.controls.constant import public, restricted
from baselayer.app.controls.custom import CustomUserAccessControl
from baselayer.app.controls.narrowing import Narrowed
from baselayer.app.controls.permitted import AccessibleIfPermitted
from baselayer.app.db.base import Base
from baselayer.app.db.mixins.uuid import UUIDTableBaseMixin


class AuditEvent(UUIDTableBaseMixin, Base):
    """Who tried what, when, from where, and how it ended.

    The application's database role may add and read lines, never change or remove one. Ids are
    kept without foreign keys: a line outlives what it speaks of.
    """

    __tablename__ = "audit_events"
    __table_args__ = (sa.Index("audit_events_user_id_id_ix", "user_id", "id"),)
    # Anybody's session may add a line about himself, in the transaction of the act itself.
    create = CustomUserAccessControl(lambda line, accessor: line.user_id == accessor.user_id)
    read = AccessibleIfPermitted("Read audit log")
    update = delete = restricted
    narrowed_by: ClassVar[Narrowed] = {"create": public}

    account_id: Mapped[int | None]
    user_id: Mapped[int | None]
    token_id: Mapped[int | None]
    address: Mapped[str | None]
    """The address that the request came from."""
    action: Mapped[str]
    """What was tried: `run.create`, `connection.update`, or the method and path of a request."""
    outcome: Mapped[str]
    """`allowed`, `refused` or `failed`."""
    code: Mapped[str | None]
    """The error code of a refusal or failure."""
    object_type: Mapped[str | None]
    object_id: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
