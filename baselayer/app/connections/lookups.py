"""Look-ups of connections, remembered for a few seconds as those of users are (`identity.lookups`).

What is remembered are plain values of what a user may read, never a record, and never anything of
another user. Running or changing a connection asks the database each time.
"""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.connections.models import ConnectionBase, GroupConnection, SqlConnection
from baselayer.app.db.dual import dual_function
from baselayer.app.db.sessions import VerifiedSession
from baselayer.app.errors import InvalidRequestError
from baselayer.app.identity.facts import UserFacts
from baselayer.app.identity.forgetting import has_changed, remembered_of, watch
from baselayer.app.identity.lookups import FRESH_LEVELS
from baselayer.app.identity.principals import Principal, permissions_of_user
from baselayer.app.identity.remembering import Loaded, Question
from baselayer.app.identity.users import User

watch(ConnectionBase, SqlConnection, GroupConnection)

COLUMNS = (
    *(ConnectionBase.id, ConnectionBase.kind, ConnectionBase.name, ConnectionBase.description),
    *(ConnectionBase.version, ConnectionBase.owner_id, ConnectionBase.account_id),
)


@dataclass(frozen=True)
class ConnectionFacts:
    """A connection, as it was when it was looked up."""

    id: UUID
    kind: str
    name: str
    description: str
    version: str
    owner_id: int
    account_id: int


@dataclass(frozen=True)
class ConnectionsOfUser:
    """The connections that a user may read, his own first."""

    connections: tuple[ConnectionFacts, ...]


@dual_function
def get_cached_connections_for_user(
    session: orm.Session, user: User | UserFacts | int | None, invalidate: bool = False
) -> tuple[ConnectionFacts, ...]:
    """Return the connections that `user` may read, his own first; none for None.

    Nobody who is deactivated or does not exist may read any.
    """
    if user is None:
        return ()
    user_id = user if isinstance(user, int) else user.id
    bind = session.get_bind(sa.inspect(ConnectionBase))
    # As for users: a gated session is told what its accessor may see, and what is not committed
    # is not remembered.
    is_own = isinstance(bind, sa.Engine) and not has_changed(session)
    if isinstance(session, VerifiedSession) or not is_own:
        return _loaded(session, user_id).connections
    remembered, question = remembered_of(bind.engine), Question("connections of user", user_id)
    if invalidate:
        remembered.forget_one(question)

    def load() -> Loaded[ConnectionsOfUser]:
        answer = _loaded(session, user_id)
        return Loaded(answer, session.connection().get_isolation_level() in FRESH_LEVELS)

    found = remembered.answer(question, ConnectionsOfUser, load)
    return found.connections if found is not None else ()


@dual_function
def get_cached_connection_by_name_and_kind(
    session: orm.Session,
    user: User | UserFacts | int | None,
    kind: str,
    name: str,
    invalidate: bool = False,
) -> ConnectionFacts | None:
    """Return the connection of this name and kind that `user` may read, or None.

    Where several have one of that name it is his own, else the oldest. InvalidRequestError for a
    kind that there is not; it is said as `sql` or `SqlConnection`.
    """
    kinds = {key: key for key in orm.class_mapper(ConnectionBase).polymorphic_map}
    mappers = orm.class_mapper(ConnectionBase).polymorphic_map
    kinds |= {mapper.class_.__name__: key for key, mapper in mappers.items()}
    if kind not in kinds:
        raise InvalidRequestError(f"There is no kind of connection {kind!r}: {', '.join(kinds)}.")
    found = get_cached_connections_for_user(session, user, invalidate)
    named = (one for one in found if (one.name, one.kind) == (name, kinds[kind]))
    return next(named, None)


def _loaded(session: orm.Session, user_id: int) -> ConnectionsOfUser:
    user = session.execute(
        sa.select(User.username, User.deactivated_at).where(User.id == user_id)
    ).first()
    if user is None or user.deactivated_at is not None:
        return ConnectionsOfUser(())
    may = frozenset(session.scalars(permissions_of_user(user_id)))
    reader = Principal(user_id, user.username, account_id=0, token_id=None, permissions=may)
    wanted = ConnectionBase.select(reader, columns=COLUMNS).order_by(
        (ConnectionBase.owner_id != user_id), ConnectionBase.id
    )
    rows = session.execute(wanted)
    return ConnectionsOfUser(tuple(ConnectionFacts(**row._mapping) for row in rows))
