"""What the executor and the child that reads a database file say to each other.

To the child: one JSON object a line. From it: a letter, eight bytes of length (big-endian), and
that many bytes. Record batches travel as Arrow IPC streams of one batch.
"""

import json
from typing import Any, BinaryIO

import pyarrow as pa

READY = b"R"
COLUMNS = b"C"
BATCH = b"B"
FAILED = b"E"
FINISHED = b"F"
# A batch is closed at a few megabytes; the last row in it may have a few more.
LIMIT_FRAME_BYTES = 268_435_456

# Why a statement failed, in FAILED.
BY_QUERY = "query"
BY_MEMORY = "memory"
BY_INTERRUPT = "interrupt"
BY_FILE = "file"


def write(stream: BinaryIO, kind: bytes, payload: bytes = b"") -> None:
    """Send a frame."""
    stream.write(kind + len(payload).to_bytes(8, "big"))
    stream.write(payload)
    stream.flush()


def read(stream: BinaryIO) -> tuple[bytes, bytes]:
    """Return the next frame; EOFError when there is none, or half of one."""
    head = stream.read(9)
    if len(head) < 9:
        raise EOFError
    length = int.from_bytes(head[1:], "big")
    if length > LIMIT_FRAME_BYTES:
        raise EOFError
    payload = stream.read(length)
    if len(payload) < length:
        raise EOFError
    return head[:1], payload


def batch_bytes(batch: pa.RecordBatch) -> bytes:
    """Return a batch, its schema and its schema's metadata."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def batch_of(payload: bytes) -> pa.RecordBatch:
    """Read what `batch_bytes` returned."""
    with pa.ipc.open_stream(payload) as reader:
        return reader.read_next_batch()


def line(message: dict[str, Any]) -> bytes:
    """Return a message to the child."""
    return json.dumps(message).encode() + b"\n"
