"""Frames say the same on both sides, secrets stay sealed in them, nonsense is refused."""

import asyncio

import msgspec
import pytest

from baselayer.app.connections.drivers.base import Target
from baselayer.app.errors import BaselayerError, QueryFailedError, SealError
from baselayer.app.queries.executor import protocol
from baselayer.app.queries.executor.protocol import (
    Batch,
    Cancel,
    Chunk,
    Egress,
    End,
    ExportJob,
    Failed,
    Frame,
    RunJob,
    Started,
    TargetFrame,
    TestJob,
    encode,
    read_event,
    read_request,
)
from baselayer.app.sealing.ring import KeyRing
from tests.queries.executor.conftest import seal

RING = KeyRing("a", {"a": b"k" * 32})
TARGET = Target("postgresql", "db", 5432, "shop", "ann", password="hunter2", tls_mode="disable")
FRAME = TargetFrame(
    "postgresql", "db", 5432, "shop", "ann", seal(RING, TARGET, "hunter2"), "disable"
)
RUN = RunJob("r", FRAME, Egress(True, False, [("127.0.0.1", 5432)]), "select 1", "r.arrow")


def reader_of(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


@pytest.mark.parametrize(
    "frame", [RUN, ExportJob("r.arrow", "csv"), TestJob(FRAME, Egress()), Cancel()]
)
def test_request_arrives_as_it_was_sent(frame: Frame) -> None:
    async def read() -> Frame:
        return await read_request(reader_of(encode(frame)))

    assert asyncio.run(read()) == frame


@pytest.mark.parametrize(
    "frame", [Started(7), Batch(8, 9, 10), Chunk(b"\x00"), End(), Failed("x", "y", {"z": 1})]
)
def test_event_arrives_as_it_was_sent(frame: Frame) -> None:
    async def read() -> Frame:
        return await read_event(reader_of(encode(frame)))

    assert asyncio.run(read()) == frame


def test_job_on_the_wire_has_no_password() -> None:
    assert b"hunter2" not in encode(RUN)
    assert "hunter2" not in repr(RUN)


def test_sealed_password_opens_for_its_target_only() -> None:
    assert FRAME.open(RING).password == "hunter2"
    for changes in ({"host": "evil"}, {"port": 5433}, {"tls_mode": "require"}, {"engine": "mysql"}):
        moved = msgspec.structs.replace(FRAME, **changes)
        with pytest.raises(SealError):
            moved.open(RING)


def test_target_without_secrets_opens_too() -> None:
    bare = msgspec.structs.replace(FRAME, sealed_password=None)
    assert bare.open(RING).password is None


def test_policy_travels_whole() -> None:
    policy = RUN.egress.policy()
    assert (policy.allow_loopback, policy.allow_private) == (True, False)
    assert policy.refused == frozenset({("127.0.0.1", 5432)})


def test_error_survives_the_way() -> None:
    error = Failed.of(QueryFailedError("no", sqlstate="42601")).to_error()
    assert isinstance(error, QueryFailedError)
    assert (error.message, error.details) == ("no", {"sqlstate": "42601"})


def test_unknown_code_is_an_internal_error() -> None:
    assert Failed("no_such_code", "m").to_error().code == "internal_error"


def test_every_code_leads_back_to_its_class() -> None:
    waiting = [BaselayerError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        assert Failed(kind.code, "m").to_error().code == kind.code


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff",
        (protocol.MAX_FRAME_BYTES + 1).to_bytes(4, "big"),
        encode(Started(1)),
        (1).to_bytes(4, "big") + b"\xc1",
        (0).to_bytes(4, "big"),
    ],
)
def test_nonsense_is_refused(data: bytes) -> None:
    async def read() -> Frame:
        return await read_request(reader_of(data))

    with pytest.raises((ValueError, msgspec.MsgspecError)):
        asyncio.run(read())


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\0\0\0\x09abc"])
def test_end_in_the_middle_is_an_end(data: bytes) -> None:
    async def read() -> Frame:
        return await read_event(reader_of(data))

    with pytest.raises(EOFError):
        asyncio.run(read())
