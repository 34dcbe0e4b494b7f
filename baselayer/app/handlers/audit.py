"""The audit over HTTP."""

from baselayer.app.access import permissions
from baselayer.app.audit.models import AuditEvent
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.identity import AuditRead, AuditRequest
from baselayer.app.schemas.paging import ListResponse

FILTERS = {
    "action": AuditEvent.action,
    "outcome": AuditEvent.outcome,
    "user_id": AuditEvent.user_id,
    "object_id": AuditEvent.object_id,
}


class AuditHandler(BaseHandler):
    """Who did what."""

    @permissions(["Read audit log"])
    @operation(
        "Read the audit, newest first", parameters=AuditRequest, response=ListResponse[AuditRead]
    )
    async def get(self) -> None:
        view = self.read_query(AuditRequest)
        asked = {column: getattr(view, name) for name, column in FILTERS.items()}
        where = [column == value for column, value in asked.items() if value is not None]
        async with self.services.reading(self.caller) as session:
            found = await AuditEvent.page(session, self.caller, view, where=where)
        found.items = [AuditRead.model_validate(line) for line in found.items]
        self.success(found)


routes = [Route("/api/audit", AuditHandler)]
