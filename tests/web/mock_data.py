"""World: the records behind the mock server, and what is answered about them."""

import asyncio
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.web.mock_cron import Cron
from tests.web.mock_runs import Failure, Runs

Record = dict[str, Any]
START = datetime.now(UTC) - timedelta(days=3)
ADMIN_PERMISSIONS = [
    "System admin", "Manage users", "Manage groups", "Manage connections", "Run queries",
    "Write queries", "Share results", "Manage cron jobs", "Read audit log",
]  # fmt: skip
ALL = ["run", "update", "delete"]


class ApiFailure(Exception):  # noqa: N818 (an answer, not a fault)
    """A refusal, as the API words it."""

    def __init__(
        self, status: int, code: str, message: str, fields: dict[str, str] | None = None
    ) -> None:
        self.status, self.code, self.message, self.fields = status, code, message, fields or {}
        super().__init__(message)


def _ago(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


def _uuid(number: int) -> str:
    return f"01990000-0000-7000-8000-{number:012d}"


def _connection(number: int, name: str, **values: Any) -> Record:
    return {
        "id": _uuid(number), "kind": "sql", "name": name, "description": "", "version": "1.0.0",
        "tags": [], "owner_id": 1, "engine": "postgresql", "host": "db.example.org", "port": 5432,
        "database": "flights", "username": "reader", "has_password": True,
        "tls_mode": "verify-full", "tls_ca": None, "tls_certificate": None, "has_tls_key": False,
        "options": {}, "read_only": True, "timeout_seconds": 60.0, "connect_timeout_seconds": 10.0,
        "limit_rows": None, "limit_bytes": None, "allowed_functions": [], "created_at": _ago(70),
        "modified": _ago(20), "can": ALL, "record_locator": f"sqlconnection-r{number}x",
        "annotations": [], "authentication_method": "tcpip", "proxy_protocol": None,
        "connection_string": "postgresql://reader:******@db.example.org:5432/flights",
        "proxy_host": None, "proxy_port": None, "proxy_username": None, "has_proxy_password": False,
        "ssh_host": None, "ssh_port": 22, "ssh_username": None, "has_ssh_password": False,
        "has_ssh_private_key": False, "has_ssh_key_passphrase": False, "ssh_known_hosts": None,
        "ssh_host_key_policy": "strict", "ssh_jumps": [], "pool_size": 5, "max_overflow": 10,
    } | values  # fmt: skip


def _query(number: int, name: str, text: str, **values: Any) -> Record:
    return {
        "id": _uuid(number), "name": name, "description": "", "tags": [], "text": text,
        "connection_id": _uuid(1), "limit_rows": None, "owner_id": 1, "created_at": _ago(30),
        "modified": _ago(4), "can": ["update", "delete"],
    } | values  # fmt: skip


class World:
    """Everything that the mock knows; one instance per server."""

    def __init__(self, *, is_new: bool = False) -> None:
        self.is_new = is_new
        self.sessions: dict[str, Record] = {}
        self.passwords = {"admin": "admin", "ana": "ana", "bob": "bob"}
        self.runs = Runs()
        self.cron = Cron()
        if is_new:
            self.cron.runs, self.cron.may_see_jobs = [], False
        self.shares: dict[str, list[Record]] = {
            _uuid(1): [{"group_id": 1, "can_run": True, "can_update": False}]
        }
        self.audit: list[Record] = []
        self.connections = {} if is_new else _connections()
        self.queries = {} if is_new else _queries()
        self.groups: dict[str, Record] = {} if is_new else _groups()
        self.members = {
            "1": [_member(1, "admin", True), _member(2, "ana")],
            "2": [_member(1, "admin", True)],
        }
        self.tokens: dict[str, Record] = {} if is_new else _tokens()

    async def answer(
        self, method: str, path: str, *, user: str | None, body: Record, params: dict[str, str]
    ) -> tuple[int, Any]:
        """Return the status and the data of an answer, or raise ApiFailure."""
        if path == "login":
            return 200, await self._login(body)
        if path == "logout":
            return 200, None
        if path == "api/setup":
            return 200, self._setup(method, body)
        if user is None:
            raise ApiFailure(401, "unauthenticated", "Log in, or send a token.")
        noun, *rest = path.removeprefix("api/").split("/")
        found: Any = getattr(self, f"_{noun}", None)
        if found is None:
            raise ApiFailure(404, "not_found", "There is nothing at this address.")
        self._note(user, f"{method} /{path}")
        answer = found(method, rest, user=user, body=body, params=params)
        if asyncio.iscoroutine(answer):
            answer = await answer
        return 201 if method == "POST" else 200, answer

    async def _login(self, body: Record) -> Record:
        await asyncio.sleep(0.15)
        if self.passwords.get(body["username"]) != body["password"]:
            raise ApiFailure(401, "login_failed", "User name or password is wrong. Try again.")
        return self._profile_of(body["username"]) | {"xsrf_token": "token-of-the-session"}

    def _setup(self, method: str, body: Record) -> Any:
        if method == "GET":
            return {"needed": self.is_new}
        if body["token"] != "one-time":
            raise ApiFailure(
                403,
                "setup_token",
                "That setup link is used or wrong: restart the server for a new one.",
            )
        if len(body["password"]) < 12:
            raise ApiFailure(
                422,
                "invalid_request",
                "password must have from 12 to 1024 characters. Nothing was changed.",
                {"password": "must have from 12 to 1024 characters"},
            )
        self.is_new = False
        self.passwords = {body["username"]: body["password"]}
        return self._profile_of(body["username"]) | {"xsrf_token": "token-of-the-session"}

    def _profile_of(self, username: str) -> Record:
        is_analyst = username in ("ana", "bob")
        mine = ["Run queries", "Share results"] if is_analyst else ADMIN_PERMISSIONS
        return {
            "user_id": {"ana": 2, "bob": 3}.get(username, 1), "username": username,
            "account_id": 1, "token_id": None, "permissions": mine, "expired_at": None,
        }  # fmt: skip

    def _profile(self, method: str, rest: list[str], *, user: str, body: Record, **_: Any) -> Any:
        if rest == ["password"]:
            self._change_password(user, body)
        return self._profile_of(user) | {"xsrf_token": "token-of-the-session"}

    def _change_password(self, user: str, body: Record) -> None:
        reason = {}
        if len(body["new_password"]) < 12:
            reason = {"password": "must have from 12 to 1024 characters"}
        elif self.passwords[user] != body["current_password"]:
            reason = {"current_password": "is not the password that you have now"}
        if reason:
            ((name, why),) = reason.items()
            told = f"{name} {why}. Nothing was changed."
            raise ApiFailure(422, "request_invalid", told, reason)
        self.passwords[user] = body["new_password"]

    def _users(self, method: str, rest: list[str], **_: Any) -> Any:
        names = [(1, "admin"), (2, "ana"), (3, "bob")]
        return {
            "items": [
                {"id": i, "username": n, "first_name": None, "last_name": None, "is_bot": False}
                for i, n in names
            ],
            "next": None,
        }

    def _connections(
        self, method: str, rest: list[str], *, user: str, body: Record, **_: Any
    ) -> Any:
        if len(rest) == 2 and rest[1] == "test":
            return _diagnosis(self.connections[rest[0]]["host"])
        if len(rest) == 2:
            return self._share(method, rest[0], body)
        if method == "POST":
            if body["engine"] in ("sqlite", "duckdb"):
                body |= {"host": "", "port": 0, "tls_mode": "disable"}
            body["has_password"] = bool(body.pop("password", None))
            body["has_tls_key"] = bool(body.pop("tls_key", None))
            return _kept(self.connections, _connection(100 + len(self.connections), **body))
        if method == "PATCH":
            return self._patch_connection(self.connections[rest[0]], body)
        seen = [
            c if user == "admin" or self.is_new else c | {"can": ["run"]}
            for c in self.connections.values()
        ]
        if user == "bob":
            seen = []
        return _listed_or_one(method, rest, self.connections, seen)

    def _patch_connection(self, record: Record, body: Record) -> Record:
        password = body.pop("password", None)
        if any(body.get(k, record[k]) != record[k] for k in ("host", "port", "tls_mode", "tls_ca")):
            record["has_password"] = record["has_tls_key"] = False
        record["has_password"] = record["has_password"] or bool(password)
        record.update(body)
        return record

    def _queries(
        self, method: str, rest: list[str], *, user: str, body: Record, params: dict[str, str]
    ) -> Any:
        if len(rest) == 2 and rest[1] == "runs":
            query = self.queries[rest[0]]
            asked = {"sql": query["text"], "connection_id": query["connection_id"]}
            return self.runs.start(
                asked | {"limit_rows": body.get("limit_rows"), "query_id": rest[0]}
            )
        if len(rest) == 2:
            if any("can_run" in share for share in body.get("groups", [])):
                raise ApiFailure(422, "invalid_request", "groups.0.can_run: not known here.")
            return self._share(method, rest[0], body)
        if method == "POST":
            return _kept(self.queries, _query(200 + len(self.queries), **body))
        if method == "PATCH":
            self.queries[rest[0]].update(body)
            return self.queries[rest[0]]
        return _listed_or_one(method, rest, self.queries, list(self.queries.values()))

    async def _runs(
        self, method: str, rest: list[str], *, user: str, body: Record, params: dict[str, str]
    ) -> Any:
        try:
            return await self.runs.answer(method, rest, body=body, params=params)
        except Failure as failure:
            raise ApiFailure(*failure.told) from None

    def _cron(self, method: str, rest: list[str], **_: Any) -> Any:
        found = self.cron.answer(rest)
        if found is None and rest == ["jobs"]:
            raise ApiFailure(403, "permission_missing", "This needs Manage cron jobs.")
        if found is None:
            raise ApiFailure(404, "not_found", "There is no such run, or you may not see it.")
        return found

    def _groups(self, method: str, rest: list[str], *, user: str, body: Record, **_: Any) -> Any:
        if len(rest) >= 2:
            return self._group_members(method, rest, body)
        if method == "POST":
            number = str(len(self.groups) + 1)
            self.members[number] = [_member(1, user, True)]
            return _kept(
                self.groups,
                {"id": int(number), "nickname": None, "created_at": _ago(0)} | body,
                number,
            )
        return _listed_or_one(method, rest, self.groups, list(self.groups.values()))

    def _group_members(self, method: str, rest: list[str], body: Record) -> Any:
        members = self.members[rest[0]]
        if method == "PUT":
            ids = {"admin": 1, "ana": 2, "bob": 3}
            if body["username"] not in ids:
                raise ApiFailure(404, "not_found", "There is no such user in your account.")
            members[:] = [m for m in members if m["username"] != body["username"]]
            members.append(_member(ids[body["username"]], body["username"], body["admin"]))
        elif method == "DELETE":
            members[:] = [m for m in members if str(m["user_id"]) != rest[2]]
        return members

    def _tokens(self, method: str, rest: list[str], *, body: Record, **_: Any) -> Any:
        if method == "POST":
            number = len(self.tokens) + 10
            token = {"id": number, "created_at": _ago(0), "last_used_at": None} | body
            token["expires_at"] = token.get("expires_at") or _ago(-24 * 90)
            _kept(self.tokens, token, str(number))
            return token | {"value": "bl_4fGh7Jk2LmNpQrStUvWxYz0123456789_aB3dE5"}
        return (
            _listed_or_one(method, rest, self.tokens, None)
            if method == "DELETE"
            else list(self.tokens.values())
        )

    def _audit(self, method: str, rest: list[str], *, params: dict[str, str], **_: Any) -> Any:
        wanted = params.get("outcome")
        lines = [line for line in reversed(self.audit) if wanted in (None, line["outcome"])]
        after = params.get("after_id")
        if after is not None:
            lines = lines[[line["id"] for line in lines].index(after) + 1 :]
        limit = int(params["limit"])
        shown = lines[:limit]
        return {"items": shown, "next": shown[-1]["id"] if len(lines) > limit else None}

    def _share(self, method: str, ident: str, body: Record) -> Any:
        if method == "PUT":
            self.shares[ident] = body["groups"]
        return {"groups": self.shares.get(ident, [])}

    def _note(self, user: str, action: str) -> None:
        is_refused = len(self.audit) % 9 == 4
        self.audit.append({
            "id": str(uuid.uuid4()), "created_at": _ago(0),
            "user_id": {"ana": 2, "bob": 3}.get(user, 1), "token_id": None,
            "address": "192.0.2.17", "action": action,
            "outcome": "refused" if is_refused else "allowed",
            "code": "permission_missing" if is_refused else None, "object_type": None,
            "object_id": None, "details": {},
        })  # fmt: skip


def _member(user_id: int, username: str, admin: bool = False) -> Record:
    return {"user_id": user_id, "username": username, "admin": admin}


def _kept(records: dict[str, Record], record: Record, key: str | None = None) -> Record:
    records[key or record["id"]] = record
    return record


def _listed_or_one(
    method: str, rest: list[str], records: dict[str, Record], items: list[Record] | None
) -> Any:
    if not rest:
        return {"items": items, "next": None}
    if rest[0] not in records:
        raise ApiFailure(404, "not_found", "There is no such record, or you may not see it.")
    return records.pop(rest[0]) if method == "DELETE" else records[rest[0]]


def _diagnosis(host: str) -> Record:
    steps = [
        ("resolve", 0.004),
        ("connect", 0.011),
        ("tls", 0.031),
        ("login", 0.022),
        ("select", 0.003),
    ]
    told = [{"name": n, "ok": True, "seconds": s, "code": None, "message": None} for n, s in steps]
    if not re.search(r"example\.org$", host):
        reason = (
            f"{host} does not answer on that port within 10 s: see whether the database listens "
            "there and the firewall lets us through."
        )
        told[1:] = [
            {
                "name": "connect",
                "ok": False,
                "seconds": 10.0,
                "code": "connect_timeout",
                "message": reason,
            }
        ]
    return {"ok": all(step["ok"] for step in told), "steps": told}


def _connections() -> dict[str, Record]:
    listed = [
        _connection(1, "flights", description="Departures from New York in 2013.", tags=["demo"]),
        _connection(2, "warehouse", host="warehouse.internal", read_only=False, owner_id=2),
        _connection(3, "crm replica", host="10.2.0.14", database="crm", has_password=False),
    ]  # fmt: skip
    return {c["id"]: c for c in listed}


def _queries() -> dict[str, Record]:
    delays = "select carrier, avg(dep_delay)\nfrom flights\ngroup by carrier\norder by 2 desc"
    busy = "select date_trunc('day', time_hour) as day, count(*)\nfrom flights group by 1"
    listed = [
        _query(11, "Delays by carrier", delays, description="Mean delay.", tags=["weekly"]),
        _query(12, "All flights", "select * from flights"),
        _query(13, "Busiest days", busy, owner_id=2, can=[]),
    ]  # fmt: skip
    return {q["id"]: q for q in listed}


def _groups() -> dict[str, Record]:
    return {"1": _group(1, "Analysts", "Read the flights."), "2": _group(2, "admin", None)}


def _group(number: int, name: str, description: str | None) -> Record:
    values = {"name": name, "nickname": None, "description": description}
    return {"id": number, "created_at": _ago(60)} | values


def _tokens() -> dict[str, Record]:
    token = {
        "id": 7,
        "name": "nightly report",
        "permissions": ["Run queries"],
        "created_at": _ago(500),
        "expires_at": _ago(-300),
        "last_used_at": _ago(7),
    }
    return {"7": token}
