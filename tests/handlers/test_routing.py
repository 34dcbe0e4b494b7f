"""A route is found at once, and it is the one that trying all of them in turn would find."""

from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.web import Application, RequestHandler

from baselayer.app.app_server import all_routes
from baselayer.app.handlers.routing import RoutedApplication
from baselayer.app.openapi.routes import Route

ROUTES = all_routes()
KEY = "01990000-0000-7000-8000-000000000000"
IN_TURN = Application([(route.pattern, route.handler, {}) for route in ROUTES])
AT_ONCE = RoutedApplication(ROUTES, {})


def found(application: Application, path: str) -> tuple[Any, Any]:
    """Return the handler that answers at `path`, and what it is told of the path."""
    start = RequestStartLine("GET", path, "HTTP/1.1")
    connection: Any = SimpleNamespace(context=None)
    request = HTTPServerRequest(
        start_line=start, headers=HTTPHeaders({"Host": "x"}), connection=connection
    )
    delegate: Any = application.find_handler(request)
    return delegate.handler_class, delegate.path_kwargs


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
@pytest.mark.parametrize("ident", [KEY, "7", "a%20b", "%2F", "ä"])
def test_every_route_is_found_with_its_variable_parts(route: Route, ident: str) -> None:
    path = route.path
    for name in route.names:
        path = path.replace(f"{{{name}}}", ident)
    assert found(AT_ONCE, path) == found(IN_TURN, path)
    assert found(AT_ONCE, path)[0] is route.handler


@pytest.mark.parametrize(
    "path",
    [
        *("/nowhere", "/api", "/api/", "/api/queries/", "/api/queries/1/", "//", "/API/queries"),
        *("/api/queries/1/nothing", "/api//queries", "/api/queries/1/runs/2"),
    ],
)
def test_what_is_no_route_is_none_here_either(path: str) -> None:
    assert found(AT_ONCE, path) == found(IN_TURN, path)
    assert issubclass(found(AT_ONCE, path)[0], RequestHandler)
