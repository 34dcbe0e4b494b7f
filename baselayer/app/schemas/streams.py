"""Streams, and who has access to them, as they are sent and shown."""

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel

from baselayer.app.schemas.base import Changes, Dto, Key
from baselayer.app.schemas.connection_fields import Name, Plain
from baselayer.app.schemas.groups import Text


class StreamCreate(Dto):
    """A new stream."""

    name: Name
    description: Text | None = None
    auto_join: bool = False
    """Whether everybody of the account may take access to it."""


class StreamUpdate(Changes):
    """What to change."""

    nullable: ClassVar[frozenset[str]] = frozenset({"description"})

    name: Name | None = None
    description: Text | None = None
    auto_join: bool | None = None


class StreamRead(BaseModel):
    """A stream as those who may see it see it."""

    model_config = {"from_attributes": True}

    id: int
    name: str
    description: str | None
    auto_join: bool
    created_at: datetime


class StreamAccess(Dto):
    """A user to have access to a stream."""

    username: Plain


class StreamUserRead(BaseModel):
    """A user who has access to a stream."""

    user_id: int
    username: str


class StreamOfGroup(Dto):
    """A stream that a group is to have."""

    stream_id: Key
