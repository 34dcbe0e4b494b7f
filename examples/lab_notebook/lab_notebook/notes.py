"""Notes over HTTP, and the files attached to them."""

from typing import Any

from sqlalchemy import orm

from baselayer.app.access import auth_or_token
from baselayer.app.db.finding import find
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.openapi.routes import Route, operation
from lab_notebook.models import Attachment, Note, Project
from lab_notebook.schemas import (
    AttachmentCreate,
    AttachmentRead,
    NoteCreate,
    NoteRead,
    NoteUpdate,
)


class ProjectNotesHandler(BaseHandler):
    """The notes of a project."""

    @auth_or_token
    @operation("List the notes of a project", response=list[NoteRead])
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            project = await session.run_sync(find, Project, id, self.caller)
            mine = Note.select(self.caller).where(Note.project_id == project.id)
            notes = list(await session.scalars(mine.order_by(Note.id)))
        self.success([NoteRead.model_validate(note) for note in notes])

    @auth_or_token
    @operation("Write a note", request=NoteCreate, response=NoteRead, status=201)
    async def post(self, id: str) -> None:
        asked = self.read_body(NoteCreate)
        async with self.writing() as session:
            project = await session.run_sync(find, Project, id, self.caller, "write")
            note = Note(project_id=project.id, author_id=self.caller.user_id, **asked.model_dump())
            session.add(note)
            await session.flush()
            session.add(self.event("note.create", note, project_id=project.id))
        self.success(NoteRead.model_validate(note), status=201)


class NoteHandler(BaseHandler):
    """One note."""

    @auth_or_token
    @operation("Show a note", response=NoteRead)
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            note = await session.run_sync(find, Note, id, self.caller)
        self.success(NoteRead.model_validate(note))

    @auth_or_token
    @operation("Change or publish a note", request=NoteUpdate, response=NoteRead)
    async def patch(self, id: str) -> None:
        asked = self.read_body(NoteUpdate)
        async with self.writing() as session:
            note = await session.run_sync(find, Note, id, self.caller, "update")
            for name, value in asked.model_dump(exclude_unset=True).items():
                setattr(note, name, value)
            session.add(self.event("note.update", note, fields=sorted(asked.model_fields_set)))
        self.success(NoteRead.model_validate(note))

    @auth_or_token
    @operation("Delete a note with its files")
    async def delete(self, id: str) -> None:
        async with self.writing() as session:
            note = await session.run_sync(find, Note, id, self.caller, "delete")
            session.add(self.event("note.delete", note))
            await session.delete(note)
        self.success()


class NoteAttachmentsHandler(BaseHandler):
    """The files of a note."""

    @auth_or_token
    @operation("List the files of a note", response=list[AttachmentRead])
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            note = await session.run_sync(find, Note, id, self.caller)
            files = Attachment.select(self.caller).where(Attachment.note_id == note.id)
            found = list(await session.scalars(files.order_by(Attachment.name)))
        self.success([AttachmentRead.model_validate(file) for file in found])

    @auth_or_token
    @operation("Attach a file", request=AttachmentCreate, response=AttachmentRead, status=201)
    async def post(self, id: str) -> None:
        asked = self.read_body(AttachmentCreate)
        async with self.writing() as session:
            note = await session.run_sync(find, Note, id, self.caller, "update")
            file = Attachment(note_id=note.id, **asked.model_dump())
            session.add(file)
            await session.flush()
            session.add(self.event("attachment.create", file, note_id=note.id))
        self.success(AttachmentRead.model_validate(file), status=201)


class AttachmentHandler(BaseHandler):
    """One file."""

    @auth_or_token
    @operation("Download a file", media_type="application/octet-stream")
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            file = await session.run_sync(_with_content, id, self.caller)
        self.set_header("Content-Type", file.media_type)
        self.set_header("Content-Disposition", f'attachment; filename="{file.name}"')
        self.write(file.content)

    @auth_or_token
    @operation("Take a file off a note")
    async def delete(self, id: str) -> None:
        async with self.writing() as session:
            file = await session.run_sync(find, Attachment, id, self.caller, "delete")
            session.add(self.event("attachment.delete", file, note_id=file.note_id))
            await session.delete(file)
        self.success()


def _with_content(session: orm.Session, ident: str, caller: Any) -> Attachment:
    """Return a file together with its content, which is not loaded otherwise."""
    file = find(session, Attachment, ident, caller)
    session.refresh(file, [Attachment.content.key])
    return file


routes = [
    Route("/lab/projects/{id}/notes", ProjectNotesHandler),
    Route("/lab/notes/{id}", NoteHandler),
    Route("/lab/notes/{id}/attachments", NoteAttachmentsHandler),
    Route("/lab/attachments/{id}", AttachmentHandler),
]
