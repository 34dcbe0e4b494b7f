"""Explaining: why an accessor may touch a record or may not, asked in one SELECT."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import Accessor
from baselayer.app.controls.explaining import Explanation, explained, statement_of
from baselayer.app.db.verify import among


def explanation_of(session: orm.Session, record: Any, mode: str, accessor: Accessor) -> Explanation:
    """Return the tree of the controls that decide, each with its answer for `record`.

    It is asked on the session's bare connection, so it also tells of a record that the session
    would not show.
    """
    cls = type(record)
    found = explained(cls, mode, accessor)
    if session.autoflush:
        session.flush()
    identity = tuple(sa.inspect(cls).primary_key_from_instance(record))
    statement = statement_of(found, cls).where(among(cls, {identity}))
    answers = orm.Session.connection(session).execute(statement).first()
    if answers is None:
        return Explanation(f"{found.label}: it is not stored", sa.false())
    for part, answer in zip(found.walk(), answers, strict=True):
        part.allowed = bool(answer)
    return found
