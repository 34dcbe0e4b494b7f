"""What is sent and shown over HTTP."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from baselayer.app.schemas.base import Changes, Dto, Key


def _decoded(value: Any) -> bytes:
    """Return what base64 text stands for; pydantic's own type passes over what is none."""
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, binascii.Error):
        raise ValueError("this is not base64") from None


Content = Annotated[bytes, BeforeValidator(_decoded, json_schema_input_type=str)]


class ProjectCreate(Dto):
    """A new project of the caller's."""

    name: str = Field(min_length=1, max_length=200)
    summary: str = Field(default="", max_length=10_000)


class ProjectUpdate(Changes):
    """What to change of a project."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    summary: str | None = Field(default=None, max_length=10_000)


class ProjectRead(Dto):
    """A project."""

    id: int
    name: str
    summary: str
    owner_id: int
    created_at: datetime


class Share(Dto):
    """A group that may see a project, and perhaps write in it."""

    group_id: Key
    can_write: bool = False


class Shares(Dto):
    """All groups that a project is shared with."""

    groups: list[Share] = Field(max_length=100)


class NoteCreate(Dto):
    """A new note of the caller's; a draft until it is published."""

    title: str = Field(min_length=1, max_length=200)
    text: str = Field(default="", max_length=100_000)
    is_draft: bool = True


class NoteUpdate(Changes):
    """What to change of a note."""

    title: str | None = Field(default=None, min_length=1, max_length=200)
    text: str | None = Field(default=None, max_length=100_000)
    is_draft: bool | None = None


class NoteRead(Dto):
    """A note."""

    id: int
    project_id: int
    author_id: int
    title: str
    text: str
    is_draft: bool
    created_at: datetime


class AttachmentCreate(Dto):
    """A file, its content in base64."""

    name: str = Field(pattern=r"^[\w .()-]{1,200}$")
    media_type: str = Field(default="application/octet-stream", pattern=r"^[\w.+-]+/[\w.+-]+$")
    content: Content


class AttachmentRead(Dto):
    """A file without its content."""

    id: int
    note_id: int
    name: str
    media_type: str
