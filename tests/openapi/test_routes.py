"""Routes: nobody raises his own rights, whatever he writes into whatever field of any.

The fields come from the API's own description, so that a new one is tried without being listed.
"""

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from baselayer.app.db.types import utcnow
from tests.browser import entered
from tests.server import Caller, Served, data, shared_house

_numbers = itertools.count()

# What an attacker writes where a field's name promises rights; ids lead to what is not his.
GREEDY: dict[str, Any] = {
    "permissions": "System admin",
    "permission": "System admin",
    "acls": "System admin",
    "acl": "System admin",
    "acl_id": "System admin",
    "roles": "Super admin",
    "role": "Super admin",
    "role_id": "Super admin",
    "allowed_addresses": "0.0.0.0/0",
    "engine": "postgresql",
    "host": "127.0.0.1",
    "text": "select 1",
    "sql": "select 1",
    "tls_mode": "disable",
}
# What every request is also tried with, though no schema has it; all are refused by name.
NOT_HIS = {
    "id": 1,
    "user_id": 1,
    "owner_id": 1,
    "account_id": 1,
    "created_by_id": 1,
    "is_admin": True,
    "is_system_admin": True,
    "single_user_group": False,
    "deactivated_at": None,
    "value_hash": "0" * 64,
    "sealed_password": "x",
    "token_id": 1,
}
RIGHTS = """
select 'permission', p.acl_id from (
        select ua.user_id, ua.acl_id from user_acls ua
        union select ur.user_id, ra.acl_id from user_roles ur join role_acls ra using (role_id)
    ) p where p.user_id = %(me)s
union all select 'role', role_id from user_roles where user_id = %(me)s
union all select 'what roles are', role_id || acl_id from role_acls
union all select 'of a token', acl_id from token_acls a join tokens t on t.id = a.token_id
    where t.created_by_id = %(me)s
union all select 'group', group_id || case when admin then ' admin' else '' end
    from group_users where user_id = %(me)s and group_id <= %(last_group)s
union all select 'account', account_id::text from user_profiles where user_id = %(me)s
union all select 'connection', id::text from connections
    where owner_id = %(me)s and id = any(%(old)s)
union all select 'query', id::text from queries where owner_id = %(me)s and id = any(%(old)s)
union all select 'shared', concat_ws(' ', connection_id, group_id, can_run, can_update)
    from group_connections where connection_id = any(%(old)s)
union all select 'shared query', concat_ws(' ', query_id, group_id, can_update)
    from group_queries where query_id = any(%(old)s)
union all select 'until', concat_ws(' ', expiration_date, deactivated_at, is_bot)
    from users where id = %(me)s
"""


@dataclass
class Ground:
    """What is not the attacker's."""

    house: Served
    connection: psycopg.Connection[Any]
    document: dict[str, Any]
    ids: dict[str, Any]
    old: list[uuid.UUID]
    last_group: int

    def rights(self, who: Caller) -> set[tuple[str, str]]:
        """Return all that somebody may, and what is shared of what he does not own."""
        values = {"me": who.user_id, "old": self.old, "last_group": self.last_group}
        found = self.connection.execute(RIGHTS.encode(), values).fetchall()
        return {(kind, str(what)) for kind, what in found}


@pytest.fixture(scope="module")
def house() -> Iterator[Served]:
    """The server, its people, and a connection that they share."""
    yield from shared_house()


@pytest.fixture(scope="module")
def ground(house: Served) -> Iterator[Ground]:
    """A connection, a query and a group of the owner's."""
    connection = house.new_connection()
    house.share(connection, analysts="run", readers="", editors="run update")
    body = {"name": f"owned {next(_numbers)}", "connection_id": connection, "text": "select 1"}
    query = data(house.owner.post("/api/queries", body), 201)["id"]
    group = house.groups["editors"]
    ids = {"connection": connection, "query": query, "group": group, "user": house.owner.user_id}
    ids |= {"token": house.rows("select min(id) from tokens")[0][0], "run": connection}
    old = [uuid.UUID(connection), uuid.UUID(query)]
    last = house.rows("select max(id) from groups")[0][0]
    url = house.urls.owner_url.replace("postgresql+psycopg:", "postgresql:")
    with psycopg.connect(url, autocommit=True) as opened:
        yield Ground(house, opened, data_of(house), ids, old, last)


def data_of(house: Served) -> dict[str, Any]:
    """Return the description of the API."""
    found: dict[str, Any] = house.nobody.get("/openapi.json").json()
    return found


# Who tries all fields at once, and who each by itself, too: one that is refused hides the others.
ALL_AT_ONCE = ("viewer", "expired", "stranger")
ONE_BY_ONE = ("editor",)


@pytest.mark.parametrize("who", [*ALL_AT_ONCE, *ONE_BY_ONE])
def test_no_field_of_any_route_raises_ones_own_rights(ground: Ground, who: str) -> None:
    attacker = ground.house.people[who]
    before, tried = ground.rights(attacker), 0
    for method, path, schema in _writable(ground.document):
        bodies = _bodies(ground, schema, attacker)
        for body in bodies if who in ONE_BY_ONE else itertools.islice(bodies, 1):
            for address in _addresses(ground, path, attacker):
                answer = attacker.call(method.upper(), address, body)
                assert answer.status_code < 500, (method, address, body, answer.text)
                gained = ground.rights(attacker) - before
                assert not gained, (method, address, body, gained)
                tried += 1
    assert tried > 15


def test_no_unknown_field_is_taken(ground: Ground) -> None:
    attacker = ground.house.analyst
    for method, path, schema in _writable(ground.document):
        if path in ("/login", "/logout", "/api/profile/password"):
            continue  # not for tokens
        body = next(_bodies(ground, schema, attacker))
        for name, value in NOT_HIS.items():
            if name in schema["properties"]:
                continue
            for address in itertools.islice(_addresses(ground, path, attacker), 1):
                answer = attacker.call(method.upper(), address, body | {name: value})
                assert answer.status_code in (403, 404, 422), (method, address, name, answer.text)


def test_browser_gains_no_more_than_a_token(ground: Ground) -> None:
    browser = entered(ground.house, "member")
    attacker = ground.house.member
    before = ground.rights(attacker)
    for method, path, schema in _writable(ground.document):
        if path.startswith(("/login", "/logout")):
            continue
        for body in itertools.islice(_bodies(ground, schema, attacker), 1):
            for address in _addresses(ground, path, attacker):
                answer = browser.call(method.upper(), address, body)
                assert answer.status_code < 500, (method, address, body, answer.text)
                assert not ground.rights(attacker) - before, (method, address, body)


def _writable(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each method and path that takes a body, with the schema of that body."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in ("post", "put", "patch") and "requestBody" in operation:
                (content,) = operation["requestBody"]["content"].values()
                yield method, path, _resolved(document, content["schema"])


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].split("/")[-1]]
        return found
    return schema


def _bodies(ground: Ground, schema: dict[str, Any], who: Caller) -> Iterator[dict[str, Any]]:
    """Yield what is required with all that is possible, and with each field by itself."""
    required = set(schema.get("required", ()))
    whole = {n: _greedy(ground, n, s, who) for n, s in schema["properties"].items()}
    yield whole
    for name in whole.keys() - required:
        yield {n: value for n, value in whole.items() if n in required or n == name}


def _greedy(ground: Ground, name: str, schema: dict[str, Any], who: Caller) -> Any:
    schema = _resolved(ground.document, schema)
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            return _greedy(ground, name, choice, who)
    if "enum" in schema:
        return GREEDY.get(name, schema["enum"][-1])
    match schema.get("type"):
        case "object":
            inner = schema.get("properties", {})
            return {n: _greedy(ground, n, s, who) for n, s in inner.items()}
        case "array":
            return [_greedy(ground, name, schema["items"], who)]
        case "boolean":
            return True
        case "integer":
            return ground.ids.get(name.removesuffix("_id"), 5432)
        case "number":
            return 1
    return _text(ground, name, schema, who)


def _text(ground: Ground, name: str, schema: dict[str, Any], who: Caller) -> str:
    if schema.get("format") == "uuid":
        noun = name.removesuffix("s").removesuffix("_id")
        return str(ground.ids.get(noun, ground.ids["connection"]))
    if schema.get("format") == "date-time":
        return (utcnow() + timedelta(days=300)).isoformat()
    if name == "username":
        return who.name
    return str(GREEDY.get(name, f"greedy {next(_numbers)}"))


def _addresses(ground: Ground, path: str, who: Caller) -> Iterator[str]:
    """Yield the path with ids of what is another's, and of the attacker himself."""
    if "{" not in path:
        yield path
        return
    noun = path.split("/")[2].removesuffix("s").replace("querie", "query")
    for ident in dict.fromkeys((ground.ids.get(noun, 1), who.user_id)):
        yield path.replace("{id}", str(ident)).replace("{user_id}", str(who.user_id))
