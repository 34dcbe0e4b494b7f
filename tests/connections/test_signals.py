"""Signals: told in order, with ids only, and no receiver changes anything."""

import asyncio
import queue
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from baselayer.app.connections import signals
from baselayer.app.connections.models import SqlConnection
from baselayer.app.connections.signals import Announcer, Use
from baselayer.app.errors import TargetUnreachableError
from baselayer.app.queries import execute, states
from baselayer.app.queries.executor.protocol import (
    Egress,
    Failed,
    Finished,
    RunJob,
    Started,
    Step,
    TargetFrame,
)
from tests.server import wait_until

USE = Use(uuid.UUID(int=1), 7, uuid.UUID(int=2))
NAMES = [name for name in vars(signals) if name.startswith("sql_connection_")]
TARGET = TargetFrame("postgresql", "db.example", 5432, "d", "u")
FINISHED = Finished(1, 1, None, "", [1], [], None, 0.1)
UNREACHABLE = Failed.of(TargetUnreachableError("Nobody is there."))


@pytest.fixture
def told() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Everything that is said, by the signal's name."""
    seen: list[tuple[str, dict[str, Any]]] = []
    receivers = []
    for name in NAMES:

        def receive(sender: Any, _name: str = name, **values: Any) -> None:
            assert sender is SqlConnection
            seen.append((_name.removeprefix("sql_connection_"), values))

        receivers.append(receive)
        vars(signals)[name].connect(receive)
    yield seen
    for name, receive in zip(NAMES, receivers, strict=True):
        vars(signals)[name].disconnect(receive)


def test_there_are_six() -> None:
    assert len(NAMES) == 6


def test_receivers_are_told_ids_and_the_code(told: list[tuple[str, dict[str, Any]]]) -> None:
    Announcer().say(signals.sql_connection_failed, USE, "target_unreachable")
    wait_until(lambda: told)
    ids = {"connection_id": USE.connection_id, "user_id": 7, "run_id": USE.run_id}
    assert told == [("failed", ids | {"error_code": "target_unreachable"})]


def test_receiver_that_raises_keeps_nobody_from_being_told(
    told: list[tuple[str, dict[str, Any]]],
) -> None:
    def broken(sender: Any, **values: Any) -> None:
        raise ValueError("no")

    signals.sql_connection_success.connect(broken)
    announcer = Announcer()
    for _ in range(3):
        announcer.say(signals.sql_connection_success, USE)
    wait_until(lambda: len(told) == 3)
    signals.sql_connection_success.disconnect(broken)


def test_receiver_that_hangs_holds_up_nobody() -> None:
    gate = threading.Event()

    def hangs(sender: Any, **values: Any) -> None:
        gate.wait(30)

    last = threading.Event()

    def told_last(sender: Any, **values: Any) -> None:
        last.set()

    waiting: queue.Queue[Any] = queue.Queue(3)
    announcer = Announcer(waiting)
    signals.sql_connection_success.connect(hangs)
    signals.sql_connection_failed.connect(told_last)
    try:
        for _ in range(10):
            announcer.say(signals.sql_connection_success, USE)
    finally:
        gate.set()
        wait_until(waiting.empty)
        announcer.say(signals.sql_connection_failed, USE, "target_unreachable")
        assert last.wait(10)  # all that was said before has been told: nothing is left for others
        signals.sql_connection_success.disconnect(hangs)
        signals.sql_connection_failed.disconnect(told_last)


class _Stream:
    def __init__(self, events: list[Any]) -> None:
        self.events = events

    async def __aiter__(self) -> AsyncIterator[Any]:
        for event in self.events:
            yield event

    async def cancel(self) -> None:
        pass


class _Runner(execute.Runner):
    """A runner whose records are nobody's."""

    async def _write_begin(self, run_id: uuid.UUID, following: Any) -> None:
        pass

    async def _write_success(self, run_id: uuid.UUID, done: Finished, file_name: str) -> bool:
        return True


class _Engine:
    @asynccontextmanager
    async def begin(self) -> AsyncIterator[None]:
        yield None


def _run(monkeypatch: pytest.MonkeyPatch, events: list[Any], ask: Any) -> None:
    @asynccontextmanager
    async def stream() -> AsyncIterator[_Stream]:
        yield _Stream(events)

    async def run_job(socket: Any, job: Any) -> Any:
        return stream()

    async def fail(connection: Any, run_id: Any, error: Any) -> bool:
        return False

    monkeypatch.setattr(execute, "run_job", run_job)
    monkeypatch.setattr(states, "fail", fail)
    nothing: Any = None
    engine: Any = _Engine()
    runner = _Runner(
        engine, nothing, executor=nothing, converter=nothing, settings=nothing, egress=Egress()
    )

    async def whole() -> None:
        await ask(runner)

    asyncio.run(whole())


@pytest.mark.parametrize(
    ("events", "names"),
    [
        ([Started(1), FINISHED], ["attempted", "success", "query_attempted", "query_success"]),
        ([UNREACHABLE], ["attempted", "failed"]),
        (
            [Started(1), UNREACHABLE],
            ["attempted", "success", "query_attempted", "query_failed"],
        ),
    ],
)
def test_run_says_how_it_went(
    told: list[tuple[str, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    events: list[Any],
    names: list[str],
) -> None:
    run_id = uuid.UUID(int=2)

    async def ask(runner: execute.Runner) -> None:
        runner.begin(run_id, RunJob(str(run_id), TARGET, Egress(), "select 1", "f"), USE)
        await runner.wait(run_id, 10)

    _run(monkeypatch, events, ask)
    wait_until(lambda: len(told) >= len(names))
    assert [name for name, _ in told] == names
    codes = [values["error_code"] for name, values in told if name.endswith("failed")]
    assert codes == ["target_unreachable"] * len(codes)
    assert "select" not in str(told)


@pytest.mark.parametrize(
    ("failure", "last"), [(None, "success"), (UNREACHABLE, "failed")], ids=["ok", "failed"]
)
def test_test_of_a_connection_says_how_it_went(
    told: list[tuple[str, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    failure: Failed | None,
    last: str,
) -> None:
    async def ask(runner: execute.Runner) -> None:
        await runner.diagnose(TARGET, USE)

    _run(monkeypatch, [Step("resolve", 0.1, failure)], ask)
    wait_until(lambda: len(told) == 2)
    assert [name for name, _ in told] == ["attempted", last]
