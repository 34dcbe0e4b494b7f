"""Answers made from records: what every one says, and that nothing is read for it."""

import asyncio
from datetime import UTC
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from baselayer.app.db.mixins.info_response import (
    DatetimeInfoMixin,
    IntIdDatetimeInfoMixin,
    IntIdInfoMixin,
    UUIDIdDatetimeInfoMixin,
    UUIDIdInfoMixin,
)
from baselayer.app.schemas.base import Dto
from tests.factories.gate import Draft, Note
from tests.factories.places import OPEN, OWNER, Place


class NoteBase(Dto):
    """The fields of a note, for requests and answers alike."""

    title: str


class NoteInfoResponse(NoteBase, IntIdDatetimeInfoMixin):
    """A note."""


class DraftInfoResponse(NoteBase, UUIDIdDatetimeInfoMixin):
    """A draft."""


class ThreadInfoResponse(NoteInfoResponse):
    """A note with its remarks."""

    comments: list[IntIdInfoMixin]


def test_made_from_a_record(here: Place) -> None:
    with here.verified(OWNER) as session:
        note, draft = session.get_one(Note, OPEN), session.scalars(sa.select(Draft)).one()
        said = NoteInfoResponse.model_validate(note)
        assert isinstance(said, NoteBase) and said.model_dump().keys() == {
            "id",
            "title",
            "created_at",
            "updated_at",
        }
        assert said.updated_at == note.modified and said.created_at.tzinfo is UTC
        assert DraftInfoResponse.model_validate(draft).id == draft.id


@pytest.mark.parametrize(
    "dto",
    [
        IntIdInfoMixin,
        UUIDIdInfoMixin,
        DatetimeInfoMixin,
        IntIdDatetimeInfoMixin,
        UUIDIdDatetimeInfoMixin,
    ],
)
def test_every_field_is_required(dto: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        dto.model_validate({})
    assert {error["loc"][0] for error in caught.value.errors()} == dto.model_fields.keys()


def test_what_is_not_loaded_is_told_and_not_read(here: Place) -> None:
    with here.verified(OWNER) as session:
        note = session.get_one(Note, OPEN)
        with pytest.raises(ValidationError, match="Note is not loaded with comments: load it"):
            ThreadInfoResponse.model_validate(note)
        loaded = Note.get(session, Note.id == OPEN, load=Note.comments)
        assert len(ThreadInfoResponse.model_validate(loaded).comments) == 1
        session.expire(note, ["title", "modified"])
        with pytest.raises(ValidationError, match="not loaded with title, updated_at"):
            NoteInfoResponse.model_validate(note)


def test_in_coroutines(here: Place) -> None:
    async def answer() -> ThreadInfoResponse:
        engine = create_async_engine(here.url, poolclass=sa.NullPool)
        async with AsyncSession(engine) as session:
            note = await Note.get(session, Note.id == OPEN, load=Note.comments)
            said = ThreadInfoResponse.model_validate(note)
        await engine.dispose()
        return said

    assert len(asyncio.run(answer()).comments) == 1
