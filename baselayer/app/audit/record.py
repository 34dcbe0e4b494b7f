"""Recording: add a line to the audit, in the act's own transaction or on its own connection."""

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from baselayer.app.audit.models import AuditEvent


@dataclass(frozen=True)
class Event:
    """What to write down; `details` holds JSON values only, and never a secret."""

    action: str
    outcome: str
    code: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    account_id: int | None = None
    user_id: int | None = None
    token_id: int | None = None
    address: str | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def insert(self) -> sa.Insert:
        """Return the statement that writes this event; run it where the act itself is written."""
        return sa.insert(AuditEvent).values(**vars(self))


async def record(engine: AsyncEngine, event: Event) -> None:
    """Write `event` on a connection of its own, so that a rolled-back request keeps its refusal."""
    async with engine.begin() as connection:
        await connection.execute(event.insert())
