"""A target database, a key ring and a running executor, driven from ordinary tests."""

import asyncio
import secrets
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from baselayer.app.connections.drivers.base import Target, secret_context
from baselayer.app.files.stores import LocalStore
from baselayer.app.queries.executor.client import JobStream, run_job
from baselayer.app.queries.executor.protocol import Egress, Event, Job, RunJob, Sealed, TargetFrame
from baselayer.app.queries.executor.supervise import Executor, ExecutorSettings
from baselayer.app.sealing.binding import Binding
from baselayer.app.sealing.ring import KeyRing
from tests.targets import PostgresTarget, postgres_target

T = TypeVar("T")


def seal(ring: KeyRing, target: Target, secret: str) -> Sealed:
    """Seal `secret` as the record of a connection to `target` would have it."""
    context = secret_context(target.engine, target.host, target.port, target.tls_mode)
    return seal_for(ring, context, secret)


def seal_for(ring: KeyRing, context: str, secret: str) -> Sealed:
    """Seal `secret` for what `context` says of its way."""
    place = ("connections", "password", "0190-1")
    return Sealed(ring.seal(secret, Binding(*place, context)), *place)


@dataclass
class Bench:
    """Everything that a job needs, and shorthands for running one."""

    shop: PostgresTarget
    home: Path
    ring: KeyRing
    egress: Egress = field(default_factory=lambda: Egress(allow_loopback=True))

    @property
    def settings(self) -> ExecutorSettings:
        return ExecutorSettings(
            socket_path=self.home / "run" / "executor.sock",
            keys_path=self.home / "secrets" / "keys.json",
            results_path=self.home / "results",
            threads=4,
            log_path=self.home / "logs" / "executor.log",
        )

    @property
    def store(self) -> LocalStore:
        return LocalStore(self.home / "results")

    def frame(self, role: str = "reader", **changes: Any) -> TargetFrame:
        """Return a target with its password sealed for it."""
        return self.frame_by({}, role, **changes)

    def frame_by(self, way: dict[str, Any], role: str = "reader", **changes: Any) -> TargetFrame:
        """Return a target that is reached by the `proxy` and `ssh` of `way`, sealed for that."""
        target = self.shop.target(role, **changes)
        frame = TargetFrame(
            engine=target.engine,
            host=target.host,
            port=target.port,
            database=target.database,
            username=target.username,
            tls_mode=target.tls_mode,
            options=dict(target.options),
            read_only=target.read_only,
            timeout_seconds=target.timeout_seconds,
            connect_timeout_seconds=target.connect_timeout_seconds,
            **way,
        )
        if target.password is None:
            return frame
        return msgspec.structs.replace(
            frame, sealed_password=seal_for(self.ring, frame.context(), target.password)
        )

    def job(self, sql: str, *, target: TargetFrame | None = None, **changes: Any) -> RunJob:
        """Return a run of `sql` with a file name of its own."""
        name = secrets.token_hex(8)
        return RunJob(
            run_id=name,
            target=target or self.frame(),
            egress=self.egress,
            sql=sql,
            file_name=f"{name}.arrow",
            **changes,
        )

    async def begin(self, job: Job) -> JobStream:
        return await run_job(self.settings.socket_path, job)

    async def events(self, job: Job) -> list[Event]:
        async with await self.begin(job) as stream:
            return [event async for event in stream]

    async def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the target as its superuser."""
        return await asyncio.to_thread(self.shop.admin, sql)

    def drive(self, act: Callable[[Executor], Awaitable[T]]) -> T:
        """Run `act` with an executor that is stopped afterwards."""

        async def main() -> T:
            async with Executor(self.settings) as executor:
                return await act(executor)

        return asyncio.run(main())


async def eventually(is_true: Callable[[], Awaitable[bool]], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not await is_true():
        assert time.monotonic() < deadline, "it did not become true in time"
        await asyncio.sleep(0.02)


@pytest.fixture(scope="session")
def target_server() -> Iterator[PostgresTarget]:
    with postgres_target() as server:
        yield server


@pytest.fixture
def bench(target_server: PostgresTarget) -> Iterator[Bench]:
    home = Path(tempfile.mkdtemp(prefix="baselayer-x-"))  # short: a socket's path has 107 bytes
    ring = KeyRing.load_or_create(home / "secrets" / "keys.json")
    yield Bench(target_server, home, ring)
    shutil.rmtree(home)
