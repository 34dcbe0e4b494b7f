"""Accounts and the profiles in them, as they are sent and shown."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from baselayer.app.schemas.base import Changes, Dto
from baselayer.app.schemas.connection_fields import Name, Plain

Number = Annotated[str, Field(pattern=r"^\d{4}-\d{4}-\d{4}$")]


class AccountRead(BaseModel):
    """An account, as those in it see it."""

    model_config = {"from_attributes": True}

    id: int
    number: str
    company_name: str
    is_default: bool
    is_active: bool
    record_locator: str
    created_at: datetime


class AccountCreate(Dto):
    """A new account."""

    company_name: Name
    number: Number | None = None
    """Its number for ever; null takes a random one."""


class AccountUpdate(Changes):
    """What to change; the number stays."""

    company_name: Name | None = None
    is_active: bool | None = None
    """Whether anybody can act in its name."""


class Place(Dto):
    """A user to have a place in an account."""

    username: Plain


class PlaceRead(BaseModel):
    """A user's place in an account."""

    user_id: int
    username: str
    record_locator: str
    created_at: datetime
