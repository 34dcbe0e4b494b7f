"""What a new token may be narrowed to, and that none is wider than what made it."""

from sqlalchemy import orm

from baselayer.app.auth.addresses import is_within
from baselayer.app.connections.models import SqlConnection
from baselayer.app.db.finding import find
from baselayer.app.errors import AccessError
from baselayer.app.identity.principals import Principal
from baselayer.app.queries.models import Query
from baselayer.app.schemas.identity import TokenCreate


def refuse_narrowed(caller: Principal) -> None:
    """Refuse a token for which only some records exist: it makes no other."""
    if caller.narrowing is not None:
        raise AccessError("A token that is narrowed to some records cannot make another token.")


def require_named(session: orm.Session, asked: TokenCreate, caller: Principal) -> None:
    """Raise NotFoundError unless the maker sees every record that a token is narrowed to."""
    for ident in asked.connection_ids or ():
        find(session, SqlConnection, ident, caller)
    for ident in asked.query_ids or ():
        find(session, Query, ident, caller)


def within_own(caller: Principal, wanted: list[str] | None) -> list[str] | None:
    """Return where a new token may be used from: what was asked for, else what its maker has.

    AccessError when that is more than its maker may.
    """
    own = caller.allowed_addresses
    if own is None:
        return wanted
    beyond = [it for it in wanted or () if not is_within(it, own)]
    if beyond:
        raise AccessError(
            f"Your own token may not be used from all of {beyond[0]}, so no token that it makes.",
            allowed_addresses=beyond,
        )
    return list(own) if wanted is None else wanted
