"""DBSession: upstream's session of the current request; our own code opens sessions by name."""

from contextvars import ContextVar
from typing import Any

from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker

SESSIONS = (orm.Session, AsyncSession, orm.scoped_session, async_scoped_session)

session_context_id: ContextVar[str | None] = ContextVar("request_id", default=None)

DBSession = orm.scoped_session(orm.sessionmaker(), scopefunc=session_context_id.get)

# Sessions for coroutines that check nothing; bound, as DBSession is, by `init_db`.
async_plain_session_factory = async_sessionmaker(expire_on_commit=False)


def is_session(value: Any) -> bool:
    """Tell whether `value` is a session of either kind, or a scoped one."""
    return isinstance(value, SESSIONS)


def split_session(arguments: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Return the session that leads `arguments`, or DBSession's, and the other arguments."""
    if arguments and is_session(arguments[0]):
        return arguments[0], arguments[1:]
    return DBSession(), arguments
