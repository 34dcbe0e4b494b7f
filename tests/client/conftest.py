"""A server that answers what a test tells it to, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from baselayer.client import Client


@dataclass
class Answer:
    """What to answer: JSON, or raw bytes, with a status and headers."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Stub:
    """A server of canned answers: those to one method and path are given in turn."""

    address: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, Any, str | None]] = field(default_factory=list)

    def on(self, request: str, *answers: Answer) -> None:
        """Answer `request`, such as "GET /api/profile", with these, the last one for ever."""
        self.answers[request] = list(answers)

    def gives(self, request: str, *data: Any) -> None:
        """Answer `request` with these data, each in a success's envelope."""
        self.on(request, *(Answer({"status": "success", "data": each}) for each in data))

    def next(self, request: str) -> Answer:
        """Return what to answer now."""
        waiting = self.answers.get(request, [Answer("nothing here", 500)])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A stub that listens."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"null")
            made.asked.append((f"{self.command} {self.path}", body, self.headers["Authorization"]))
            found = made.next(f"{self.command} {self.path.partition('?')[0]}")
            raw = found.body if isinstance(found.body, bytes) else json.dumps(found.body).encode()
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = answer  # noqa: N815 (http.server's names)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Stub(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture
def client(stub: Stub) -> Iterator[Client]:
    """A client of the stub."""
    with Client(stub.address, "bl_token") as made:
        yield made
