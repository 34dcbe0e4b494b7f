"""ACL: a permission, known by its name."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from baselayer.app.controls.constant import public, restricted
from baselayer.app.db.base import Base


class ACL(Base):
    """A privilege within the application, such as `Run queries`."""

    create = update = delete = restricted
    read = public

    # Any, because a number in Base is a name here.
    id: Mapped[Any] = mapped_column(sa.Text, primary_key=True, sort_order=-10)
