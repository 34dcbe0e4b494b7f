"""A metadata database with some people, scripts written for a test, and what runs them."""

import asyncio
import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from baselayer.app.config.cron import CronJob
from baselayer.app.cron.jobs import Account as OsAccount
from baselayer.app.cron.jobs import Job
from baselayer.app.cron.models import MANUAL, CronJobRun
from baselayer.app.cron.run import Bounds, CronRunner
from baselayer.app.cron.states import Claim
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.engine import Database
from baselayer.app.db.types import utcnow
from baselayer.app.models import Token, User, UserRole
from baselayer.migrations.upgrade import upgrade
from tests.factories.metadata import fresh_database

R = TypeVar("R")
URL = "http://127.0.0.1:5999"
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PATIENCE_SECONDS = 20.0


@dataclass
class Office:
    """Where scripts are run in tests."""

    url: str
    directory: Path
    database: Database
    bounds: dict[str, Any] = field(default_factory=dict)

    def script(self, text: str, name: str = "script.sh", shebang: str = "#!/bin/sh") -> Path:
        """Write an executable script and return its path."""
        path = self.directory / name
        path.write_text(f"{shebang}\n{text}\n")
        path.chmod(0o755)
        return path

    def job(self, text: str = "exit 0", **settings: Any) -> Job:
        """Write a script, and return a job that runs it."""
        name = settings.setdefault("name", "job")
        path = self.script(text, f"{name}.sh")
        when = {} if settings.keys() & {"interval", "cron"} else {"interval": 1}
        values = {"script": str(path)} | when | settings
        return Job(CronJob.model_validate(values), path)

    @contextlib.asynccontextmanager
    async def runner(self, **bounds: Any) -> AsyncIterator[CronRunner]:
        """Have a runner for the block, on connections of its own, as in another process."""
        database = Database(self.url, role="baselayer_app", poolclass=sa.NullPool)
        values: dict[str, Any] = {
            "url": URL,
            "host": "here",
            "output_limit_bytes": 1024 * 1024,
            "lease_seconds": 20,
            "heartbeat_seconds": 5,
        }
        runner = CronRunner(database.async_engine, Bounds(**values | bounds))
        try:
            yield runner
        finally:
            await runner.stop()
            await database.dispose()

    def run(self, job: Job, **bounds: Any) -> CronJobRun:
        """Run a job to its end and return its record."""

        async def body() -> Any:
            async with self.runner(**bounds) as runner:
                begun = await runner.begin(Claim(job, utcnow(), "here", MANUAL))
                assert begun is not None
                await begun[1]
                return begun[0]

        return self.record(asyncio.run(body()))

    def record(self, run_id: Any) -> CronJobRun:
        """Return the record of a run."""
        with self.database.plain() as session:
            return session.get_one(CronJobRun, run_id)

    def records(self, name: str = "job") -> list[CronJobRun]:
        """Return all records of a job by time."""
        wanted = sa.select(CronJobRun).where(CronJobRun.name == name)
        with self.database.plain() as session:
            return list(session.scalars(wanted.order_by(CronJobRun.nominal_time)))

    def tokens(self) -> list[Token]:
        """Return all tokens."""
        with self.database.plain() as session:
            return list(session.scalars(sa.select(Token)))

    def execute(self, sql: str, **values: Any) -> None:
        """Change the database as its superuser."""
        with self.database.plain() as session:
            session.execute(sa.text(sql), values)
            session.commit()


@pytest.fixture(scope="session")
def office_url(metadata_cluster: Cluster) -> Iterator[str]:
    """A seeded database with an analyst, who may run queries, and a manager."""
    with fresh_database(metadata_cluster) as url:
        upgrade(url, app_role="baselayer_app")
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with orm.Session(engine) as session:
            for name, role in {"ada": "Analyst", "max": "Manager"}.items():
                user = User(username=name)
                session.add(user)
                session.flush()
                session.add(UserRole(user_id=user.id, role_id=role))
            session.commit()
        yield url


@pytest.fixture
def office(office_url: str) -> Iterator[Office]:
    """An office without runs and tokens, whose scripts every account can reach."""
    directory = Path(tempfile.mkdtemp(prefix="cron-"))
    directory.chmod(0o755)
    found = Office(office_url, directory, Database(office_url, poolclass=sa.NullPool))
    found.execute("truncate cron_job_runs, tokens, audit_events cascade")
    yield found
    shutil.rmtree(directory)


@pytest.fixture
def account() -> OsAccount:
    """An account of this machine with few rights; only root can take another one."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to run a script as another account")
    return OsAccount("nobody", 65534, 65534)


async def until(condition: Callable[[], Any]) -> Any:
    """Return the first true answer of `condition`; fail when there is none in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_SECONDS
    while not (found := condition()):
        assert loop.time() < end, "waited in vain"
        await asyncio.sleep(0.02)
    return found


def is_alive(pid: int) -> bool:
    """Tell whether a process exists and has not ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def mode_of(path: str) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(Path(path).stat().st_mode)


def together(*work: Coroutine[Any, Any, R]) -> list[R]:
    """Run coroutines at the same time."""

    async def body() -> list[R]:
        return list(await asyncio.gather(*work))

    return asyncio.run(body())
