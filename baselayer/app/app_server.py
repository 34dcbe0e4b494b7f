"""make_app: where everything meets, and where what is not declared does not start."""

import re
from collections import Counter
from collections.abc import Sequence

from tornado.web import Application

from baselayer.app.access import needs_of
from baselayer.app.errors import PolicyError
from baselayer.app.handlers import (
    accounts,
    admission,
    audit,
    connections,
    cron,
    groups,
    health,
    invitations,
    login,
    queries,
    rights,
    runs,
    setup,
    streams,
    tokens,
    users,
)
from baselayer.app.handlers.failures import log_request
from baselayer.app.handlers.routing import RoutedApplication
from baselayer.app.handlers.services import Services
from baselayer.app.handlers.web import UnknownPathHandler
from baselayer.app.openapi.routes import METHODS, Route

NOUNS = (
    *(health, login, setup, users, rights, accounts, groups, admission, invitations, streams),
    *(tokens, connections, queries, runs, cron, audit),
)


def all_routes() -> list[Route]:
    """Return the routes of every noun."""
    return [route for noun in NOUNS for route in noun.routes]


def make_app(services: Services, routes: Sequence[Route] | None = None) -> Application:
    """Return the application of our routes, or of `routes`.

    PolicyError when a method does not say who may call it, or when two have one address.
    """
    routes = list(routes or all_routes())
    require_distinct(routes)
    for route in routes:
        require_declared(route)
    return RoutedApplication(
        routes,
        {"services": services},
        default_handler_class=UnknownPathHandler,
        default_handler_args={"services": services},
        routes=routes,
        log_function=log_request,
        compress_response=False,
    )


def require_distinct(routes: Sequence[Route]) -> None:
    """Raise PolicyError when two of `routes` answer at one address: the second never would."""
    patterns = Counter(re.sub(r"\{\w+\}", "{}", route.path) for route in routes)
    twice = [pattern for pattern, times in patterns.items() if times > 1]
    if twice:
        raise PolicyError(f"Two routes answer at {twice[0]}: give one of them another address.")


def require_declared(route: Route) -> None:
    """Raise PolicyError unless every method of `route` declares a permission and an operation."""
    for name in METHODS:
        method = vars(route.handler).get(name)
        if method is None:
            continue
        if needs_of(method) is None:
            raise PolicyError(
                f"{name.upper()} {route.path} does not say who may call it: put @permissions, "
                "@auth_or_token or @open_to_all on it."
            )
        if name not in route.operations():
            raise PolicyError(f"{name.upper()} {route.path} has no @operation.")
