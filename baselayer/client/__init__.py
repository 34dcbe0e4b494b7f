"""The Python client: `Client(url, token).run("select 1", connection="flights")`, then its rows."""

from baselayer.client.client import Client
from baselayer.client.errors import (
    AnswerError,
    ClientError,
    RefusedError,
    RunFailedError,
    ServerUnreachableError,
)
from baselayer.client.run import Run

__all__ = [
    "AnswerError",
    "Client",
    "ClientError",
    "RefusedError",
    "Run",
    "RunFailedError",
    "ServerUnreachableError",
]
