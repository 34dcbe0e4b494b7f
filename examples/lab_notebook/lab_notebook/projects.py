"""Projects over HTTP."""

import sqlalchemy as sa

from baselayer.app.access import auth_or_token
from baselayer.app.db.finding import find, page
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.paging import ListResponse, TableViewRequest
from lab_notebook.models import Project, ProjectGroup
from lab_notebook.schemas import ProjectCreate, ProjectRead, ProjectUpdate, Share, Shares


class ProjectsHandler(BaseHandler):
    """All projects that the caller may see."""

    @auth_or_token
    @operation(
        "List your projects", parameters=TableViewRequest, response=ListResponse[ProjectRead]
    )
    async def get(self) -> None:
        view = self.read_query(TableViewRequest)
        async with self.services.reading(self.caller) as session:
            found = await session.run_sync(page, Project, view, self.caller)
        found.items = [ProjectRead.model_validate(project) for project in found.items]
        self.success(found)

    @auth_or_token
    @operation("Begin a project", request=ProjectCreate, response=ProjectRead, status=201)
    async def post(self) -> None:
        asked = self.read_body(ProjectCreate)
        async with self.writing() as session:
            project = Project(owner_id=self.caller.user_id, **asked.model_dump())
            session.add(project)
            await session.flush()
            session.add(self.event("project.create", project, name=project.name))
        self.success(ProjectRead.model_validate(project), status=201)


class ProjectHandler(BaseHandler):
    """One project."""

    @auth_or_token
    @operation("Show a project", response=ProjectRead)
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            project = await session.run_sync(find, Project, id, self.caller)
        self.success(ProjectRead.model_validate(project))

    @auth_or_token
    @operation("Change a project", request=ProjectUpdate, response=ProjectRead)
    async def patch(self, id: str) -> None:
        asked = self.read_body(ProjectUpdate)
        async with self.writing() as session:
            project = await session.run_sync(find, Project, id, self.caller, "update")
            for name, value in asked.model_dump(exclude_unset=True).items():
                setattr(project, name, value)
            fields = sorted(asked.model_fields_set)
            session.add(self.event("project.update", project, fields=fields))
        self.success(ProjectRead.model_validate(project))

    @auth_or_token
    @operation("Delete a project with all that is in it")
    async def delete(self, id: str) -> None:
        async with self.writing() as session:
            project = await session.run_sync(find, Project, id, self.caller, "delete")
            session.add(self.event("project.delete", project, name=project.name))
            await session.delete(project)
        self.success()


class ProjectSharesHandler(BaseHandler):
    """The groups that a project is shared with."""

    @auth_or_token
    @operation("Say which groups may see a project", request=Shares, response=Shares)
    async def put(self, id: str) -> None:
        asked = self.read_body(Shares)
        async with self.writing() as session:
            project = await session.run_sync(find, Project, id, self.caller, "update")
            old = sa.select(ProjectGroup).where(ProjectGroup.project_id == project.id)
            for share in await session.scalars(old):
                await session.delete(share)
            await session.flush()
            for wanted in asked.groups:
                session.add(ProjectGroup(project_id=project.id, **wanted.model_dump()))
            groups = [wanted.group_id for wanted in asked.groups]
            session.add(self.event("project.share", project, groups=groups))
        self.success(asked)

    @auth_or_token
    @operation("List the groups that may see a project", response=Shares)
    async def get(self, id: str) -> None:
        async with self.services.reading(self.caller) as session:
            project = await session.run_sync(find, Project, id, self.caller)
            shares = sa.select(ProjectGroup).where(ProjectGroup.project_id == project.id)
            found = [
                Share(group_id=share.group_id, can_write=share.can_write)
                for share in await session.scalars(shares.order_by(ProjectGroup.group_id))
            ]
        self.success(Shares(groups=found))


routes = [
    Route("/lab/projects", ProjectsHandler),
    Route("/lab/projects/{id}", ProjectHandler),
    Route("/lab/projects/{id}/shares", ProjectSharesHandler),
]
