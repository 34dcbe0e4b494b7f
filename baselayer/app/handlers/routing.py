"""Routing: from an address to its handler by looking it up, not by trying every route in turn."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.routing import PathMatches
from tornado.web import Application

from baselayer.app.openapi.routes import Route

LEADING = 3  # "", "api" and the noun: what tells routes apart before their variable parts


class RoutedApplication(Application):
    """An application whose routes are found by their path, or by its beginning and its length."""

    def __init__(
        self, declared: Sequence[Route], arguments: dict[str, Any], **settings: Any
    ) -> None:
        super().__init__([(it.pattern, it.handler, arguments) for it in declared], **settings)
        self._arguments = arguments
        self._plain = {route.path: route.handler for route in declared if not route.names}
        self._variable: dict[Any, list[tuple[PathMatches, Any]]] = defaultdict(list)
        for route in declared:
            if route.names:
                self._variable[_shape(route.path)].append(
                    (PathMatches(route.pattern), route.handler)
                )

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """Return what answers `request`; what is not found here is looked for as Tornado does."""
        handler = self._plain.get(request.path)
        if handler is not None:
            return self.get_handler_delegate(request, handler, self._arguments)
        for matches, handler in self._variable.get(_shape(request.path), ()):
            found = matches.match(request)
            if found is not None:
                return self.get_handler_delegate(request, handler, self._arguments, **found)
        return super().find_handler(request, **kwargs)


def _shape(path: str) -> tuple[str | int, ...]:
    """Return the beginning of a path and how many parts it has."""
    parts = path.split("/")
    return (*parts[:LEADING], len(parts))
