"""What can go wrong between a program and a server, told by the server or met on the way."""

from typing import Any


class ClientError(Exception):
    """Anything that keeps the client from doing what was asked."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ServerUnreachableError(ClientError):
    """No answer came: nothing listens at the address, or the connection broke."""


class AnswerError(ClientError):
    """The answer is not one of a baselayer server: another program may be at the address."""


class RefusedError(ClientError):
    """The server refused; `code` is its stable name for why, `details` what it adds to that."""

    def __init__(self, message: str, *, status: int, code: str, details: dict[str, Any]) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details


class RunFailedError(ClientError):
    """The run ended without a result: `state` is failed, cancelled or lost."""

    def __init__(self, message: str, *, state: str, code: str | None) -> None:
        super().__init__(message)
        self.state = state
        self.code = code
