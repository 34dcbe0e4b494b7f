"""The audit outlives the transaction that was refused."""

import asyncio
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from baselayer.app.audit.record import Event, record
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.engine import Database
from baselayer.app.errors import AccessError
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
        yield Database(url, role="baselayer_app", poolclass=sa.NullPool)


def test_line_stays_when_the_act_is_rolled_back(database: Database) -> None:
    async def refused() -> None:
        async with database.plain_async() as session:
            await session.execute(Event("act", "allowed").insert())
            await record(database.async_engine, Event("refusal", "refused", code="x"))
            await session.rollback()

    asyncio.run(refused())
    assert [line.action for line in _lines(database)] == ["refusal"]


def test_nobody_writes_a_line_about_another(database: Database) -> None:
    with database.verified(ALICE) as session:
        session.add(AuditEvent(action="forged", outcome="allowed", user_id=2))
        with pytest.raises(AccessError):
            session.commit()
    assert "forged" not in [line.action for line in _lines(database)]


def test_own_line_is_written_but_not_read_without_the_permission(database: Database) -> None:
    with database.verified(ALICE) as session:
        session.add(AuditEvent(action="mine", outcome="allowed", user_id=1))
        session.commit()
        assert session.scalars(sa.select(AuditEvent)).all() == []
    reader = Principal(2, "reader", 1, None, frozenset({"Read audit log"}))
    with database.verified(reader) as session:
        assert "mine" in [line.action for line in session.scalars(sa.select(AuditEvent))]


def _lines(database: Database) -> list[AuditEvent]:
    with database.plain() as session:
        return list(session.scalars(sa.select(AuditEvent)))
