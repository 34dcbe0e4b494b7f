"""reached: the groups or streams that somebody has access to, under upstream's rule."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.controls.accessor import Accessor
from baselayer.app.errors import InvalidRequestError


def reached(accessor: Accessor, user: Any, name: str) -> list[Any]:
    """Return relationship `name` of `user`; for a system admin all that it could lead to."""
    if not accessor.is_admin:
        return list(getattr(user, name))
    session = orm.object_session(user)
    if session is None:
        raise InvalidRequestError("The user is in no session, so what he reaches is not known.")
    far: Any = sa.inspect(user).mapper.relationships[name].mapper.class_
    return list(session.scalars(sa.select(far).order_by(far.id)))
