"""What an answer says of every record: its id and times. Mixins for the DTOs of applications."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import model_validator
from sqlalchemy import orm

from baselayer.app.schemas.base import Dto


class InfoMixin(Dto):
    """Made from a record by `model_validate(record)`; it reads what is loaded and nothing else.

    A field that is not loaded is a ValueError, in blocking code too, where reading it would
    quietly ask the database once for each record.
    """

    @model_validator(mode="before")
    @classmethod
    def _is_loaded(cls, values: Any) -> Any:
        state = sa.inspect(values, raiseerr=False)
        if isinstance(state, orm.InstanceState):
            missing = [
                name for name in cls.model_fields if _own_name(state, name) in state.unloaded
            ]
            if missing:
                names = ", ".join(sorted(missing))
                raise ValueError(f"{type(values).__name__} is not loaded with {names}: load it")
        return values


def _own_name(state: orm.InstanceState[Any], name: str) -> str:
    """Return what attribute `name` stands for, where it is another's second name."""
    synonym = state.mapper.synonyms.get(name)
    return name if synonym is None else synonym.name


class IntIdInfoMixin(InfoMixin):
    """The id of a record that has a number."""

    id: int


class UUIDIdInfoMixin(InfoMixin):
    """The id of a record of UUIDTableBaseMixin."""

    id: UUID


class DatetimeInfoMixin(InfoMixin):
    """When a record was made and last changed."""

    created_at: datetime
    updated_at: datetime


class IntIdDatetimeInfoMixin(IntIdInfoMixin, DatetimeInfoMixin):
    """Number and times of a record."""


class UUIDIdDatetimeInfoMixin(UUIDIdInfoMixin, DatetimeInfoMixin):
    """UUID and times of a record."""
