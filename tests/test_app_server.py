"""Every route times every kind of caller, from the routes themselves: what each may do."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tornado.web import RequestHandler

from baselayer.app.access import auth_or_token
from baselayer.app.app_server import all_routes, require_declared, require_distinct
from baselayer.app.db.types import utcnow
from baselayer.app.errors import PolicyError
from baselayer.app.handlers.base import BaseHandler
from baselayer.app.identity.people import make_user
from baselayer.app.models import Account, CronJobRun, UserACL, UserProfile
from baselayer.app.openapi.routes import Route, operation
from tests.server import Caller, Served, data, refusal, shared_house

UNKNOWN = ("nobody", "mistyped", "expired_token", "deactivated")
KNOWN = ("expired", "viewer", "stranger", "member", "analyst", "editor", "owner", "admin")

# What is shared: a connection with analysts (run), editors (run, update) and readers; a query with
# analysts and editors (update). `viewer` and `expired` are analysts without permissions, or time.
TABLE = """
GET    /api/profile                         200 200 200 200 200 200 200 200
PUT    /api/profile/password                403 403 403 403 403 403 403 403
POST   /logout                              403 403 403 403 403 403 403 403
GET    /api/users                           200 200 200 200 200 200 200 200
PATCH  /api/profile                         403 200 200 200 200 200 200 200
POST   /api/users                           403 403 403 403 403 403 403 201
GET    /api/users/{id}                      200 200 404 200 200 200 200 200
PATCH  /api/users/{id}                      403 403 403 403 403 403 403 200
DELETE /api/users/{id}                      403 403 403 403 403 403 403 200
POST   /api/users/{id}/deactivate           403 403 403 403 403 403 403 200
POST   /api/users/{id}/activate             403 403 403 403 403 403 403 200
POST   /api/users/{id}/transfer             403 403 403 403 403 403 403 200
GET    /api/roles                           200 200 200 200 200 200 200 200
GET    /api/acls                            200 200 200 200 200 200 200 200
POST   /api/users/{id}/roles                403 403 403 403 403 403 403 200
DELETE /api/users/{id}/roles/{role}         403 403 403 403 403 403 403 200
POST   /api/users/{id}/acls                 403 403 403 403 403 403 403 200
DELETE /api/users/{id}/acls/{acl}           403 403 403 403 403 403 403 200
GET    /api/accounts                        200 200 200 200 200 200 200 200
POST   /api/accounts                        403 403 403 403 403 403 403 201
GET    /api/accounts/{id}                   200 200 200 200 200 200 200 200
PATCH  /api/accounts/{id}                   403 403 403 403 403 403 403 200
GET    /api/accounts/{id}/profiles          200 200 200 200 200 200 200 200
PUT    /api/accounts/{id}/profiles          403 403 403 403 403 403 403 200
DELETE /api/accounts/{id}/profiles/{user_id} 403 403 403 403 403 403 403 200
GET    /api/groups                          200 200 200 200 200 200 200 200
POST   /api/groups                          403 403 403 403 403 403 201 201
GET    /api/groups/{id}                     200 200 200 200 200 200 200 200
PATCH  /api/groups/{id}                     403 403 403 403 403 403 200 200
DELETE /api/groups/{id}                     403 403 403 403 403 403 200 200
GET    /api/groups/{id}/members             200 200 403 403 200 403 200 200
PUT    /api/groups/{id}/members             403 403 403 403 403 403 200 200
DELETE /api/groups/{id}/members/{user_id}   403 403 404 404 200 404 200 200
GET    /api/groups/{id}/streams             200 200 200 200 200 200 200 200
PUT    /api/groups/{id}/streams             403 403 403 403 403 403 404 404
DELETE /api/groups/{id}/streams/{stream_id} 403 403 403 403 403 403 404 404
POST   /api/groups/{id}/admission-requests  403 409 201 201 409 201 409 201
GET    /api/admission-requests              200 200 200 200 200 200 200 200
GET    /api/admission-requests/{id}         404 404 404 404 404 404 404 404
PATCH  /api/admission-requests/{id}         403 404 404 404 404 404 404 404
DELETE /api/admission-requests/{id}         403 404 404 404 404 404 404 404
GET    /api/streams                         200 200 200 200 200 200 200 200
POST   /api/streams                         403 403 403 403 403 403 403 201
GET    /api/streams/{id}                    404 404 404 404 404 404 404 404
PATCH  /api/streams/{id}                    403 404 404 404 404 404 404 404
DELETE /api/streams/{id}                    403 404 404 404 404 404 404 404
GET    /api/streams/{id}/users              404 404 404 404 404 404 404 404
PUT    /api/streams/{id}/users              403 404 404 404 404 404 404 404
DELETE /api/streams/{id}/users/{user_id}    403 404 404 404 404 404 404 404
GET    /api/invitations                     200 200 200 200 200 200 200 200
POST   /api/invitations                     403 403 403 403 403 403 403 201
DELETE /api/invitations/{id}                403 404 404 404 404 404 404 404
POST   /api/invitations/join                403 403 403 403 403 403 403 403
GET    /api/tokens                          200 200 200 200 200 200 200 200
POST   /api/tokens                          403 201 201 201 201 201 201 201
DELETE /api/tokens/{id}                     403 404 404 404 404 404 200 200
GET    /api/connections                     200 200 200 200 200 200 200 200
POST   /api/connections                     403 403 201 201 201 201 201 201
GET    /api/connections/{id}                200 200 404 200 200 200 200 200
PATCH  /api/connections/{id}                403 403 404 403 403 200 200 200
DELETE /api/connections/{id}                403 403 404 403 403 403 200 200
POST   /api/connections/{id}/clone          403 403 404 201 201 201 201 201
GET    /api/connections/{id}/shares         200 200 404 200 200 200 200 200
PUT    /api/connections/{id}/shares         403 403 404 403 403 403 200 200
POST   /api/connections/{id}/test           403 403 404 403 200 200 200 200
GET    /api/queries                         200 200 200 200 200 200 200 200
POST   /api/queries                         403 403 404 201 201 201 201 201
GET    /api/queries/{id}                    200 200 404 404 200 200 200 200
PATCH  /api/queries/{id}                    403 403 404 404 403 200 200 200
DELETE /api/queries/{id}                    403 403 404 404 403 403 200 200
GET    /api/queries/{id}/shares             200 200 404 404 200 200 200 200
PUT    /api/queries/{id}/shares             403 403 404 404 403 403 200 200
POST   /api/queries/{id}/runs               403 403 404 404 201 201 201 201
GET    /api/runs                            200 200 200 200 200 200 200 200
POST   /api/runs                            403 403 404 403 201 201 201 201
GET    /api/runs/{id}                       404 404 404 404 200 404 404 200
POST   /api/runs/{id}/cancel                403 403 404 404 200 404 404 200
GET    /api/runs/{id}/rows                  404 404 404 404 200 404 404 200
GET    /api/runs/{id}/download              404 404 404 404 200 404 404 200
GET    /api/cron/jobs                       200 200 200 200 200 200 200 200
GET    /api/cron/runs                       200 200 200 200 200 200 200 200
GET    /api/cron/runs/{id}                  404 404 404 404 404 404 200 200
GET    /api/audit                           403 403 403 403 403 403 403 200
"""
OPEN = {"GET /healthz", "GET /readyz", "GET /openapi.json", "GET /api/setup"}
# Where a password or a setup token is what counts, not who calls: tests/handlers/test_login.py.
ENTRANCES = {
    *("POST /login", "POST /api/setup", "POST /api/invitations/offer"),
    "POST /api/invitations/accept",
}
EXPECTED = {
    f"{method} {path}": dict(zip(KNOWN, map(int, statuses), strict=True))
    for method, path, *statuses in (line.split() for line in TABLE.strip().splitlines())
}
ROUTES = [f"{m.upper()} {route.path}" for route in all_routes() for m in route.operations()]
UNTOUCHED = ("GET", "POST")


@pytest.fixture(scope="module")
def house() -> Iterator[Served]:
    yield from shared_house()


class World:
    """Records to try the routes on; those that a success would change are made anew each time."""

    def __init__(self, house: Served) -> None:
        self.house = house
        self.count = 0
        self.query = self.new_query()
        self.run = str(house.analyst.run(house.connection_id, "select 1")["id"])

    def name(self) -> str:
        """Return a name that is not taken."""
        self.count += 1
        return f"matrix {self.count}"

    def body(self, route: str) -> Any:
        """Return a body that the route accepts."""
        bodies: dict[str, Any] = {
            "PATCH /api/profile": {"bio": "changed"},
            "POST /api/users": {"username": self.name().replace(" ", "-")},
            "PATCH /api/users/{id}": {"bio": "changed"},
            "POST /api/users/{id}/transfer": {"to": "stranger"},
            "POST /api/users/{id}/roles": {"role": "Viewer"},
            "POST /api/users/{id}/acls": {"acl": "Read audit log"},
            "POST /api/accounts": {"company_name": self.name()},
            "PATCH /api/accounts/{id}": {"company_name": self.name()},
            "PUT /api/accounts/{id}/profiles": {"username": "stranger"},
            "POST /api/groups": {"name": self.name()},
            "PATCH /api/groups/{id}": {"description": "changed"},
            "PUT /api/groups/{id}/members": {"username": "stranger"},
            "PUT /api/groups/{id}/streams": {"stream_id": 2**31 - 1},
            "POST /api/groups/{id}/admission-requests": {},
            "PATCH /api/admission-requests/{id}": {"status": "accepted"},
            "POST /api/streams": {"name": self.name()},
            "PATCH /api/streams/{id}": {"description": "changed"},
            "PUT /api/streams/{id}/users": {"username": "stranger"},
            "POST /api/invitations": {"name": "Guest"},
            "POST /api/invitations/join": {"token": "none"},
            "POST /api/tokens": {"name": self.name()},
            "POST /api/connections": self.house.connection_body(),
            "PATCH /api/connections/{id}": {"description": "changed"},
            "POST /api/connections/{id}/clone": {},
            "PUT /api/connections/{id}/shares": {"groups": []},
            "POST /api/queries": self.query_body(),
            "PATCH /api/queries/{id}": {"description": "changed"},
            "PUT /api/queries/{id}/shares": {"groups": []},
            "POST /api/queries/{id}/runs": {},
            "POST /api/runs": {"connection_id": self.house.connection_id, "sql": "select 1"},
        }
        return bodies.get(route)

    def path(self, route: str) -> str:
        """Return the address with the ids of records in it."""
        method, path = route.split()
        path = path.replace("{role}", "Analyst").replace("{acl}", "Run queries")
        noun = path.split("/")[2] if path.startswith("/api/") else ""
        fresh = method not in UNTOUCHED
        ident: dict[str, Callable[[], str]] = {
            "users": lambda: str(self.house.owner.user_id if method == "GET" else self.new_user()),
            "accounts": lambda: str(self.account_id),
            "groups": lambda: self.new_group() if fresh else str(self.house.groups["analysts"]),
            "tokens": self.new_token,
            "connections": lambda: self.new_connection() if fresh else self.house.connection_id,
            "queries": lambda: self.new_query() if fresh else self.query,
            "runs": lambda: self.run,
            "cron": self.new_cron_run,
        }
        if "{id}" in path:
            # Those who may see the others are in tests/handlers.
            path = path.replace("{id}", ident.get(noun, lambda: "0")())
        path = path.replace("{stream_id}", "0")
        there = self.new_user() if noun == "accounts" else self.house.analyst.user_id
        return path.replace("{user_id}", str(there))

    @property
    def account_id(self) -> int:
        """Return the account that all are in."""
        (found,) = self.house.rows("select id from accounts where is_default")[0]
        return int(found)

    def new_user(self) -> int:
        """Make an analyst with a permission of his own, who is in another account too."""
        with self.house.database().plain() as session:
            account = Account(company_name=self.name())
            session.add(account)
            session.flush()
            name = self.name().replace(" ", "-")
            user = make_user(session, self.account_id, name, roles=["Analyst"])
            session.add(UserProfile(user_id=user.id, account_id=account.id))
            session.add(UserACL(user_id=user.id, acl_id="Run queries"))
            session.commit()
            return int(user.id)

    def new_cron_run(self) -> str:
        """Make a run of the owner's cron job, as the scheduler would."""
        run = CronJobRun(
            name=self.name(),
            script="/bin/true",
            schedule="every minute",
            nominal_time=utcnow(),
            state="succeeded",
            owner_id=self.house.owner.user_id,
        )
        with self.house.database().plain() as session:
            session.add(run)
            session.commit()
        return str(run.id)

    def new_group(self) -> str:
        """Make a group of the owner, the analyst, the viewer and the expired user."""
        path = "/api/groups"
        ident = data(self.house.owner.post(path, {"name": self.name()}), 201)["id"]
        for name in ("analyst", "viewer", "expired"):
            data(self.house.owner.put(f"{path}/{ident}/members", {"username": name}))
        return str(ident)

    def new_token(self) -> str:
        """Make a token of the owner."""
        return str(data(self.house.owner.post("/api/tokens", {"name": self.name()}), 201)["id"])

    def new_connection(self) -> str:
        """Make a connection of the owner, shared as the first one is."""
        ident = self.house.new_connection()
        self.house.share(ident, analysts="run", readers="", editors="run update")
        return ident

    def new_query(self) -> str:
        """Make a query of the owner, shared with analysts and, to change it, with editors."""
        owner, groups = self.house.owner, self.house.groups
        ident = data(owner.post("/api/queries", self.query_body()), 201)["id"]
        shares = [
            {"group_id": groups["analysts"]},
            {"group_id": groups["editors"], "can_update": True},
        ]
        data(owner.put(f"/api/queries/{ident}/shares", {"groups": shares}))
        return str(ident)

    def query_body(self) -> dict[str, Any]:
        """Return what to POST for a query."""
        return {
            "name": self.name(),
            "connection_id": self.house.connection_id,
            "text": "select count(*) from items",
        }


@pytest.fixture(scope="module")
def world(house: Served) -> World:
    return World(house)


def test_every_route_has_an_entry_and_no_entry_lacks_its_route() -> None:
    assert sorted(ROUTES) == sorted([*EXPECTED, *OPEN, *ENTRANCES])


@pytest.mark.parametrize("route", [route for route in ROUTES if route not in ENTRANCES])
def test_route_answers_each_caller_as_declared(house: Served, world: World, route: str) -> None:
    method = route.split()[0]
    expected = EXPECTED.get(route, dict.fromkeys(KNOWN, 200))
    found = {}
    path = world.path(route)
    for name in KNOWN:
        answer = house.people[name].call(method, path, world.body(route))
        found[name] = answer.status_code
        if answer.ok and method not in UNTOUCHED:
            path = world.path(route)
    assert found == expected


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("route", sorted(EXPECTED))
def test_route_is_closed_to_the_unknown(house: Served, route: str, name: str) -> None:
    method, path = route.split()
    answer = _unknown(house, name).call(method, path)
    code = {"nobody": "unauthenticated", "expired_token": "token_expired"}.get(name)
    refusal(answer, 401, code or "token_invalid")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("route", sorted(OPEN))
def test_open_route_answers_whoever_asks(house: Served, route: str, name: str) -> None:
    assert _unknown(house, name).get(route.split()[1]).status_code == 200


def test_route_that_does_not_say_who_may_call_it_does_not_start() -> None:
    class Silent(RequestHandler):
        @operation("Say nothing")
        async def get(self) -> None:
            raise NotImplementedError

    with pytest.raises(PolicyError, match="GET /silent does not say who may call it"):
        require_declared(Route("/silent", Silent))


def test_route_without_an_operation_does_not_start() -> None:
    class Undescribed(RequestHandler):
        @auth_or_token
        async def get(self) -> None:
            raise NotImplementedError

    with pytest.raises(PolicyError, match="has no @operation"):
        require_declared(Route("/undescribed", Undescribed))


def _unknown(house: Served, name: str) -> Caller:
    if name == "nobody":
        return house.nobody
    if name == "deactivated":
        return house.deactivated
    if name == "mistyped":
        value = house.owner.value or ""
        return Caller(name, house.base, value[:-1] + ("0" if value[-1] != "0" else "1"))
    return Caller(name, house.base, house.expired_token())


def test_second_route_at_an_address_keeps_the_server_from_starting() -> None:
    routes = all_routes()
    require_distinct(routes)
    with pytest.raises(PolicyError, match=r"/api/groups/\{\}"):
        require_distinct([*routes, Route("/api/groups/{name}", BaseHandler)])
