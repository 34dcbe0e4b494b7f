"""Reading past the record controls leaves a line, whatever becomes of the transaction."""

import asyncio
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from baselayer.app.audit.bypasses import record_bypass
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.engine import Database
from baselayer.app.identity.principals import Principal
from baselayer.app.models import AuditEvent
from baselayer.migrations.upgrade import upgrade
from tests.factories.metadata import fresh_database, metadata_cluster

__all__ = ["metadata_cluster"]
ALICE = Principal(1, "alice", 1, None, frozenset())


@pytest.fixture(scope="module")
def database(metadata_cluster: Cluster) -> Iterator[Database]:
    with fresh_database(metadata_cluster) as url:
        upgrade(url, app_role="baselayer_app")
        yield Database(url, role="baselayer_app", on_bypass=record_bypass, poolclass=sa.NullPool)


def test_use_stays_on_record_when_all_else_is_rolled_back(database: Database) -> None:
    with database.verified(ALICE) as session:
        with session.unrestricted("to count them"):
            session.scalars(sa.select(AuditEvent)).all()
        session.rollback()

    async def use() -> None:
        async with database.verified_async(ALICE) as session:
            async with session.unrestricted("to count them again"):
                (await session.scalars(sa.select(AuditEvent))).all()
            await session.rollback()

    asyncio.run(use())
    with database.plain() as plain:
        lines = plain.scalars(sa.select(AuditEvent).order_by(AuditEvent.id)).all()
        said = [(line.action, line.outcome, line.user_id, line.details) for line in lines]
    assert said == [
        ("session.unrestricted", "allowed", 1, {"reason": "to count them"}),
        ("session.unrestricted", "allowed", 1, {"reason": "to count them again"}),
    ]
