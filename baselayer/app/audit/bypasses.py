"""Bypasses: who read past the record controls, and why, as the audit keeps it."""

import sqlalchemy as sa

from baselayer.app.audit.record import Event
from baselayer.app.db.bypassing import Bypass


def record_bypass(connection: sa.Connection, bypass: Bypass) -> None:
    """Write down a session's use of `unrestricted`."""
    accessor = bypass.accessor
    event = Event(
        action="session.unrestricted",
        outcome="allowed",
        user_id=accessor.user_id,
        # Not every accessor is one of ours, who have these.
        token_id=getattr(accessor, "token_id", None),
        account_id=getattr(accessor, "account_id", None),
        details={"reason": bypass.reason},
    )
    connection.execute(event.insert())
