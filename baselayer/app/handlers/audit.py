"""The audit over HTTP."""

from baselayer.app.access import permissions
from baselayer.app.audit.models import AuditEvent
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.openapi.routes import Route, operation
from baselayer.app.schemas.identity import AuditRead, AuditRequest


class AuditHandler(BaseHandler):
    """Who did what."""

    @permissions(["Read audit log"])
    @operation("Read the audit, newest first", parameters=AuditRequest, response=list[AuditRead])
    async def get(self) -> None:
        asked = self.read_query(AuditRequest)
        statement = AuditEvent.select(self.caller).order_by(AuditEvent.id.desc())
        if asked.action is not None:
            statement = statement.where(AuditEvent.action == asked.action)
        if asked.outcome is not None:
            statement = statement.where(AuditEvent.outcome == asked.outcome)
        async with self.services.session(self.caller) as session:
            lines = (await session.scalars(statement.limit(asked.limit))).all()
        self.success([AuditRead.model_validate(line) for line in lines])


routes = [Route("/api/audit", AuditHandler)]
