"""A whole installation to send requests to: the server in a process of its own, people, a target.

with served() as house:
    house.analyst.post("/api/runs", {...})
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import psutil
import psycopg
import requests
import sqlalchemy as sa

import baselayer.app.models  # noqa: F401 (maps every table)
from baselayer.app.db.embedded.cluster import Cluster
from baselayer.app.db.embedded.launcher import using
from baselayer.app.db.embedded.roles import MetadataUrls, ensure_roles
from baselayer.app.db.engine import Database
from baselayer.app.db.types import utcnow
from baselayer.app.identity.accounts import Account
from baselayer.app.identity.people import make_user
from baselayer.app.identity.tokens import Token, TokenACL, hash_of, new_value
from baselayer.app.identity.users import User
from tests.processes import command_of
from tests.targets import PostgresTarget, postgres_target

R = TypeVar("R")

PATIENCE_SECONDS = 30.0
LEASE_SECONDS = 2.0
MAX_BODY_BYTES = 200_000
# What a url, base64 and JSON each write differently.
CANARY = "cänary +/&=%?\"'\\ 7c1f9e52ab"

START = "from baselayer.cli import main; main()"
SETTINGS = {
    "BASELAYER__SERVER__PORT": "0",
    "BASELAYER__SERVER__MAX_BODY_BYTES": str(MAX_BODY_BYTES),
    # A caller of the tests keeps his connection however long others take in between.
    "BASELAYER__SERVER__IDLE_CONNECTION_TIMEOUT_SECONDS": "3600",
    "BASELAYER__RUNS__LEASE_SECONDS": str(LEASE_SECONDS),
    "BASELAYER__RUNS__HEARTBEAT_SECONDS": "0.3",
    "BASELAYER__TOKENS__ADDRESS_ATTEMPTS": "10000",  # all the tests have one address
}
ANALYST = ("Manage connections", "Run queries", "Share results")
# Name, role, further permissions of the token; see `_people`.
PEOPLE = {
    "owner": ("Manager", ("Manage connections", "Run queries", "Write queries", "Manage groups")),
    "analyst": ("Analyst", ANALYST),
    "member": ("Analyst", ANALYST),
    "editor": ("Analyst", ANALYST),
    "stranger": ("Analyst", ANALYST),
    "viewer": ("Viewer", ()),
    "admin": ("Super admin", ("System admin", *ANALYST, "Read audit log", "Manage groups")),
    "expired": ("Analyst", ANALYST),
    "deactivated": ("Analyst", ANALYST),
}


@dataclass
class Caller:
    """Somebody with a token; without one, anybody."""

    name: str
    base: str
    value: str | None = field(default=None, repr=False)
    user_id: int = 0
    http: requests.Session = field(default_factory=requests.Session, repr=False)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Send a request as this caller; `body` goes as JSON."""
        headers = options.pop("headers", {})
        if self.value is not None:
            headers = {"Authorization": f"token {self.value}"} | headers
        options |= {} if body is None else {"json": body}
        return self.http.request(method, self.base + path, headers=headers, timeout=60, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        """Send a GET."""
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Send a POST."""
        return self.call("POST", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Send a PATCH."""
        return self.call("PATCH", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Send a PUT."""
        return self.call("PUT", path, body, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        """Send a DELETE."""
        return self.call("DELETE", path, **options)

    def run(self, connection_id: str, sql: str, **fields: Any) -> dict[str, Any]:
        """Run `sql` to its end and return the run."""
        body = {"connection_id": connection_id, "sql": sql} | fields
        run: dict[str, Any] = data(self.post("/api/runs?wait=30", body), 201)
        return run


@dataclass
class Served:
    """The installation: who is there, what they share, and where everything lies."""

    home: Path
    target: PostgresTarget
    urls: MetadataUrls
    process: subprocess.Popen[str]
    base: str
    people: dict[str, Caller]
    groups: dict[str, int] = field(default_factory=dict)
    connection_id: str = ""
    log_path: Path = Path()

    def __getattr__(self, name: str) -> Caller:
        try:
            return self.__dict__["people"][name]  # type: ignore[no-any-return] # it is a Caller
        except KeyError:
            raise AttributeError(name) from None

    @property
    def nobody(self) -> Caller:
        """Return a caller without a token."""
        return Caller("nobody", self.base)

    def database(self) -> Database:
        """Return the metadata database, as the server uses it."""
        return Database(self.urls.app_url, poolclass=sa.NullPool)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run `sql` on the metadata database as its owner, committed; return its rows."""
        url = self.urls.owner_url.replace("postgresql+psycopg:", "postgresql:")
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def connection_body(self, **changes: Any) -> dict[str, Any]:
        """Return what to POST for a connection to the target, as its reader."""
        return {
            "name": f"shop {utcnow().timestamp()}",
            "engine": "postgresql",
            "host": self.target.host,
            "port": self.target.port,
            "database": self.target.database,
            "username": "canary",
            "password": CANARY,
            "tls_mode": "disable",
        } | changes

    def new_connection(self, owner: Caller | None = None, **changes: Any) -> str:
        """Make a connection and return its id."""
        answer = (owner or self.owner).post("/api/connections", self.connection_body(**changes))
        return str(data(answer, 201)["id"])

    def share(self, connection_id: str, **groups: str) -> None:
        """Share a connection with groups: `analysts="run", editors="run update", readers=""`."""
        body = [
            {"group_id": self.groups[name], "can_run": "run" in may, "can_update": "update" in may}
            for name, may in groups.items()
        ]
        shares = f"/api/connections/{connection_id}/shares"
        data(self.owner.put(shares, {"groups": body}))

    def expired_token(self) -> str:
        """Return the value of a token of the owner that has passed its time."""
        with self.database().plain() as session:
            found = session.scalar(sa.select(Token).where(Token.name == "expired"))
            value = new_value()
            if found is None:
                owner = session.get_one(User, self.owner.user_id)
                past = utcnow() - timedelta(minutes=1)
                value = new_token(session, owner, (), name="expired", expires_at=past)
            else:
                found.value_hash = hash_of(value)
            session.commit()
        return value

    def processes(self) -> list[psutil.Process]:
        """Return the server's process and its children."""
        server = psutil.Process(self.process.pid)
        return [server, *server.children(recursive=True)]

    def executor(self, name: str = "executor") -> psutil.Process:
        """Return the process that runs statements, or the `converter`."""
        (found,) = (p for p in self.processes() if f"/{name}.sock" in command_of(p))
        return found

    def audit(self, **wanted: Any) -> list[dict[str, Any]]:
        """Return the lines of the audit with these values, newest first."""
        lines = data(self.admin.get("/api/audit?limit=1000"))["items"]
        return [line for line in lines if wanted.items() <= line.items()]


def data(answer: requests.Response, status: int = 200) -> Any:
    """Return the data of a successful answer."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    body = answer.json()
    assert body["status"] == "success"
    return body["data"]


def refusal(answer: requests.Response, status: int, code: str) -> str:
    """Return the message of an answer that is this error, and reads well."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    body = answer.json()
    assert set(body) == {"status", "message", "data"}
    assert (body["status"], body["data"]["code"]) == ("error", code), body
    message = str(body["message"])
    assert message.endswith(".") and message[0] not in " .:", message
    for jargon in ("Traceback", "psycopg", "sqlalchemy", "Error(", "<class"):
        assert jargon not in message
    return message


def say(text: str) -> None:
    """Print a figure that was measured; pytest -s shows it."""
    sys.stdout.write(f"{text}\n")


def eventually(check: Callable[[], R], seconds: float = 5.0) -> R:
    """Return what `check` returns once it stops failing.

    For what was changed behind the server's back, of which it hears in a moment: 5 seconds is what
    it promises.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > end:
                raise
        time.sleep(0.02)


def wait_until(condition: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """Return the first true answer of `condition`; fail when there is none in time."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


@contextmanager
def served(**settings: str) -> Iterator[Served]:
    """Have an installation running for the block, with its people, groups and one connection."""
    with ExitStack() as stack:
        target = stack.enter_context(postgres_target())
        _add_canary(target)
        home = Path(tempfile.mkdtemp(prefix="served-", dir=_scratch()))
        home.chmod(0o711)
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        stack.enter_context(using(Cluster(home / "postgres", fsync=False)))
        process, base = stack.enter_context(serving(home, **settings))
        urls = ensure_roles(Cluster(home / "postgres"), secrets_directory=home / "secrets")
        house = Served(home, target, urls, process, base, {}, log_path=home / "stderr.log")
        house.people = _people(house)
        _share(house)
        yield house


class _Shared:
    """The one installation of a test run, however many rooms ask for it."""

    users = 0
    house: Served | None = None
    stack = ExitStack()


def shared_house() -> Iterator[Served]:
    """Yield an installation that all tests share, for a fixture of scope "session"."""
    if _Shared.house is None:
        _Shared.house = _Shared.stack.enter_context(served())
    _Shared.users += 1
    try:
        yield _Shared.house
    finally:
        _Shared.users -= 1
        if _Shared.users == 0:
            _Shared.house = None
            _Shared.stack.close()


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Have a server of the installation in `home` running; yield its process and its address."""
    environment = {"PATH": os.environ["PATH"], "BASELAYER_HOME": str(home)} | SETTINGS | settings
    environment["PYTHONWARNINGS"] = "error::RuntimeWarning,default::ResourceWarning"
    with (home / "stderr.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", START, "serve"],
            cwd=home,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        yield process, _address(process, home)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _address(process: subprocess.Popen[str], home: Path) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if "ready at" in line:
            return line.split()[-1]
    raise AssertionError(f"the server did not start:\n{(home / 'stderr.log').read_text()}")


def _scratch() -> str:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()


def _add_canary(target: PostgresTarget) -> None:
    quoted = CANARY.replace("'", "''")
    target.admin("set standard_conforming_strings = on")
    target.admin(f"create role canary login password '{quoted}'")
    target.admin("grant select on all tables in schema public to canary")


def _people(house: Served) -> dict[str, Caller]:
    """Insert the people, as an administrator would, each with one token."""
    with house.database().plain() as session:
        account = session.scalars(sa.select(Account.id).where(Account.is_default)).one()
        made = {}
        for name, (role, permissions) in PEOPLE.items():
            user = make_user(session, account, name, roles=[role])
            made[name] = Caller(name, house.base, new_token(session, user, permissions), user.id)
        session.commit()
    return made


def new_token(session: Any, user: Any, permissions: tuple[str, ...], **columns: Any) -> str:
    """Insert a token of `user` and return its value."""
    value = new_value()
    account = session.scalar(sa.select(Account.id).where(Account.is_default))
    token = Token(
        name=columns.pop("name", "test"),
        created_by_id=user.id,
        account_id=account,
        value_hash=hash_of(value),
        **columns,
    )
    session.add(token)
    session.flush()
    session.add_all(TokenACL(token_id=token.id, acl_id=acl) for acl in permissions)
    return value


def _share(house: Served) -> None:
    """Make the groups and share one connection, all through the API, as the owner."""
    members = {
        "analysts": ("analyst", "expired", "deactivated", "viewer"),
        "readers": ("member",),
        "editors": ("editor",),
    }
    for group, names in members.items():
        ident = data(house.owner.post("/api/groups", {"name": group}), 201)["id"]
        house.groups[group] = ident
        for name in names:
            data(house.owner.put(f"/api/groups/{ident}/members", {"username": name}))
    past = utcnow() - timedelta(days=1)
    house.rows("update users set expiration_date = %s where username = 'expired'", past)
    house.rows("update users set deactivated_at = %s where username = 'deactivated'", past)
    house.connection_id = house.new_connection(name="shop")
    house.share(house.connection_id, analysts="run", readers="", editors="run update")
