"""UUIDTableBaseMixin: a UUID version 7 as primary key, instead of a number."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from baselayer.app.db.types import uuid7


class UUIDTableBaseMixin:
    """Put it before `Base`: the key is made here, in time order, and known before saving.

    Its order is the order of creation, so a list by `created_at` is a list by primary key.
    """

    # Any, because a number in Base becomes a UUID here.
    id: Mapped[Any] = mapped_column(sa.Uuid, primary_key=True, default=uuid7, sort_order=-10)
