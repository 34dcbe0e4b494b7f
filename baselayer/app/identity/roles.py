"""Role: a set of permissions under one name."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from baselayer.app.controls.constant import public, restricted
from baselayer.app.db.base import Base
from baselayer.app.db.joins import join_model
from baselayer.app.identity.acls import ACL


class Role(Base):
    """A set of permissions that users assume; a user may have several."""

    create = update = delete = restricted
    read = public

    # Any, because a number in Base is a name here.
    id: Mapped[Any] = mapped_column(sa.Text, primary_key=True, sort_order=-10)

    acls: Mapped[list[ACL]] = relationship(secondary="role_acls", viewonly=True)


RoleACL = join_model("role_acls", Role, ACL)
RoleACL.create = restricted
