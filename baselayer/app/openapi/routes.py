"""Route and Operation: what a handler file declares at its foot and on its methods."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

F = TypeVar("F", bound=Callable[..., Any])
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """What one method of a route takes and gives."""

    summary: str
    request: type[BaseModel] | None = None
    parameters: type[BaseModel] | None = None
    response: Any = None
    status: int = 200
    media_type: str = "application/json"


@dataclass(frozen=True)
class Route:
    """An address, with `{names}` for its variable parts, and the class that answers there."""

    path: str
    handler: Any

    @property
    def pattern(self) -> str:
        """Return the address as a regular expression for the whole path."""
        return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)

    @property
    def names(self) -> list[str]:
        """Return the names of the variable parts, in order."""
        return re.findall(r"\{(\w+)\}", self.path)

    def operations(self) -> dict[str, tuple[Operation, Any]]:
        """Return the declared operation and the function of each HTTP method answered here."""
        functions: dict[str, Any] = {name: getattr(self.handler, name, None) for name in METHODS}
        return {
            name: (function.__operation__, function)
            for name, function in functions.items()
            if hasattr(function, "__operation__")
        }


def operation(summary: str, **declared: Any) -> Callable[[F], F]:
    """Declare what a handler's method takes and gives; see Operation."""

    def mark(function: F) -> F:
        function.__operation__ = Operation(summary, **declared)  # type: ignore[attr-defined] # a mark
        return function

    return mark
